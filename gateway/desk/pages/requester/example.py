"""A request to start from, for fictional staff alone: nobody can invent an identifier whose check letter is right."""

import secrets
from datetime import timedelta
from typing import Final

from aiohttp import web

from contracts.identifiers.reading import check_letter
from gateway.desk.errors import NotThere
from gateway.desk.pages import kept
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester.questions import wanted
from gateway.desk.pages.requester.wizard import ANSWERED, KIND, path
from gateway.desk.pages.visit import NOTHING_HERE, Page, Visit, post
from gateway.desk.request import today

PURPOSE: Final = "conference"
NAMES: Final = ("Aled Rees", "Mohammed Iqbal", "Joseph Adebayo", "Connor Doyle", "Piotr Zieliński", "Máirtín Ó Cadhain")
YEAR: Final = 14


async def begin(visit: Visit) -> web.StreamResponse:
    """A draft with every answer, ready to be checked and sent. Raises NotThere outside a demonstration."""
    rule = next((each for each in visit.known.agreement.purpose if each.name == PURPOSE), None)
    forces = visit.known.directory.agencies_of("police")
    if not visit.person.fictional or rule is None or not forces:
        raise NotThere(NOTHING_HERE)
    on = today() - timedelta(days=14)
    day = {"day": str(on.day), "month": str(on.month), "year": str(on.year)}
    answers: dict[str, tuple[str, ...]] = {
        "purpose": (PURPOSE,),
        "offender": (secrets.choice(NAMES),),
        "prison_number": (f"A{secrets.randbelow(10_000):04}EX",),
        "pnc_id": (_pnc_id(),),
        "offence_codes": ("TH68036",),
        "crime_reference": (f"{forces[0].code} {secrets.randbelow(900_000) + 100_000}",),
        "holder": (forces[0].id,),
        "fields": rule.fields,
        "sensitivities": ("none",),
        "note": ("He has finished a victim-awareness course, and would like to say sorry.",),
        ANSWERED: tuple(question.slug for question in wanted(rule)),
    }
    for ground in rule.grounds:
        answers[f"{ground}-who"] = ("me",)
        answers |= {f"{ground}-on-{part}": (value,) for part, value in day.items()}
    return visit.go(path(await kept.begin(visit.agency, visit.staff, KIND, answers), "check"))


def _pnc_id() -> str:
    """A PNC ID that nobody has been given, with the check letter that it needs."""
    serial = secrets.randbelow(900_000) + 100_000
    return f"{YEAR}/{serial}{check_letter(YEAR * 10_000_000 + serial)}"


PAGES: Final[tuple[Page, ...]] = (post("/requester/requests/example", begin, COORDINATOR),)
