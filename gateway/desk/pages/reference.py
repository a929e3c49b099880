"""A case's reference as people say it on the telephone: the same on both sides, short, and telling nothing."""

GROUP = 4


def reference(exchange: str) -> str:
    """The last eight characters of the exchange's id, which are random, in two groups: `3F2A 91BC`."""
    last = exchange.replace("-", "")[-2 * GROUP :].upper()
    return f"{last[:GROUP]} {last[GROUP:]}"
