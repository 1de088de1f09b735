"""What can happen to a submission in its sandbox, as a gradebook says it: the trusted side."""

STOPPED = "stopped by a limit"  # of time or memory
REFUSED = "refused by a wall"
