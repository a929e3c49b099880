"""A reviewer's reasons: read by an inspector who says why and knows nobody in the case; in the log first, then shown.

They are in the session of whoever looked, for five minutes, and nowhere else.
"""

import math
from typing import Final, cast

from aiohttp import web
from msgspec import Struct

from contracts.vocabulary import OpenReason
from gateway.desk import inspector
from gateway.desk.errors import GatewayAway, NotThere
from gateway.desk.inspecting import OpenReasons
from gateway.desk.pages.inspector import case_words, exchange
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.visit import NOTHING_HERE, Page, Visit, form, get, post

HERE: Final = f"{exchange.HERE}/{{id}}/reasons/{{review}}"
WHY: Final = "Say why you need to read the reasons."
CONFLICT: Final = (
    "Tick the box if it is so. If you know the victim, the prisoner or the reviewer outside work, do not read the "
    "reasons: ask a colleague."
)
AWAY: Final = (
    "The reasons cannot be read now: the gateway is away, and a look must be in the log first. Nothing was shown. Try "
    "again in a few minutes."
)
HIDDEN: Final = "The reasons are hidden."
LOOKS_EVERY: Final = 60


class InView(Struct, frozen=True, kw_only=True):
    """The reasons that one person reads."""

    text: str


async def show(visit: Visit) -> web.StreamResponse:
    """The reasons while they are in view; otherwise who reads them, and why."""
    seen = _in_view(visit)
    if seen is None:
        return _ask(visit)
    found, left = seen
    seconds = math.ceil(left)
    return visit.render(
        "inspector/reasons.html",
        exchange=visit.name,
        here=_here(visit),
        back=f"{exchange.HERE}/{visit.name}",
        text=found.text,
        seconds=seconds,
        ends_at=visit.now + seconds,
        refresh=min(seconds + 1, LOOKS_EVERY),
    )


async def look(visit: Visit) -> web.StreamResponse:
    """A line of the log first. Then the reasons."""
    why = visit.form.one("why", case_words.OPEN_FOR, WHY)
    no_conflict = visit.form.ticked("no_conflict", CONFLICT)
    if visit.form.faults:
        return _ask(visit)
    wanted = OpenReasons(
        staff=visit.staff, why=cast("OpenReason", why), no_conflict=no_conflict, of=visit.named("review")
    )
    try:
        looked = await inspector.open_reasons(visit.agency, visit.name, wanted)
    except GatewayAway:
        visit.form.fault("", AWAY)
        return _ask(visit)
    text = looked.values.get("reasons")
    if text is None:
        raise NotThere(NOTHING_HERE)
    visit.sessions.hold(visit.session, _place(visit), InView(text=text), visit.sessions.details)
    return visit.go(_here(visit))


async def hide(visit: Visit) -> web.StreamResponse:
    """Out of view before the time is over."""
    visit.sessions.let_go(visit.session, _place(visit))
    return visit.go(f"{exchange.HERE}/{visit.name}", HIDDEN)


async def still(visit: Visit) -> web.StreamResponse:
    """Whether they may still be shown, for a script. Asking makes no session last longer."""
    seen = _in_view(visit)
    told = {"shown": seen is not None, "seconds": math.ceil(seen[1]) if seen else 0}
    return web.json_response(told, headers={"Cache-Control": "no-store"})


def _ask(visit: Visit) -> web.StreamResponse:
    return visit.render(
        "inspector/reasons_ask.html",
        exchange=visit.name,
        here=_here(visit),
        back=f"{exchange.HERE}/{visit.name}",
        minutes=visit.sessions.details // 60,
        whys=[{"value": value, "text": text} for value, text in case_words.OPEN_FOR.items()],
    )


def _in_view(visit: Visit) -> tuple[InView, float] | None:
    held = visit.sessions.still(visit.session, _place(visit))
    return (held[0], held[1]) if held is not None and isinstance(held[0], InView) else None


def _here(visit: Visit) -> str:
    return f"{exchange.HERE}/{visit.name}/reasons/{visit.named('review')}"


def _place(visit: Visit) -> str:
    return f"reasons of {visit.named('review')}"


PAGES: Final[tuple[Page, ...]] = (
    *form(HERE, show, look, INSPECTOR),
    post(f"{HERE}/hide", hide, INSPECTOR),
    get(f"{HERE}/still", still, INSPECTOR, quiet=True),
)
