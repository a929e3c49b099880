"""What was read of a request: in the memory of this session alone, for a while, and then hidden again.

The desk stores none of it in clear. Whoever needs it once more reads it again, and that is a line of the log again.
"""

from typing import Final

from msgspec import Struct

from gateway.desk.case import Case
from gateway.desk.pages.visit import Visit
from gateway.desk.subject import Subject

SHOWN_SECONDS: Final = 600


class Reading(Struct, frozen=True, kw_only=True):
    """The subject that the message `of` sealed, and until when it is shown."""

    subject: Subject
    of: str
    until: int


def hold(visit: Visit, exchange: str, subject: Subject, of: str) -> None:
    """Show it to this person from now on; of other cases what is over is forgotten."""
    held = visit.session.held
    for key in [key for key, each in held.items() if isinstance(each, Reading) and each.until <= visit.now]:
        del held[key]
    held[_key(exchange)] = Reading(subject=subject, of=of, until=visit.now + SHOWN_SECONDS)


def held(visit: Visit, case: Case) -> Reading | None:
    """What this person may still see. A corrected request is to be read again."""
    found = visit.session.held.get(_key(case.exchange))
    if not isinstance(found, Reading):
        return None
    if found.until <= visit.now or found.of != case.sealed_by:
        hide(visit, case.exchange)
        return None
    return found


def hide(visit: Visit, exchange: str) -> None:
    """It is shown no longer."""
    visit.session.held.pop(_key(exchange), None)


def _key(exchange: str) -> str:
    return f"subject {exchange}"
