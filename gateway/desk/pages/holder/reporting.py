"""A victim asks who looked at their details: it is made sure who asks, then the page that they take home is made."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.vocabulary import IdentityCheck
from gateway.desk import access, colleagues, entitled
from gateway.desk.access import Report
from gateway.desk.answering import AskReport
from gateway.desk.case import Case
from gateway.desk.errors import NotThere, Typed
from gateway.desk.pages.holder import lines, terms, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, form, get
from gateway.desk.victim_page import Given

LIST: Final = "/holder/access"
SHOWN_SECONDS: Final = 30 * 60
SHOWN_MOST: Final = 100
NO_REFERENCE: Final = "Enter the crime reference that the victim gives you."
WHOSE: Final = (
    "Under this reference there may be more than one person, or more than one crime. Read each of these cases first, "
    "then tick those of the person who asks."
)
GONE: Final = "This report is shown no longer. What it said is kept nowhere. Make it again if the victim needs it."
MADE: Final = "The report is made. It is recorded that you gave it."


class Before(Struct, frozen=True, kw_only=True):
    """A report that was given before."""

    given: Given
    by: str
    checked: str


class Choice(Struct, frozen=True, kw_only=True):
    """A case that may be the asker's; None where this office has erased it."""

    exchange: str
    case: Case | None
    asker: str


async def start(visit: Visit) -> web.StreamResponse:
    """What it is, and the reports given before."""
    names = dict(await colleagues.names(visit.agency))
    given = await access.earlier(visit.agency)
    before = [
        Before(given=each, by=lines.called(names, each.by), checked=terms.CHECKED[each.checked])
        for each in given[:SHOWN_MOST]
    ]
    return visit.render("holder/access.html", before=before, more=len(given) - len(before))


async def ask(visit: Visit) -> web.StreamResponse:
    """The questions before a report."""
    await entitled.to_report(visit.agency, visit.staff)
    return _asked(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """The report is recorded as given, and shown."""
    await entitled.to_report(visit.agency, visit.staff)
    reference = visit.form.text("crime_reference", NO_REFERENCE)
    checked = next((each for each in terms.CHECKS if each == visit.form.value("identity_checked")), None)
    if checked is None:
        visit.form.fault("identity_checked", access.UNCHECKED.detail)
    if not visit.form.good:
        return _asked(visit, await _choices(visit, reference))
    try:
        report = await access.report(visit.agency, _wanted(visit, reference, checked))
    except Typed as error:
        _take(visit, error)
        return _asked(visit, await _choices(visit, reference))
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    visit.sessions.hold(visit.session, _held(report.staff.id), report, SHOWN_SECONDS)
    return visit.go(f"{LIST}/{report.staff.id}", MADE)


def _wanted(visit: Visit, reference: str, checked: IdentityCheck | None) -> AskReport:
    return AskReport(
        staff=visit.staff,
        crime_reference=reference,
        identity_checked=checked,
        exchanges=visit.form.every("exchanges"),
    )


def _take(visit: Visit, error: Typed) -> None:
    """What the service found, in the words of this page: it names cases by ids, this page shows them."""
    for fault in error.faults:
        visit.form.fault(fault.name, WHOSE if fault.name == "exchanges" else fault.detail)


async def _choices(visit: Visit, reference: str) -> tuple[Choice, ...]:
    """The cases to choose from, once it is known that there is a choice."""
    if not (visit.form.error("exchanges") or visit.form.every("exchanges")):
        return ()
    found = await access.of_reference(visit.agency, reference)
    return tuple(
        Choice(exchange=each.exchange, case=each.case, asker=_asker(visit, each.case) if each.case else "")
        for each in found
    )


def _asker(visit: Visit, case: Case) -> str:
    asker = lines.asker(visit, case)
    return asker.name if asker else case.requester


def _asked(visit: Visit, choices: tuple[Choice, ...] = ()) -> web.StreamResponse:
    return visit.render("holder/access_ask.html", checks=terms.CHECKS, choices=choices, purposes=words.PURPOSES)


async def show(visit: Visit) -> web.StreamResponse:
    """The report, and beside it what staff need."""
    report = await _report(visit)
    return visit.render("holder/access_report.html", report=report, parts=paragraphs(report.report.text))


async def on_paper(visit: Visit) -> web.StreamResponse:
    """The report alone, in its own words."""
    report = await _report(visit)
    return visit.render("holder/access_print.html", report=report, parts=paragraphs(report.report.text))


async def _report(visit: Visit) -> Report:
    await entitled.to_report(visit.agency, visit.staff)
    found = visit.sessions.still(visit.session, _held(visit.name))
    if found is None or not isinstance(found[0], Report):
        raise NotThere(GONE)
    return found[0]


def paragraphs(text: str) -> list[list[str]]:
    """The report's own words without the line ends that make them fit a sheet: each paragraph with its lines.

    The first is its title and when it was made. A line that is set in belongs to an entry, and one set in further to
    the line before it.
    """
    first, *rest = text.strip().split("\n\n")
    title, _, made = first.partition("\n")
    return [[title, *([" ".join(made.split())] if made else [])], *map(_lines, rest)]


def _lines(part: str) -> list[str]:
    found: list[str] = []
    for line in part.splitlines():
        own = line.startswith("   ") and not line.startswith("         ")
        if own or not found:
            found.append(line.strip())
        else:
            found[-1] += f" {line.strip()}"
    return found


def _held(name: str) -> str:
    return f"report {name}"


PAGES: Final[tuple[Page, ...]] = (
    get(LIST, start, POLICE),
    *form(f"{LIST}/new", ask, make, POLICE),
    get(f"{LIST}/{{id}}", show, POLICE),
    get(f"{LIST}/{{id}}/print", on_paper, POLICE),
)
