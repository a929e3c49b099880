"""A wrong clock erases for good: it is noticed before anything is recorded under it."""

from pathlib import Path

import pytest

from gateway.clock import JUMP, Clock, LastSeen
from gateway.errors import ClockJumped

START = 1_790_000_000


class Time:
    """Wall time that somebody can set, and steady time that nobody can."""

    def __init__(self) -> None:
        self.wall, self.steady = float(START), 50.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def clock(time: Time) -> Clock:
    return Clock(lambda: time.wall, lambda: time.steady)


def test_time_that_passes_is_told(time: Time, clock: Clock) -> None:
    """Days may pass; the clock follows."""
    time.pass_by(10 * 86_400)
    assert clock() == START + 10 * 86_400


def test_a_jump_ahead_is_refused_until_it_is_mended(time: Time, clock: Clock) -> None:
    """More than an hour in no time is a wrong clock; set right, it is believed again."""
    time.wall += JUMP + 1
    with pytest.raises(ClockJumped):
        clock()
    time.wall -= JUMP + 1
    assert clock() == START


def test_small_corrections_pass(time: Time, clock: Clock) -> None:
    """A clock that is set by less than an hour is followed, either way."""
    time.wall += JUMP - 1
    assert clock() == START + JUMP - 1
    time.wall -= JUMP
    assert clock() == START - 1


def test_a_clock_set_back_and_right_again_is_believed(time: Time, clock: Clock) -> None:
    """Coming back to what was true before is no jump."""
    time.wall -= 2 * JUMP
    assert clock() == START - 2 * JUMP
    time.wall += 2 * JUMP
    assert clock() == START


def test_a_first_start_has_nothing_to_confirm(tmp_path: Path) -> None:
    """An empty log and no file: nothing can be erased wrongly."""
    assert not LastSeen(tmp_path / "seen").long_ago(START, 0)


def test_a_long_absence_is_noticed(tmp_path: Path) -> None:
    """By the file, or by the log's own time where the file is gone; the later of the two counts."""
    seen = LastSeen(tmp_path / "seen")
    assert seen.long_ago(START + JUMP + 1, START)
    assert not seen.long_ago(START + JUMP, START)
    seen.note(START + JUMP)
    assert not seen.long_ago(START + JUMP + 1, START)
    assert seen.long_ago(START + 2 * JUMP + 1, START)


def test_it_is_noted_once_a_minute(tmp_path: Path) -> None:
    """A look every second is not a write every second."""
    path = tmp_path / "seen"
    seen = LastSeen(path)
    seen.note(START)
    seen.note(START + 59)
    assert path.read_text() == f"{START}\n"
    seen.note(START + 60)
    assert path.read_text() == f"{START + 60}\n"
