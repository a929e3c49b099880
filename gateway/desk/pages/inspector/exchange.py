"""One exchange as an inspector may see it: who acted, when, why and under which clause; never a victim's detail.

A search about it says why, and is a line of the log; what it finds is held for a time.
"""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.agreement import Clause
from contracts.reply import ExchangeView
from contracts.vocabulary import SearchReason
from gateway.desk import evidence, inspector
from gateway.desk.inspecting import GiveEvidence, Search
from gateway.desk.inspector import Line
from gateway.desk.pages.inspector import asked, case_words, words
from gateway.desk.pages.inspector.handing_out import attached
from gateway.desk.pages.inspector.search import name_of, shown
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.visit import Page, Visit, form

HERE: Final = "/inspector/exchanges"
LINES: Final = 500


class Exchange(Struct, frozen=True, kw_only=True):
    """What one look found: the exchange, its lines, and the search that said why."""

    view: ExchangeView
    lines: tuple[Line, ...]
    whole: bool
    why: SearchReason
    leaf: int | None


async def show(visit: Visit) -> web.StreamResponse:
    """The exchange while it is held; otherwise who looks, and why."""
    found = held(visit)
    if found is None:
        return visit.render("inspector/exchange_ask.html", exchange=visit.name, whys=asked.whys(), back="/inspector")
    return visit.render("inspector/exchange.html", _given(visit, found))


async def look(visit: Visit) -> web.StreamResponse:
    """A search about it first. Then the exchange, in this session alone."""
    why = asked.why(visit)
    if why is None:
        return await show(visit)
    wanted = Search(staff=visit.staff, why=why, about=visit.name, limit=LINES)
    done = await inspector.search(visit.agency, wanted)
    view = await inspector.view(visit.agency, visit.name, done.sent.jti)
    whole = done.sent.looked_to is None
    found = Exchange(view=view, lines=done.lines, whole=whole, why=why, leaf=done.sent.leaf)
    asked.hold(visit, _place(visit.name), found)
    return visit.go(f"{HERE}/{visit.name}")


async def ask_evidence(visit: Visit) -> web.StreamResponse:
    """What is in the evidence, and why it is wanted."""
    return visit.render("inspector/evidence.html", exchange=visit.name, whys=asked.whys(), back=f"{HERE}/{visit.name}")


async def hand_out(visit: Visit) -> web.StreamResponse:
    """Proved in every part, and then handed out."""
    why = asked.why(visit)
    if why is None:
        return await ask_evidence(visit)
    body = await evidence.of_exchange(visit.agency, visit.name, GiveEvidence(staff=visit.staff, why=why))
    return attached(f"evidence-{visit.name}.zip", "application/zip", body)


def held(visit: Visit) -> Exchange | None:
    """What was found of the exchange of this address, while it is held."""
    return asked.still(visit, _place(visit.name), Exchange)


def _place(exchange: str) -> str:
    return f"exchange {exchange}"


def _given(visit: Visit, found: Exchange) -> dict[str, object]:
    view = found.view
    return {
        "view": view,
        "found": found,
        "back": "/inspector",
        "state": case_words.STATES[view.state],
        "means": case_words.MEANS[view.state],
        "code": words.code(view.code) if view.code else "",
        "purpose": words.PURPOSES[view.purpose],
        "requester": name_of(visit, view.requester),
        "holder": name_of(visit, view.holder),
        "held_by": name_of(visit, view.held_by),
        "why": words.WHY[found.why],
        "review": case_words.REVIEW[view.review] if view.review else "",
        "sensitivities": ", ".join(case_words.SENSITIVE[each] for each in view.sensitivities),
        "details": {
            "Asked for": words.fields(view.fields),
            "Shared": words.fields(view.shared),
            "Kept back by the gateway": words.fields(view.withheld_fields),
        },
        "clauses": _clauses(visit, found),
        "agreement": visit.known.agreement,
        "lines": [(shown(visit, line), _review(line)) for line in found.lines],
        "here": f"{HERE}/{view.exchange}",
    }


def _clauses(visit: Visit, found: Exchange) -> tuple[Clause, ...]:
    """Every clause that something in it was decided by, with its text."""
    decided = (number for line in found.lines if line.exact for number in line.exact.clauses)
    numbers = {*found.view.clauses, *decided}
    return tuple(clause for clause in visit.known.agreement.clause if clause.number in numbers)


def _review(line: Line) -> str | None:
    """The id of a review that was accepted: its reasons can be read."""
    shared = line.shared
    return shared.jti if shared and shared.event == "review" and shared.decision == "accepted" else None


PAGES: Final[tuple[Page, ...]] = (
    *form(f"{HERE}/{{id}}", show, look, INSPECTOR),
    *form(f"{HERE}/{{id}}/evidence", ask_evidence, hand_out, INSPECTOR),
)
