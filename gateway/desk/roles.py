"""Who at an agency may keep which of its own records: by the tables of the agreement (parts 2 and 4)."""

from typing import Final

from contracts.agreement import Agreement
from contracts.vocabulary import Role
from gateway.desk.agency import Agency
from gateway.desk.errors import Forbidden, NotThere
from gateway.desk.staff import ROLES, Staff

REFERS: Final[tuple[Role, ...]] = ("residential-officer",)
"""Who may refer a case to the coordinator, but may not ask (clause 4.1)."""

NOT_AN_ASKER: Final = "Only a prison, a youth offending team or a probation office keeps this."
NOT_A_HOLDER: Final = "Only a police force or a victim liaison unit keeps this."
COORDINATOR: Final = "This is for the restorative justice coordinator. Ask them to do it."
REFERRER: Final = "This is for residential staff and the restorative justice coordinator. Ask one of them to do it."
ANSWERER: Final = "This is for the staff who deal with requests at your office. Ask one of them to do it."


async def coordinator(agency: Agency, staff: Staff) -> Agreement:
    """This person may ask, so may keep what asking needs. Raises NotThere, Forbidden (R04)."""
    agreement = await _asker(agency)
    _fit(staff, agreement.asking.roles, COORDINATOR, agreement.asking.clause)
    return agreement


async def referrer(agency: Agency, staff: Staff) -> Agreement:
    """This person may refer a prisoner to the coordinator. Raises NotThere, Forbidden (R04)."""
    agreement = await _asker(agency)
    _fit(staff, (*agreement.asking.roles, *REFERS), REFERRER, agreement.asking.clause)
    return agreement


async def answerer(agency: Agency, staff: Staff) -> Agreement:
    """This person may answer, so may record what answering needs. Raises NotThere, Forbidden (R04)."""
    agreement = (await agency.known()).agreement
    if (await agency.myself()).kind not in agreement.answering.kinds:
        raise NotThere(NOT_A_HOLDER)
    _fit(staff, agreement.answering.roles, ANSWERER, agreement.answering.clause)
    return agreement


async def caseworker(agency: Agency, staff: Staff) -> None:
    """This person deals with cases at their agency, whichever side it is on. Raises NotThere, Forbidden (R04)."""
    agreement = (await agency.known()).agreement
    if (await agency.myself()).kind in agreement.asking.kinds:
        await coordinator(agency, staff)
    elif ROLES.get(staff.role) not in agreement.reviewing.roles:
        await answerer(agency, staff)


async def _asker(agency: Agency) -> Agreement:
    agreement = (await agency.known()).agreement
    if (await agency.myself()).kind not in agreement.asking.kinds:
        raise NotThere(NOT_AN_ASKER)
    return agreement


def _fit(staff: Staff, roles: tuple[Role, ...], words: str, clause: str) -> None:
    if ROLES.get(staff.role) not in roles:
        raise Forbidden(words, code="R04", clauses=(clause,))
