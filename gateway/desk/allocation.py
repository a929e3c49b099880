"""Whom a case is allocated to at its agency: so that everybody knows whose it is, and no case is nobody's unseen."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from gateway.desk import case as cases
from gateway.desk import happenings, roles
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import Fault, NotThere, Typed
from gateway.desk.ids import now
from gateway.desk.index import ALLOCATION
from gateway.desk.row import Allocation
from gateway.desk.staff import Staff, StaffId, same_person

KIND: Final = ALLOCATION
NAME: Final = Fault(name="name", detail="Give the name by which colleagues know this person.")


class Allocate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The case is this person's from now on; nobody's where `to` is left out."""

    staff: Staff
    to: StaffId | None = None
    name: Annotated[str, Meta(max_length=100)] = ""


async def allocate(agency: Agency, exchange: str, wanted: Allocate) -> Allocation | None:
    """Allocate a case, whoever had it before. Raises NotThere, Forbidden (R04), Typed."""
    await roles.caseworker(agency, wanted.staff)
    if wanted.to is not None and not wanted.name.strip():
        raise Typed(NAME)

    def changed(drawer: Drawer) -> Allocation | None:
        case = drawer.get(cases.KIND, exchange, Case)
        if case is None:
            raise NotThere(NO_SUCH_CASE)
        given = _given(exchange, wanted)
        if given is None:
            drawer.remove(KIND, exchange)
        else:
            drawer.put(KIND, exchange, given, (exchange,))
        by = agency.pseudonym(wanted.staff.id)
        happenings.note(drawer, "allocated", case, by=by, client=agency.client_name)
        return given

    done = await agency.cabinet.change(changed)
    agency.bell.ring()
    return done


async def of(agency: Agency, exchange: str) -> Allocation | None:
    """Whose the case is."""
    return await agency.cabinet.get(KIND, exchange, Allocation)


def _given(exchange: str, wanted: Allocate) -> Allocation | None:
    if wanted.to is None:
        return None
    return Allocation(
        exchange=exchange,
        to=same_person(wanted.to),
        name=wanted.name.strip(),
        by=wanted.staff.id,
        at=now(),
    )
