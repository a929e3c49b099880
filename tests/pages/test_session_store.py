"""Sessions by the clock: how long they last, what is left of them, and that no name can be planted."""

from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.sessions import LONGEST, REMEMBERED, SIGNING_IN, Sessions
from gateway.desk.staff import Staff

IDLE = 20 * 60
RUTH = SignedIn(
    agency="prison-mdi",
    name="Ruth",
    staff=Staff(id="r1", role="rj-coordinator", signed_in_at=1_790_000_000, methods=("mfa",)),
)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def sessions() -> tuple[Sessions, Clock]:
    clock = Clock()
    return Sessions(IDLE, clock=clock), clock


def test_a_session_ends_after_a_time_without_use() -> None:
    """Use makes it last; one second too many without, and it is over."""
    kept, clock = sessions()
    session = kept.begin(RUTH)
    for _ in range(5):
        clock.at += IDLE - 1
        assert kept.find(session.name) is session
    clock.at += IDLE
    assert kept.find(session.name) is None
    assert kept.find(session.name) is None


def test_looking_whether_it_lasts_does_not_make_it_last() -> None:
    """What a script asks by itself is no use of the desk."""
    kept, clock = sessions()
    session = kept.begin(RUTH)
    clock.at += IDLE - 1
    assert kept.find(session.name, use=False) is session
    clock.at += 1
    assert kept.find(session.name) is None


def test_a_session_ends_with_the_working_day_however_it_is_used() -> None:
    """Twelve hours after signing in, whatever was done."""
    kept, clock = sessions()
    session = kept.begin(RUTH)
    end = clock.at + LONGEST
    while clock.at + IDLE / 2 < end:
        clock.at += IDLE / 2
        assert kept.find(session.name) is session
    clock.at = end
    assert kept.find(session.name) is None


def test_what_was_in_a_session_is_gone_with_it() -> None:
    """Only whose it was and its forms' word stay, and these not for ever."""
    kept, clock = sessions()
    session = kept.begin(RUTH)
    session.held["details"] = "the phone number"
    clock.at += IDLE
    assert kept.find(session.name) is None
    ended = kept.ended(session.name)
    assert ended is not None
    assert ended.person == RUTH
    assert ended.fits(session.csrf)
    assert not ended.fits("")
    assert "phone" not in repr(vars(kept))
    clock.at += REMEMBERED
    assert kept.ended(session.name) is None


def test_whoever_signs_out_leaves_nothing() -> None:
    """After signing out no form is kept for anybody."""
    kept, _ = sessions()
    session = kept.begin(RUTH)
    kept.end(session.name)
    assert kept.find(session.name) is None
    assert kept.ended(session.name) is None


def test_a_name_that_the_desk_did_not_give_is_no_session() -> None:
    """Neither a made-up name nor an empty one; and names are long and never the same."""
    kept, _ = sessions()
    assert kept.find("made-up-by-somebody-else") is None
    assert kept.find(None) is None
    names = {kept.begin().name for _ in range(100)}
    assert len(names) == 100
    assert min(map(len, names)) >= 43


def test_signing_in_takes_ten_minutes_at_the_most() -> None:
    """A sign-in that was begun and left is nobody's."""
    kept, clock = sessions()
    begun = kept.begin()
    clock.at += SIGNING_IN
    assert kept.find(begun.name) is None
    assert kept.ended(begun.name) is None
