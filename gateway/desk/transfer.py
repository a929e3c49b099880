"""A prisoner moves: the old prison hands the case on, the new one takes it over by asking anew (clause 8.7).

Nothing passes between two prisons here. The old one cancels, and prints a slip for the prisoner's file: the reference
of its exchange, whom it asked, and for what. It says nothing of how the case stood. The new prison types the reference,
and its request says what it follows. Once the old exchange is cancelled it is no longer live, so that the new one is no
duplicate (R16).
"""

import re
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from contracts.messages.contact_request import Follows
from contracts.text import UUID7
from contracts.vocabulary import Purpose
from gateway.desk import case as cases
from gateway.desk import happenings, letters, requester, roles
from gateway.desk.agency import Agency
from gateway.desk.asking import Ask, Cancel
from gateway.desk.case import LIVE, Case
from gateway.desk.errors import Fault, OutOfTurn, Typed
from gateway.desk.ids import now
from gateway.desk.speaking import Said
from gateway.desk.staff import Staff

_REFERENCE: Final = re.compile(UUID7)
_TYPED_APART: Final = re.compile(r"[\s-]")
NO_REFERENCE: Final = Fault(
    name="reference",
    detail="This is not a reference. Copy it from the hand-over slip: 32 letters and digits in five groups.",
)
ENDED: Final = "This case has ended here. Print its slip for the file: the new prison may ask anew."
OWN: Final = Fault(name="reference", detail="This is a request of your own agency. Carry on with that one.")


class HandOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prisoner has moved: the request is cancelled here."""

    staff: Staff


class TakeOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request anew, and the reference from the old prison's slip, as it was typed."""

    reference: Annotated[str, Meta(max_length=100)]
    request: Ask


class Slip(Struct, frozen=True, kw_only=True):
    """What goes into the prisoner's file. `letter` is the check code of a letter that goes with it, if there is one."""

    reference: str
    made_at: int
    from_agency: str
    from_name: str | None
    holder: str
    holder_name: str | None
    purpose: Purpose
    asked_at: int
    offender: str | None
    prison_number: str | None
    letter: str | None


class HandedOn(Struct, frozen=True, kw_only=True):
    """The slip, and what became of the cancellation."""

    slip: Slip
    said: Said


async def slip(agency: Agency, exchange: str, staff: Staff) -> Slip:
    """The slip of a case, before it is handed on or after. Raises NotThere, Forbidden (R04)."""
    await roles.coordinator(agency, staff)
    return await _slip(agency, await requester.own(agency, exchange))


async def hand_on(agency: Agency, exchange: str, wanted: HandOn) -> HandedOn:
    """Make the slip and cancel. Raises NotThere, Forbidden (R04), OutOfTurn, Refused."""
    made = await slip(agency, exchange, wanted.staff)
    if (await requester.own(agency, exchange)).state not in LIVE:
        raise OutOfTurn(ENDED, exchange=exchange)
    said = await requester.cancel(agency, exchange, Cancel(staff=wanted.staff, why="transferred"))
    client = agency.client_name
    await agency.cabinet.change(lambda drawer: happenings.note(drawer, "handed-on", said.case, client=client))
    agency.bell.ring()
    return HandedOn(slip=made, said=said)


async def take_over(agency: Agency, wanted: TakeOver) -> Said:
    """Ask anew, following the other prison's exchange. Raises Typed, and as `requester.ask`."""
    earlier = reference(wanted.reference)
    if await agency.cabinet.get(cases.KIND, earlier, Case) is not None:
        raise Typed(OWN)
    follows = Follows(exchange=earlier, why="transfer")
    return await requester.ask(agency, replace(wanted.request, follows=follows))


def reference(typed: str) -> str:
    """The exchange that was meant: capitals, spaces and hyphens as people type them. Raises Typed."""
    bare = _TYPED_APART.sub("", typed).lower()
    ends = (8, 12, 16, 20, 32)
    found = "-".join(bare[begin:end] for begin, end in zip((0, *ends), ends, strict=False))
    if len(bare) != ends[-1] or _REFERENCE.search(found) is None:
        raise Typed(NO_REFERENCE)
    return found


async def _slip(agency: Agency, case: Case) -> Slip:
    directory, letter = (await agency.known()).directory, case.request.letter
    own, other = directory.agency(agency.id), directory.agency(case.holder)
    who = case.subject.offender if case.subject else None
    return Slip(
        reference=case.exchange,
        made_at=now(),
        from_agency=agency.id,
        from_name=own.name if own else None,
        holder=case.holder,
        holder_name=other.name if other else None,
        purpose=case.request.purpose,
        asked_at=case.asked_at,
        offender=who.name if who else None,
        prison_number=who.prison_number if who else None,
        letter=letters.check_code(letter.sha256) if letter else None,
    )
