"""What a person asked for and cannot have."""


class CannotDo(Exception):
    """A command cannot be carried out; the message is one sentence: what, where, and the remedy."""


class CannotLoad(CannotDo):
    """There is nothing to judge."""
