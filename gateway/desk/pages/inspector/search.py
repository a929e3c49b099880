"""Searching the access log: what is looked for and why, what was found, page by page.

Each page is a search of its own, which is itself a line of the log. What was found is held in the session for a time,
and nowhere else.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast

import msgspec
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from contracts.directory import Agency
from contracts.messages.log_search import LogSearch
from contracts.vocabulary import SearchReason
from gateway.decide.calendar import begins
from gateway.desk import inspector
from gateway.desk.errors import NotThere
from gateway.desk.inspecting import Search
from gateway.desk.inspector import Line
from gateway.desk.pages import times
from gateway.desk.pages.inspector import words
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.people import FACES
from gateway.desk.pages.visit import Page, Visit, form, get, post

Item = dict[str, str]

HOME: Final = "/inspector"
PAGE: Final = 50
FOUND: Final = "search "
NOT_HELD: Final = (
    "What this search found is not held any longer. Search again: what you see is held for your session alone."
)
NO_EXCHANGE: Final = (
    "This is not the whole reference of an exchange. It has 36 letters, digits and hyphens. The prison and the police "
    "have it on the page of the case, under “Full reference”."
)
NO_PERSON: Final = "This is not a pseudonym. Copy the whole of it from a line: 22 letters, digits, hyphens."
NO_CLAUSE: Final = "This is not the number of a clause. Write it as 6.2."
WRONG_WAY: Final = "The last day is before the first. Change one of them."


class Results(Struct, frozen=True, kw_only=True):
    """One page that a search found, and by which search; `first` counts the lines before it, `pages` the way back."""

    wanted: Search
    lines: tuple[Line, ...]
    jti: str
    leaf: int | None
    at: int
    next: int | None
    first: int = 0
    before: str | None = None


async def ask(visit: Visit) -> web.StreamResponse:
    """What to look for."""
    return visit.render("inspector/search.html", _choices(visit))


async def search(visit: Visit) -> web.StreamResponse:
    """Search, and on to what was found."""
    wanted = _wanted(visit)
    if wanted is None:
        return await ask(visit)
    return visit.go(f"{HOME}/searches/{await _search(visit, wanted)}")


async def results(visit: Visit) -> web.StreamResponse:
    """A page of what was found."""
    held = found(visit, visit.name)
    return visit.render(
        "inspector/results.html",
        results=held,
        lines=[shown(visit, line) for line in held.lines],
        tags=_tags(visit, held.wanted),
        why=words.WHY[held.wanted.why],
        back=HOME,
    )


async def go_on(visit: Visit) -> web.StreamResponse:
    """The next page: a search of its own, for what comes after."""
    held = found(visit, visit.name)
    if held.next is None:
        return visit.go(f"{HOME}/searches/{held.jti}")
    first = held.first + len(held.lines)
    jti = await _search(visit, replace(held.wanted, after=held.next), first=first, before=held.jti)
    return visit.go(f"{HOME}/searches/{jti}")


async def take_out(visit: Visit) -> web.StreamResponse:
    """The same search without one of its terms: a search of its own again."""
    held = found(visit, visit.name)
    term = visit.form.value("term")
    if term in ("since", "until", *_TERMS):
        held = replace(held, wanted=replace(held.wanted, after=-1, **{term: None}))
    return visit.go(f"{HOME}/searches/{await _search(visit, held.wanted)}")


def found(visit: Visit, jti: str) -> Results:
    """What a search of this session found. Raises NotThere."""
    held = visit.session.held.get(FOUND + jti)
    if not isinstance(held, Results):
        raise NotThere(NOT_HELD)
    return held


async def _search(visit: Visit, wanted: Search, *, first: int = 0, before: str | None = None) -> str:
    """The id of the search, whose results are held in the session from now on."""
    done = await inspector.search(visit.agency, wanted)
    goes_on = done.sent.looked_to
    visit.session.held[FOUND + done.sent.jti] = Results(
        wanted=wanted,
        lines=done.lines,
        jti=done.sent.jti,
        leaf=done.sent.leaf,
        at=visit.now,
        next=goes_on,
        first=first,
        before=before,
    )
    return done.sent.jti


_TERMS: Final = ("agency", "person", "about", "event", "purpose", "field", "state", "code", "clause")


def _wanted(visit: Visit) -> Search | None:
    """The search as it was typed; None where something has to change."""
    typed = visit.form
    why = typed.one("why", words.WHY, "Say why you look. It is recorded with your search.")
    since, until = typed.day("since"), typed.day("until")
    if since and until and until < since:
        typed.fault("until", WRONG_WAY)
    terms: dict[str, object] = {
        "agency": _one_of(visit, "agency", [agency.id for agency in everybody(visit)]),
        "event": _one_of(visit, "event", words.EVENTS),
        "purpose": _one_of(visit, "purpose", words.PURPOSES),
        "code": _one_of(visit, "code", words.CODES),
        "field": _one_of(visit, "field", words.FIELDS),
        "state": _one_of(visit, "state", words.STATES),
        "person": _fitting(visit, "person", NO_PERSON),
        "about": _fitting(visit, "about", NO_EXCHANGE),
        "clause": _fitting(visit, "clause", NO_CLAUSE),
    }
    if not typed.good:
        return None
    return Search(
        staff=visit.staff,
        why=cast(SearchReason, why),
        since=begins(since) if since else None,
        until=begins(until + timedelta(days=1)) if until else None,
        limit=PAGE,
        **terms,  # type: ignore[arg-type]  # each was read as one of its own words
    )


def _one_of(visit: Visit, name: str, known: object) -> str | None:
    """One of the answers on offer; anything else is none of them."""
    typed = visit.form.value(name)
    return typed if typed and typed in known else None  # type: ignore[operator]  # a list or a mapping of words


def _fitting(visit: Visit, name: str, otherwise: str) -> str | None:
    """What was typed, where the contract of a search takes it; otherwise what to change."""
    typed = visit.form.optional(name)
    if typed is None:
        return None
    try:
        msgspec.convert({"why": "inspection", name: typed}, LogSearch)
    except msgspec.ValidationError:
        visit.form.fault(name, otherwise)
        return None
    return typed


def _choices(visit: Visit) -> dict[str, object]:
    """What the form offers."""
    anything: Item = {"value": "", "text": "Anything"}
    agencies = everybody(visit)
    return {
        "whys": [{"value": value, "text": text} for value, text in words.WHY.items()],
        "agencies": [{"value": "", "text": "Any agency"}, *({"value": a.id, "text": a.name} for a in agencies)],
        "events": [anything, *({"value": value, "text": text} for value, text in words.EVENTS.items())],
        "purposes": [anything, *({"value": value, "text": text} for value, text in words.PURPOSES.items())],
        "fields": [anything, *({"value": value, "text": text.capitalize()} for value, text in words.FIELDS.items())],
        "states": [anything, *({"value": value, "text": text} for value, text in words.STATES.items())],
        "codes": [anything, *({"value": value, "text": words.code(value)} for value in words.CODES)],
    }


def _tags(visit: Visit, wanted: Search) -> list[tuple[str, str]]:
    """What the search was narrowed by: the term, and that in words."""
    listed = visit.known.directory.agency(wanted.agency) if wanted.agency else None
    said: Mapping[str, str | None] = {
        "agency": listed.name if listed else wanted.agency,
        "person": f"Person {wanted.person}" if wanted.person else None,
        "about": f"Exchange {wanted.about}" if wanted.about else None,
        "event": words.event(wanted.event) if wanted.event else None,
        "purpose": words.PURPOSES[wanted.purpose] if wanted.purpose else None,
        "field": words.FIELDS[wanted.field].capitalize() if wanted.field else None,
        "state": words.STATES.get(wanted.state) if wanted.state else None,
        "code": words.code(wanted.code) if wanted.code else None,
        "clause": f"Clause {wanted.clause}" if wanted.clause else None,
        "since": f"From {times.day(times.local_day(wanted.since))}" if wanted.since is not None else None,
        "until": f"To {times.day(times.local_day(wanted.until - 1))}" if wanted.until is not None else None,
    }
    return [(term, text) for term, text in said.items() if text]


class ShownLine(Struct, frozen=True, kw_only=True):
    """A line of the log in words. Erased ones have nothing but their number."""

    index: int
    erased: bool
    at: int = 0
    what: str = ""
    agency: str = ""
    to: str = ""
    who: str = ""
    person: str = ""
    exchange: str = ""
    details: str = ""
    purpose: str = ""
    reason: str = ""
    opened_for: str = ""
    refused: bool = False
    clauses: tuple[str, ...] = ()


def shown(visit: Visit, line: Line) -> ShownLine:
    """The line in words."""
    if line.shared is None or line.exact is None:
        return ShownLine(index=line.index, erased=True)
    shared, exact = line.shared, line.exact
    return ShownLine(
        index=line.index,
        erased=False,
        at=shared.at,
        what=words.event(shared.event),
        agency=name_of(visit, shared.iss),
        to=name_of(visit, shared.to),
        who=words.actor(exact.actor),
        person=exact.actor.id if exact.actor else "",
        exchange=shared.exchange or "",
        details=words.fields(shared.fields),
        purpose=words.PURPOSES[exact.purpose] if exact.purpose else "",
        reason=words.code(exact.code) if exact.code else "",
        opened_for=words.OPENED_FOR.get(exact.why or "", ""),
        refused=shared.decision == "refused",
        clauses=exact.clauses,
    )


def everybody(visit: Visit) -> list[Agency]:
    """Every agency that asks, answers or inspects, by name."""
    found = (agency for kind in FACES for agency in visit.known.directory.agencies_of(kind))
    return sorted(found, key=lambda agency: agency.name.casefold())


def name_of(visit: Visit, agency: str | None) -> str:
    """An agency as people call it."""
    listed = visit.known.directory.agency(agency) if agency else None
    return listed.name if listed else (agency or "")


PAGES: Final[tuple[Page, ...]] = (
    *form(HOME, ask, search, INSPECTOR),
    get(f"{HOME}/searches/{{id}}", results, INSPECTOR),
    post(f"{HOME}/searches/{{id}}/next", go_on, INSPECTOR),
    post(f"{HOME}/searches/{{id}}/take-out", take_out, INSPECTOR),
)
