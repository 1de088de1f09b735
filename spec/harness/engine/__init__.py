"""The ledger, the cases that are judged, how one is run, and the records that come of it."""
