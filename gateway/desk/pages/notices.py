"""What one page has to say on the next, once: that something is done, or that something is to be looked at."""


class Important(str):
    """Not done, not done yet, or to be looked at: it does not stand under "Success"."""

    __slots__ = ()
