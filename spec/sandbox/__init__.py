"""A process behind walls that answers calls: what code of unknown intent runs in."""
