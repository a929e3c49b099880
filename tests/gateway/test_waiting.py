"""Whoever floods the gateway waits behind themselves; everybody else is let in, and served in turn."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.waiting import Waiting


def test_one_who_floods_gets_half_of_the_places_and_others_still_get_in() -> None:
    waiting = Waiting[str](100)
    assert sum(waiting.add("flood", "f") for _ in range(1000)) == 50
    assert sum(waiting.add("second", "s") for _ in range(1000)) == 25
    assert waiting.add("third", "t")
    assert len(waiting) == 76


def test_each_line_is_served_in_turn() -> None:
    waiting = Waiting[str](100)
    for thing in ("a1", "a2", "a3", "a4"):
        waiting.add("a", thing)
    waiting.add("b", "b1")
    waiting.add("c", "c1")
    assert waiting.take(4) == ["a1", "b1", "c1", "a2"]
    assert waiting.take(9) == ["a3", "a4"]
    assert waiting.take(9) == []


@given(st.lists(st.sampled_from("abcdef"), max_size=200), st.integers(1, 40), st.integers(1, 15))
def test_nothing_is_lost_nor_over_the_limit_and_each_line_keeps_its_order(
    who: list[str], limit: int, most: int
) -> None:
    waiting, added = Waiting[tuple[str, int]](limit), list[tuple[str, int]]()
    for number, whose in enumerate(who):
        if waiting.add(whose, (whose, number)):
            added.append((whose, number))
        assert len(waiting) <= limit
    taken: list[tuple[str, int]] = []
    while batch := waiting.take(most):
        assert len(batch) <= most
        taken += batch
        assert len(waiting) == len(added) - len(taken)
    assert sorted(taken) == sorted(added)
    for whose in set(who):
        assert [each for each in taken if each[0] == whose] == [each for each in added if each[0] == whose]
