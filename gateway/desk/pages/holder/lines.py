"""A case as the lists of this face show it, and how a case is found by what people have at hand. It names nobody."""

from collections.abc import Iterable
from typing import Final

from contracts.directory import Agency as Listed
from contracts.identifiers import BadIdentifier, crime_reference
from contracts.messages import Body
from contracts.messages.actor import Actor
from gateway.desk import case as cases
from gateway.desk import instructions, outbox
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import YES, Case
from gateway.desk.errors import Fault, NotThere, Typed
from gateway.desk.heard import own
from gateway.desk.pages.holder import terms
from gateway.desk.pages.visit import Visit
from gateway.desk.posting import Posting
from gateway.desk.staff import same_person

REFERENCE_LEAST: Final = 8
NAME_IT: Final = "Enter the reference of the case, or the crime reference."
HEXADECIMAL: Final = frozenset("0123456789abcdef")


def asker(visit: Visit, case: Case) -> Listed | None:
    """The agency that asked, as the directory lists it."""
    return visit.known.directory.agency(case.requester)


def is_out(case: Case) -> bool:
    """Whether a yes of this holder stands: details that can be opened, or an agreement that can be acted on."""
    return case.side == "holder" and case.state in YES and case.outcome in ("shared", "agreed")


def called(names: dict[str, str], staff_id: str | None) -> str:
    """Who did something, by the name that colleagues know."""
    return names.get(same_person(staff_id), terms.SOMEBODY) if staff_id else terms.SYSTEM


async def waiting(agency: Agency, exchange: str, what: type[Body]) -> tuple[Actor, ...]:
    """Who has said something of this kind on a case that is not recorded yet, on its way or not."""
    posted = await agency.cabinet.change(lambda drawer: drawer.find(outbox.KIND, exchange, Posting))
    said = (own(each.token).claims for _, each in posted)
    return tuple(claims.actor for claims in said if isinstance(claims.body, what))


async def several(agency: Agency, exchanges: Iterable[str]) -> tuple[Case, ...]:
    """These cases, as far as they are this agency's own as a holder, in this order."""
    names = tuple(exchanges)

    def read(drawer: Drawer) -> list[Case | None]:
        return [drawer.get(cases.KIND, each, Case) for each in names]

    return tuple(case for case in await agency.cabinet.change(read) if case is not None and case.side == "holder")


async def find(agency: Agency, typed: str) -> tuple[Case, ...]:
    """The cases of this reference, or of this crime. Raises Typed, NotThere."""
    by_own = await _by_reference(agency, typed)
    found = by_own or await _by_crime(agency, typed)
    if not found:
        raise NotThere(terms.NOT_FOUND)
    return found


async def _by_reference(agency: Agency, typed: str) -> tuple[Case, ...]:
    bare = "".join(typed.split()).replace("-", "").casefold()
    if len(bare) < REFERENCE_LEAST or not set(bare) <= HEXADECIMAL:
        return ()
    rows = await agency.index.by_newest((await agency.known()).agreement.windows)
    return await several(agency, (row.exchange for row in rows if row.exchange.replace("-", "").endswith(bare)))


async def _by_crime(agency: Agency, typed: str) -> tuple[Case, ...]:
    try:
        reference = crime_reference(typed)
    except BadIdentifier as error:
        raise Typed(Fault(name="find", code="R01", detail=error.message)) from None

    def read(drawer: Drawer) -> tuple[Case, ...]:
        mark = instructions.victim_mark(drawer, reference)
        return tuple(case for _, case in drawer.find(cases.KIND, mark, Case) if case.side == "holder")

    return await agency.cabinet.change(read)
