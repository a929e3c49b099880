"""The waiting room: nobody's flood keeps others out, batches take of each in turn, and nothing is lost or moved."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Overloaded
from gateway.waiting import Waiting


def fill(room: Waiting[str], sender: str) -> int:
    """As many as a sender gets in."""
    for number in count():
        try:
            room.add(sender, f"{sender} {number}")
        except Overloaded:
            return number
    raise AssertionError


def test_a_flood_fills_half_and_whoever_has_little_waiting_gets_in() -> None:
    """One flood is refused at half of the room; a second sender takes its share, and a third its own."""
    room = Waiting[str](1200)
    assert [fill(room, sender) for sender in ("a", "b", "c")] == [600, 300, 150]
    room.add("d", "d 0")


def test_floods_at_once_share_alike_and_leave_as_much_free() -> None:
    """Three that push all the time hold a quarter each."""
    room, held = Waiting[str](1200), Counter[str]()
    for number in range(3000):
        sender = "abc"[number % 3]
        try:
            room.add(sender, str(number))
            held[sender] += 1
        except Overloaded:
            pass
    assert held == {"a": 300, "b": 300, "c": 300}


def test_the_last_place_is_for_somebody() -> None:
    """Room for one takes one."""
    room = Waiting[str](1)
    room.add("a", "a 0")
    for sender in "ab":
        with pytest.raises(Overloaded):
            room.add(sender, "more")
    assert room.take(5) == ["a 0"]
    room.add("b", "b 0")


def test_a_batch_takes_of_each_in_turn_and_goes_on_where_it_stopped() -> None:
    """A flood of ten does not keep the second sender waiting; each sender's own order stands."""
    room = Waiting[str](100)
    for sender, number in (*(("a", n) for n in range(10)), ("b", 0), ("b", 1), ("c", 0)):
        room.add(sender, f"{sender} {number}")
    assert room.take(4) == ["a 0", "b 0", "c 0", "a 1"]
    assert room.take(4) == ["b 1", "a 2", "a 3", "a 4"]
    assert room.take(100) == [f"a {number}" for number in range(5, 10)]
    assert (len(room), room.take(1)) == (0, [])


STEPS = st.lists(st.one_of(st.sampled_from("abcd"), st.integers(1, 7)), max_size=200)


@given(limit=st.integers(1, 30), steps=STEPS)
def test_what_is_taken_in_comes_out_once_in_its_senders_order(limit: int, steps: list[str | int]) -> None:
    """However adding and taking follow each other; and there are never more than there is room for."""
    room, numbers, inside, out = Waiting[tuple[str, int]](limit), count(), [], []
    for step in steps:
        if isinstance(step, int):
            taken = room.take(step)
            assert len(taken) == min(step, len(inside) - len(out))
            out += taken
        else:
            message = step, next(numbers)
            try:
                room.add(step, message)
            except Overloaded:
                assert len(room) > 0
            else:
                inside.append(message)
        assert len(room) == len(inside) - len(out) <= limit
    out += room.take(limit)
    for sender in "abcd":
        assert [each for each in out if each[0] == sender] == [each for each in inside if each[0] == sender]
    assert len(out) == len(inside)
