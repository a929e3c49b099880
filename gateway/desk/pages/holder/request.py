"""A request: what is known before it is read, and what was read, for a while. Reading it and accepting it."""

from typing import Final

from aiohttp import web

from contracts.vocabulary import OpenReason
from gateway.desk import allocation, colleagues, evidence, holder
from gateway.desk.answering import Accept, Read
from gateway.desk.case import OPEN, YES, Case
from gateway.desk.errors import Typed
from gateway.desk.pages.holder import about, subject, telling, timeline, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.notices import Important
from gateway.desk.pages.visit import Page, Visit, form, get, post
from gateway.desk.staff import same_person

ANSWERERS: Final = ("police-officer", "victim-liaison-officer")
WHY: Final = "Choose why you read it."
CONFLICT: Final = "Tick the box only if it is true. If you know one of them, ask a colleague to read it."
OFFICE: Final = "Choose which office deals with it."
READ: Final = "This look is in the log. What the request says is hidden again after 10 minutes."
ACCEPTED: Final = "The prison now sees which office deals with it."
KEPT: Final = Important("The gateway cannot be reached at the moment. It is kept here and goes out by itself, once.")


async def show(visit: Visit) -> web.StreamResponse:
    """The request."""
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    case = await about.own(visit)
    given, directory = subject.held(visit, case), visit.known.directory
    page = about.page(
        visit,
        case,
        "holder/request.html",
        "Request",
        reading=given,
        subject=given.subject if given else None,
        grounds=[words.GROUNDS[each.ground] for each in case.request.grounds],
        findings=_findings(case),
        review=words.REVIEW[case.review],
        office=directory.office(visit.agency.id, case.office) if case.office else None,
        steps=about.steps(visit, case),
        victim=telling.to_victim(case.request.purpose),
        prison_told=telling.PRISON,
        nobody=_nobody(case),
        answered_yes=case.state in YES,
        may_answer=visit.person.role in ANSWERERS,
        hold_back=bool(case.findings) and case.state in OPEN,
        entries=await timeline.of(visit.agency, case, about.prison(visit, case)),
        allocated=await allocation.of(visit.agency, case.exchange),
        colleagues=await colleagues.every(visit.agency),
        me=same_person(visit.staff.id),
        missing=[words.MISSING[each] for each in case.missing],
    )
    if given is not None:
        # The browser looks again when the time is over, with scripts or without: then it is hidden.
        page.headers["Refresh"] = str(given.until - visit.now + 1)
    return page


def _findings(case: Case) -> list[dict[str, str]]:
    """What this desk alone can know, with the one thing to do."""
    here = about.here
    known = {
        "R16": {
            "title": "The same request is in hand already",
            "text": "There is a live request for the same person, the same crime and the same purpose. Approach nobody "
            "about this one.",
            "do": "Answer that it cannot proceed: the same request is live already",
            "href": here(case.exchange, "answer"),
        },
        "R06": {
            "title": "The victim has asked for no further contact",
            "text": "Approach nobody, and give no hint of it to the prison. Only the victim’s own return lifts it.",
            "do": "Answer that it cannot proceed: the victim declined before",
            "href": here(case.exchange, "answer"),
        },
    }
    found = [known[code] for code in case.findings if code in known]
    if case.perhaps:
        found.append(
            {
                "title": "Possibly the same victim",
                "text": "Somebody has asked for no further contact about another crime of this person. It may be this "
                "victim. Check before you approach anyone.",
                "do": "Look at the standing instructions",
                "href": "/holder/instructions",
            }
        )
    return found


def _nobody(case: Case) -> str:
    """Why the victim is told nothing now; empty where they may be asked."""
    if case.ruled_out or case.findings:
        return telling.RULED_OUT
    if case.state not in OPEN and case.state not in YES:
        return telling.OVER
    return telling.REVIEW_FIRST if case.review == "needed" else "" if case.read else telling.READ_FIRST


async def reading(visit: Visit) -> web.StreamResponse:
    """Before it is read: why, and no conflict of interest."""
    case = await about.own(visit)
    reasons = [{"value": word, "text": said} for word, said in words.WHY_READ.items()]
    return about.page(
        visit, case, "holder/read.html", "Read the request", reasons=reasons,
        back=about.here(case.exchange),
    )  # fmt: skip


async def read(visit: Visit) -> web.StreamResponse:
    """The look is a line of the log; then the request is shown."""
    case = await about.own(visit)
    why = visit.form.one("why", words.WHY_READ, WHY)
    clear = visit.form.ticked("no_conflict", CONFLICT)
    if not visit.form.good:
        return await reading(visit)
    chosen: OpenReason = next(word for word in words.WHY_READ if word == why)
    try:
        looked = await holder.read_request(
            visit.agency, case.exchange, Read(staff=visit.staff, no_conflict=clear, why=chosen)
        )
    except Typed as error:
        visit.form.take(error)
        return await reading(visit)
    await colleagues.did(visit.agency, visit.staff, looked.sent)
    subject.hold(visit, case.exchange, looked.subject, looked.case.sealed_by)
    return visit.go(about.here(case.exchange), READ)


async def hide(visit: Visit) -> web.StreamResponse:
    """What was read is shown no longer."""
    subject.hide(visit, visit.name)
    return visit.go(about.here(visit.name), "What the request says is hidden.")


async def offices(visit: Visit) -> web.StreamResponse:
    """Which office deals with it."""
    case = await about.own(visit)
    listed = (await visit.agency.myself()).offices
    items = [{"value": each.id, "text": each.name, "hint": {"text": f"{each.phone}. {each.hours}"}} for each in listed]
    return about.page(
        visit, case, "holder/accept.html", "Accept the request", offices=items,
        back=about.here(case.exchange),
    )  # fmt: skip


async def accept(visit: Visit) -> web.StreamResponse:
    """An office deals with it."""
    case = await about.own(visit)
    office = visit.form.one("office", [each.id for each in (await visit.agency.myself()).offices], OFFICE)
    visit.check_seen(case)
    if not visit.form.good:
        return await offices(visit)
    said = await holder.accept(visit.agency, case.exchange, Accept(staff=visit.staff, office=office))
    await colleagues.did(visit.agency, visit.staff, said.sent)
    return visit.go(about.here(case.exchange), KEPT if said.sent.queued else ACCEPTED)


async def bundle(visit: Visit) -> web.StreamResponse:
    """The evidence of the case, to give to a court."""
    case = await about.own(visit)
    made = await evidence.of_case(visit.agency, case.exchange)
    return web.Response(
        body=made,
        content_type="application/zip",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="evidence-{case.exchange}.zip"',
            "X-Content-Type-Options": "nosniff",
        },
    )


PAGES: Final[tuple[Page, ...]] = (
    get("/holder/requests/{id}", show, POLICE),
    *form("/holder/requests/{id}/read", reading, read, POLICE),
    post("/holder/requests/{id}/hide", hide, POLICE),
    *form("/holder/requests/{id}/accept", offices, accept, ANSWERERS),
    get("/holder/requests/{id}/evidence", bundle, POLICE),
)
