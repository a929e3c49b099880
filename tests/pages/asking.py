"""A request as a coordinator types it, page by page; each test changes what it is about."""

import gc
import time
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

from gateway.desk.pages.sessions import Sessions
from tests.gateway.desk.desks import OFFICER, consent, staff
from tests.pages.browser import Person
from tests.pages.world import PATIENCE, World

_CRIMES = count(270_001)
OFFENCE = date(2021, 7, 20)
CHECK = "ZABCDEFGHJKLMNPQRTUVWXY"


def crime() -> str:
    """A crime reference that no other test has used."""
    return f"13/{next(_CRIMES)}/21"


def pnc() -> str:
    """A PNC ID that no other test has used, as staff type it: lower case, two digits of the year."""
    serial = next(_CRIMES)
    return f"79/{serial}{CHECK[(79 * 10**7 + serial) % 23]}".lower()


def number() -> str:
    """Four digits that no other test has used."""
    return str(next(_CRIMES))[-4:]


async def begin(person: Person, purpose: str = "conference") -> None:
    """The first question."""
    await person.go("/requester/requests/new")
    await person.choose("purpose", purpose)
    await person.press("Continue")


async def tell_who(person: Person, name: str = "Rhys Ó Briain", number: str = "a1234bc", id_: str = "") -> None:
    await person.fill_by({"prison_number": number, "offender": name, "pnc_id": id_ or pnc()})
    await person.press("Continue")


async def tell_offence(person: Person, reference: str = "", codes: str = "th68001") -> None:
    await person.fill_by({"offence_codes": codes, "crime_reference": reference or crime()})
    await person.page.locator("[name='offence_date-day']").fill("20")
    await person.page.locator("[name='offence_date-month']").fill("july")
    await person.page.locator("[name='offence_date-year']").fill("2021")
    await person.press("Continue")


async def choose_holder(person: Person, holder: str = "police-13") -> None:
    await person.page.locator("select[name=holder]").select_option(holder)
    await person.press("Continue")


async def attest(person: Person, *grounds: str) -> None:
    """The coordinator attests each ground."""
    for ground in grounds:
        await person.choose(f"{ground}-who", "me")
        await person.fill_by(dict(on(f"{ground}-on", days_ago(20))))
    await person.press("Continue")


async def to_check(
    person: Person,
    purpose: str = "conference",
    *,
    fields: Sequence[str] = ("preferred_name", "contact_channel"),
    name: str = "Rhys Ó Briain",
    id_: str = "",
    reference: str = "",
    note: str = "",
) -> None:
    """Every question is answered without being looked at, which is quicker, up to the page of answers."""
    grounds = ("responsibility-accepted", *(("risk-assessment",) if purpose == "conference" else ()))
    questions: dict[str, list[tuple[str, str]]] = {
        "new": [("purpose", purpose)],
        "person": [("prison_number", "a1234bc"), ("offender", name), ("pnc_id", id_ or pnc())],
        "offence": [
            ("offence_codes", "th68001"),
            ("crime_reference", reference or crime()),
            *on("offence_date", OFFENCE),
        ],
        "holder": [("holder", "police-13")],
        "details": [("fields", field) for field in fields],
        "grounds": [
            part for ground in grounds for part in [(f"{ground}-who", "me"), *on(f"{ground}-on", days_ago(20))]
        ],
        "sensitive": [("sensitivities", "none")],
        "needed": [],
        "note": [("note", note)],
    }
    page = "/requester/requests/new"
    while not page.endswith("/check"):
        page = await person.sent(page, questions[page.rsplit("/", 1)[-1]])
    await person.go(page)


def on(name: str, day: date) -> list[tuple[str, str]]:
    """A day as a form sends it."""
    return [(f"{name}-day", str(day.day)), (f"{name}-month", str(day.month)), (f"{name}-year", str(day.year))]


def days_ago(days: int) -> date:
    """A day in the past; with a negative number, one to come."""
    return date.today() - timedelta(days=days)


async def send(person: Person) -> str:
    """Send it; the exchange that it became."""
    await person.press("Send the request")
    return person.path.split("/")[3]


async def session_ends(person: Person) -> None:
    """Time passes without use: the session that this browser holds ends, as it does by itself after 20 minutes."""
    held = {cookie.get("value") for cookie in await person.page.context.cookies()}
    for sessions in (each for each in gc.get_objects() if isinstance(each, Sessions)):
        for session in sessions._open.values():
            if session.name in held:
                session.used -= sessions.idle + 1


async def sign_in_again(person: Person, agency: str, post: str) -> None:
    """On the sign-in page, to which the desk has led."""
    await person.choose_self(agency, post)


async def agree(world: World, exchange: str) -> None:
    """The police answer that the victim wants the letter."""
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    letter = (await police.case(exchange))["letter"]
    body = {"staff": staff(*OFFICER), "outcome": "agreed", "consent": consent(letter=letter["sha256"])}
    await police.post(f"cases/{exchange}/answer", body)


async def reads(person: Person, path: str, words: str, seconds: float = PATIENCE) -> None:
    """The page says this, at the latest after so many seconds: what the other side said takes a moment to come."""
    end = time.monotonic() + seconds
    await person.go(path)
    while words not in await person.text() and time.monotonic() < end:
        await person.go(path)
    await person.sees(words)
