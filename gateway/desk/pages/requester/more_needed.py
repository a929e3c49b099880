"""The police need more: the subject of the request anew, as it stands, corrected where it was wrong."""

import re
from typing import Final

from aiohttp import web

from gateway.desk import requester
from gateway.desk.asking import Correct, TypedOffence, TypedOffender, TypedVictim
from gateway.desk.case import Case
from gateway.desk.errors import Typed
from gateway.desk.pages.form import Form
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.visit import Page, Visit, form, version

NOTE: Final = 600
NOT_NOW: Final = "The police need nothing more on this case now."
WHICH: Final = "Tick what you have corrected."
SENT: Final = "Sent. The police look at the request again."
KEPT: Final = Important("The gateway cannot be reached now. What you sent is kept here, and goes out by itself.")
_APART: Final = re.compile(r"[,;\s]+")


async def show(visit: Visit) -> web.StreamResponse:
    """The subject as it stands, ready to be corrected."""
    case = await requester.own(visit.agency, visit.name)
    if case.state != "more-needed":
        return visit.go(f"{CASES}/{case.exchange}", NOT_NOW)
    if not visit.form.values:
        visit.form = prefilled(case)
    return _page(visit, case)


async def send(visit: Visit) -> web.StreamResponse:
    """The whole subject anew."""
    case = await requester.own(visit.agency, visit.name)
    if case.state != "more-needed":
        return visit.go(f"{CASES}/{case.exchange}", NOT_NOW)
    visit.check_seen(case)
    wanted = _corrected(visit, case)
    if visit.form.faults:
        return _page(visit, case)
    try:
        said = await requester.supplement(visit.agency, case.exchange, wanted)
    except Typed as error:
        visit.form.take(error)
        return _page(visit, case)
    return visit.go(f"{CASES}/{case.exchange}", KEPT if said.sent.queued else SENT)


def prefilled(case: Case) -> Form:
    """The case's own subject as a form."""
    subject = case.subject
    if subject is None:
        return Form()
    who, what, victim = subject.offender, subject.offence, subject.victim
    year, month, day = (what.date or "--").split("-")
    typed = {
        "name": who.name,
        "prison_number": who.prison_number,
        "pnc_id": who.pnc_id,
        "cro": who.cro,
        "offence_codes": ", ".join(what.codes),
        "crime_reference": what.crime_reference,
        "offence_date-day": day.lstrip("0"),
        "offence_date-month": month.lstrip("0"),
        "offence_date-year": year,
        "asn": what.asn,
        "pti_urn": what.pti_urn,
        "victim_name": victim.name,
        "victim_known": victim.known,
        "note": subject.note,
    }
    return Form({name: (value,) for name, value in typed.items() if value})


def _corrected(visit: Visit, case: Case) -> Correct:
    typed = visit.form
    on, ticked = typed.day("offence_date"), typed.some("corrected", case.missing, WHICH)
    return Correct(
        staff=visit.staff,
        corrected=tuple(each for each in case.missing if each in ticked),
        offender=TypedOffender(
            name=typed.optional("name"),
            prison_number=typed.optional("prison_number"),
            pnc_id=typed.optional("pnc_id"),
            cro=typed.optional("cro"),
        ),
        offence=TypedOffence(
            codes=tuple(code for code in _APART.split(typed.text("offence_codes")) if code)[:6],
            crime_reference=typed.text("crime_reference"),
            date=on.isoformat() if on else None,
            asn=typed.optional("asn"),
            pti_urn=typed.optional("pti_urn"),
        ),
        victim=TypedVictim(name=typed.optional("victim_name"), known=typed.optional("victim_known", most=NOTE)),
        note=typed.optional("note", most=NOTE),
    )


def _page(visit: Visit, case: Case) -> web.StreamResponse:
    return visit.render(
        "requester/more_needed.html",
        title="Send what was missing",
        back=f"{CASES}/{case.exchange}",
        case=case,
        seen=version(case),
        missing=[{"value": each, "text": words.MISSING[each]} for each in case.missing],
    )


PAGES: Final[tuple[Page, ...]] = form(f"{CASES}/{{id}}/more-needed", show, send, COORDINATOR)
