"""One case: how it stands, what next, what may be told to the prisoner, whom to ring, and what happened so far."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.agreement import Clause
from contracts.directory import Office
from gateway.desk import allocation, colleagues, evidence, outbox, requester, words
from gateway.desk.allocation import Allocate
from gateway.desk.case import Case
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import case_words, next_step, proofs, timeline
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.times import Tag, due
from gateway.desk.pages.visit import Page, Visit, get, post, version
from gateway.desk.showing import Shown, show
from gateway.desk.staff import same_person

NOBODY: Final = "nobody"
CHOOSE: Final = "Choose a colleague, or nobody."


class Attested(Struct, frozen=True, kw_only=True):
    """A ground in words: by whom, where the desk knows them by name, and on which day."""

    words: str
    by: str
    on: str


async def case(visit: Visit) -> web.StreamResponse:
    """The page of a case; where its details were withdrawn, what must be done first."""
    found = await requester.own(visit.agency, visit.name)
    if stopped(found):
        return visit.go(f"{CASES}/{found.exchange}/withdrawn", visit.notice())
    return visit.render("requester/case.html", await told(visit, found))


async def told(visit: Visit, found: Case) -> dict[str, object]:
    """All that the page of a case tells."""
    agency, known = visit.agency, visit.known
    shown = show(found, known)
    unsent = await outbox.unsent(agency, found.exchange)
    lines = await proofs.of(agency, found.exchange)
    given = await allocation.of(agency, found.exchange)
    names = {agency.pseudonym(each.id): each.name for each in await colleagues.every(agency)}
    return {
        "title": "Case",
        "back": "/requester",
        "case": found,
        "shown": shown,
        "seen": version(found),
        "state": Tag(words=shown.state_words, colour=case_words.COLOURS[found.state]),
        "means": case_words.MEANS[found.state],
        "steps": next_step.steps(found, shown, unsent),
        "unsent": [case_words.MESSAGES[name] for name in unsent if name in case_words.MESSAGES],
        "due": due(shown.due.at, visit.now) if shown.due else None,
        "awaited": case_words.AWAITED.get(shown.due.what, "") if shown.due else "",
        "ring": ring(found, shown, visit),
        "told": words.may_be_told(found.state),
        "clauses": _clauses(visit, found),
        "purpose": case_words.PURPOSES[found.request.purpose],
        "fields": [case_words.FIELDS[field] for field in found.request.fields if field in case_words.FIELDS],
        "sensitivities": [case_words.SENSITIVE[each] for each in found.request.sensitivities],
        "missing": [case_words.MISSING[each] for each in found.missing],
        "grounds": _grounds(found, names),
        "timeline": await timeline.of(agency, found, known),
        "proof": proofs.BADGES[proofs.whole(lines)],
        "lines": lines,
        "given": given,
        "mine": given is not None and given.to == same_person(visit.staff.id),
        "colleagues": await _coordinators(visit),
    }


async def allocate(visit: Visit) -> web.StreamResponse:
    """The case is a colleague's, or nobody's, or one's own."""
    found = await requester.own(visit.agency, visit.name)
    here = f"{CASES}/{found.exchange}"
    people = {each.id: each.name for each in await _coordinators(visit)}
    chosen = visit.form.one("to", (NOBODY, *people), CHOOSE)
    if visit.form.faults:
        return visit.render("requester/case.html", await told(visit, found))
    if chosen == NOBODY:
        await allocation.allocate(visit.agency, found.exchange, Allocate(staff=visit.staff))
        return visit.go(here, "The case is nobody’s now.")
    wanted = Allocate(staff=visit.staff, to=chosen, name=people[chosen])
    await allocation.allocate(visit.agency, found.exchange, wanted)
    mine = chosen == same_person(visit.staff.id)
    return visit.go(here, "The case is yours now." if mine else f"{people[chosen]} has the case now.")


async def hand_out(visit: Visit) -> web.StreamResponse:
    """The evidence of a case as one file that proves itself."""
    found = await requester.own(visit.agency, visit.name)
    body = await evidence.of_case(visit.agency, found.exchange)
    named = f'attachment; filename="evidence-{found.exchange}.zip"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type="application/zip", headers=headers)


async def proof(visit: Visit) -> web.StreamResponse:
    """Which lines of the log hold the case, and how anybody can check them."""
    found = await requester.own(visit.agency, visit.name)
    lines = await proofs.of(visit.agency, found.exchange)
    return visit.render(
        "requester/proof.html",
        title="How to check this case",
        back=f"{CASES}/{found.exchange}",
        case=found,
        lines=lines,
        proof=proofs.BADGES[proofs.whole(lines)],
        badges=proofs.BADGES,
    )


def stopped(found: Case) -> bool:
    """Whether contact must stop, and nobody has confirmed yet that it has."""
    return found.state == "withdrawn" and not found.acknowledged


def ring(found: Case, shown: Shown, visit: Visit) -> Office | None:
    """Whom to ring. After a "cannot proceed" the agency's first office: which one took the case would tell too much."""
    if found.state != "cannot-proceed":
        return shown.ring
    listed = visit.known.directory.agency(found.holder)
    return next(iter(listed.offices), None) if listed else None


def _clauses(visit: Visit, found: Case) -> tuple[Clause, ...]:
    numbers = found.clauses if found.state == "refused" else ()
    return tuple(clause for clause in visit.known.agreement.clause if clause.number in numbers)


def _grounds(found: Case, names: dict[str, str]) -> list[Attested]:
    return [
        Attested(words=case_words.GROUNDS[each.ground], by=names.get(each.by, "a colleague"), on=each.on)
        for each in found.request.grounds
    ]


async def _coordinators(visit: Visit) -> list[colleagues.Colleague]:
    roles = visit.known.agreement.asking.roles
    return [each for each in await colleagues.every(visit.agency) if each.role in roles]


PAGES: Final[tuple[Page, ...]] = (
    get(f"{CASES}/{{id}}", case, COORDINATOR),
    post(f"{CASES}/{{id}}/allocate", allocate, COORDINATOR),
    post(f"{CASES}/{{id}}/evidence", hand_out, COORDINATOR),
    get(f"{CASES}/{{id}}/proof", proof, COORDINATOR),
)
