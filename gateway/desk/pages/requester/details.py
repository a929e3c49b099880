"""Looking at what a victim agreed to share: logged before it is shown, shown for five minutes, held in memory alone.

The values are in the session of whoever looked, and nowhere else: the session lets go of them when the time is over,
whether or not anybody asks. Each look at the page asks the case whether they may still be shown, and so does a script
every few seconds; a withdrawal takes them off the screen.
"""

import math
from typing import Final

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import OpenReason, SealedField
from gateway.desk import requester
from gateway.desk.asking import Look
from gateway.desk.case import Case
from gateway.desk.errors import GatewayAway
from gateway.desk.ids import now
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.case import stopped
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.visit import Page, Visit, form, get, post

EXTENSIONS: Final = 3
WARNING_PART: Final = 5
"""The warning comes when a fifth of the time is left: a minute of five."""

LOOKS_EVERY: Final = 60
"""Seconds after which a browser without scripts asks again whether the details may still be shown."""

WHY: Final = "Say why you need to read the details."
CONFLICT: Final = (
    "Tick the box if it is so. If you know the victim or the prisoner outside work, do not read the details: ask a "
    "colleague."
)
AWAY: Final = (
    "The details cannot be read now: the gateway is away, and a look must be in the log first. Nothing was shown. Try "
    "again in a few minutes."
)
GONE: Final = "There are no details to read on this case now."
OVER: Final = Important("The details are hidden again. Read them again if you still need them.")
NO_MORE: Final = Important("The time cannot be made longer again. Read the details again if you still need them.")


class InView(Struct, frozen=True, kw_only=True):
    """Values that one person looks at. `answer` is the message that holds them; `extended` counts the extensions."""

    answer: str
    why: OpenReason
    values: dict[SealedField, str]
    at: int
    extended: int = 0
    printed_at: int | None = None


class Value(Struct, frozen=True, kw_only=True):
    """A detail in words."""

    name: SealedField
    words: str
    value: str


async def show(visit: Visit) -> web.StreamResponse:
    """The details while they are in view; otherwise who looks, and why."""
    case = await requester.own(visit.agency, visit.name)
    if (away := _elsewhere(visit, case)) is not None:
        return away
    seen = in_view(visit, case)
    if seen is None:
        return _ask(visit, case)
    found, left = seen
    return visit.render("requester/details.html", _given(visit, case, found, left))


async def look(visit: Visit) -> web.StreamResponse:
    """A line of the log first. Then the values, in this session alone."""
    case = await requester.own(visit.agency, visit.name)
    if (away := _elsewhere(visit, case)) is not None:
        return away
    why = visit.form.one("why", words.REASONS, WHY)
    no_conflict = visit.form.ticked("no_conflict", CONFLICT)
    chosen = next((reason for reason in words.REASONS if reason == why), None)
    if visit.form.faults or chosen is None:
        return _ask(visit, case)
    wanted = Look(staff=visit.staff, why=chosen, no_conflict=no_conflict)
    try:
        looked = await requester.open_details(visit.agency, case.exchange, wanted)
    except GatewayAway:
        visit.form.fault("", AWAY)
        return _ask(visit, case)
    held = InView(answer=case.answer or "", why=chosen, values=looked.values, at=now())
    visit.sessions.hold(visit.session, place(case.exchange), held, visit.sessions.details)
    return visit.go(f"{CASES}/{case.exchange}/details")


async def longer(visit: Visit) -> web.StreamResponse:
    """As long again, at most three times."""
    case = await requester.own(visit.agency, visit.name)
    seen = in_view(visit, case)
    if seen is None:
        return visit.go(f"{CASES}/{case.exchange}/details", OVER)
    found, _ = seen
    if found.extended >= EXTENSIONS:
        return visit.go(f"{CASES}/{case.exchange}/details", NO_MORE)
    extended = replace(found, extended=found.extended + 1)
    visit.sessions.hold(visit.session, place(case.exchange), extended, visit.sessions.details)
    return visit.go(f"{CASES}/{case.exchange}/details")


async def hide(visit: Visit) -> web.StreamResponse:
    """Out of view before the time is over."""
    case = await requester.own(visit.agency, visit.name)
    visit.sessions.let_go(visit.session, place(case.exchange))
    return visit.go(f"{CASES}/{case.exchange}", "The details are hidden.")


async def still(visit: Visit) -> web.StreamResponse:
    """Whether the details may still be shown, for a script. Asking makes no session last longer."""
    case = await requester.own(visit.agency, visit.name)
    seen = in_view(visit, case)
    told = {"shown": seen is not None, "seconds": math.ceil(seen[1]) if seen else 0}
    return web.json_response(told, headers={"Cache-Control": "no-store"})


def place(exchange: str) -> str:
    """Where in a session the details of a case are held."""
    return f"details of {exchange}"


def in_view(visit: Visit, case: Case) -> tuple[InView, float] | None:
    """What this person may still look at, and for how many seconds. What was taken back is let go of at once."""
    held = visit.sessions.still(visit.session, place(case.exchange))
    if held is None or not isinstance(held[0], InView):
        return None
    if not case.shared or case.answer != held[0].answer:
        visit.sessions.let_go(visit.session, place(case.exchange))
        return None
    return held[0], held[1]


def values(found: InView) -> tuple[Value, ...]:
    """The details as they are read: what keeps people safe first, and what to call them."""
    every = (*words.FIRST, *(field for field in words.FIELDS if field not in words.FIRST))
    return tuple(
        Value(name=name, words=words.FIELDS[name], value=_said(name, found.values[name]))
        for name in every
        if found.values.get(name, "").strip()
    )


def _said(name: SealedField, value: str) -> str:
    return words.EXCLUSION.get(value.strip().casefold(), value) if name == "exclusion" else value


def _elsewhere(visit: Visit, case: Case) -> web.StreamResponse | None:
    """Where there is nothing to look at: the page that says so."""
    if case.shared:
        return None
    visit.sessions.let_go(visit.session, place(case.exchange))
    return visit.go(f"{CASES}/{case.exchange}", None if stopped(case) else GONE)


def _ask(visit: Visit, case: Case) -> web.StreamResponse:
    return visit.render(
        "requester/details_ask.html",
        title="Read the details",
        back=f"{CASES}/{case.exchange}",
        case=case,
        reasons=[{"value": reason, "text": said} for reason, said in _reasons(case).items()],
        fields=[words.FIELDS[field] for field in case.shared if field in words.FIELDS],
        minutes=_span(visit.sessions.details),
    )


def _reasons(case: Case) -> dict[OpenReason, str]:
    """Those that fit the purpose: a check before release is for planning the release."""
    release = case.request.purpose == "rotl-check"
    return {reason: said for reason, said in words.REASONS.items() if (reason == "release-planning") == release}


def _given(visit: Visit, case: Case, found: InView, left: float) -> dict[str, object]:
    seconds = math.ceil(left)
    warning = max(1, visit.sessions.details // WARNING_PART)
    return {
        "title": "Details",
        "back": f"{CASES}/{case.exchange}",
        "case": case,
        "values": values(found),
        "purpose": words.PURPOSES[case.request.purpose],
        "seconds": seconds,
        "ends_at": visit.now + seconds,
        "warning": warning,
        "warns": seconds <= warning,
        "refresh": min(seconds + 1, LOOKS_EVERY, max(1, seconds - warning) if seconds > warning else seconds + 1),
        "longer": EXTENSIONS - found.extended,
        "span": _span(visit.sessions.details),
        "reader": visit.person.name,
        "open_until": case.open_until,
    }


def _span(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes} minutes" if minutes > 1 else f"{seconds} seconds"


PAGES: Final[tuple[Page, ...]] = (
    *form(f"{CASES}/{{id}}/details", show, look, COORDINATOR),
    post(f"{CASES}/{{id}}/details/longer", longer, COORDINATOR),
    post(f"{CASES}/{{id}}/details/hide", hide, COORDINATOR),
    get(f"{CASES}/{{id}}/details/still", still, COORDINATOR, quiet=True),
)
