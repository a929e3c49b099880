"""A few at once: one more, and the oldest gives way; what is over makes room."""

from gateway.api.few import Few


def test_the_oldest_gives_way() -> None:
    """Each once, and never the one that has just come."""
    gone: list[str] = []
    few = Few(2, gone.append)
    for each in "abcd":
        few.add(each)
    assert gone == ["a", "b"]


def test_what_is_over_makes_room() -> None:
    """In whatever order; being over twice harms nothing."""
    gone: list[str] = []
    few = Few(2, gone.append)
    for each in "abcdef":
        few.add(each)
        few.remove(each)
        few.remove(each)
    assert gone == []
