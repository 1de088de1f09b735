"""A process behind walls that answers calls: code that nobody trusts runs in it.

Three kinds of processes take part. The *trusted side* (`control`, `policy`, `patience`, `remote`,
`submission`, with `outside`, `bounds`, `clock` and `places`) asks for sandboxes and calls what is in them.
The *launcher* (`launcher`) is a clean process. It forks a *supervisor* for each sandbox (with `processes`
and `removal`). *Inside*, in the sandbox's own process, `inside` answers calls. Supervisor and sandbox raise
the `walls` (with `kernel`, `landlock`, `seccomp` and its table `system_calls`); the trusted side and the
sandbox speak through `wire`.
"""
