"""What every page of a request shows of it: what is asked, by whom, until when, and where else one may go from here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.decide import calendar
from gateway.desk import holder, showing
from gateway.desk.case import OPEN, YES, Case
from gateway.desk.pages.holder import words
from gateway.desk.pages.times import Tag, due
from gateway.desk.pages.visit import Visit, version
from gateway.desk.showing import Doing
from gateway.desk.words import STATES

NEXT: Final[Mapping[Doing, tuple[str, str]]] = MappingProxyType(
    {
        "accept": ("Accept it: say which office deals with it", "accept"),
        "read": ("Read the request", "read"),
        "review": ("Review this sensitive case", "review"),
        "answer": ("Answer the request", "answer"),
        "more-needed": ("Ask the prison for more", "more-needed"),
        "sensitivity": ("Mark the case sensitive", "sensitive"),
        "recall": ("Take the details back: the victim changed their mind", "recall"),
    }
)


class Step(Struct, frozen=True, kw_only=True):
    """One thing that may be done now."""

    words: str
    href: str


class Tab(Struct, frozen=True, kw_only=True):
    """One of the pages of a request."""

    words: str
    href: str
    here: bool


async def own(visit: Visit) -> Case:
    """The case in the path, as its holder has it. Raises NotThere."""
    return await holder.own(visit.agency, visit.name)


def here(exchange: str, part: str = "") -> str:
    """The address of a request, or of one of its pages."""
    return f"/holder/requests/{exchange}" + (f"/{part}" if part else "")


def about(visit: Visit, case: Case) -> dict[str, object]:
    """What the head of the page needs, and `seen` for its forms."""
    shown = showing.show(case, visit.known)
    return {
        "case": case,
        "shown": shown,
        "seen": version(case),
        "here": here(case.exchange),
        "purpose": words.PURPOSES[case.request.purpose],
        "asks": words.ASKED[case.request.purpose],
        "prison": prison(visit, case),
        "state": state(case),
        "due": due(shown.due.at, visit.now) if shown.due else None,
        "sensitive": [words.SENSITIVE[each] for each in dict.fromkeys((*case.request.sensitivities, *case.found))],
        "is_sensitive": case.review != "not-needed",
        "tabs": tabs(visit, case),
        "correctable": _correctable(visit, case),
    }


def prison(visit: Visit, case: Case) -> str:
    """What the side that asks is called."""
    listed = visit.known.directory.agency(case.requester)
    return listed.name if listed else case.requester


def page(visit: Visit, case: Case, template: str, title: str, **values: object) -> web.Response:
    """A page of a request; its title names nobody."""
    given = about(visit, case) | {"title": title} | values
    return visit.render(template, status=200, **given)


def state(case: Case) -> Tag:
    """Where the case stands, in words and in a colour."""
    if case.state in YES:
        return Tag(words=STATES["holder"][case.state], colour="green")
    if case.state == "with-police":
        return Tag(words=words.WAITS["accept"] if case.office is None else "In hand", colour="blue")
    colour = "yellow" if case.state in OPEN else "red" if case.state == "withdrawn" else "grey"
    return Tag(words=STATES["holder"][case.state], colour=colour)  # type: ignore[arg-type]  # one of the four above


def tabs(visit: Visit, case: Case) -> list[Tab]:
    """The pages of a request."""
    every = [("Request", ""), ("Approach", "approach"), ("Pack for the victim", "pack"), ("Answer", "answer")]
    if case.review != "not-needed":
        every.insert(1, ("Review", "review"))
    if case.request.letter is not None:
        every.append(("Letter", "letter"))
    path = visit.request.path
    return [
        Tab(words=said, href=here(case.exchange, part), here=_within(path, here(case.exchange, part), part))
        for said, part in every
    ]


def steps(visit: Visit, case: Case) -> list[Step]:
    """What may be done now, the first thing first."""
    agreement = visit.known.agreement
    may: dict[str, bool] = {
        "review": visit.person.role in agreement.reviewing.roles,
        "read": not case.read,
        "answer": visit.person.role in agreement.answering.roles and case.read and case.review != "needed",
    }
    found = [doing for doing in showing.show(case, visit.known).next if may.get(doing, True)]
    made = [Step(words=NEXT[doing][0], href=here(case.exchange, NEXT[doing][1])) for doing in found]
    if "answer" in found and case.state == "with-police" and not case.findings and not case.ruled_out:
        approach = Step(words="Approach the victim, and record it", href=here(case.exchange, "approach"))
        made.insert(found.index("answer"), approach)
        # Once somebody has taken it up, asking the victim is the work; everything else is beside it.
        made.sort(key=lambda step: step is not approach or "accept" in found)
    return made


def _correctable(visit: Visit, case: Case) -> bool:
    """Whether a "no" can still be corrected: until the window ends, unless it is the reviewer's decision."""
    ends = calendar.due(case.asked_at, visit.known.agreement.windows.answer)
    answers = visit.person.role in visit.known.agreement.answering.roles
    return answers and case.ruled_out and case.review != "declined" and visit.now < ends


def _within(path: str, href: str, part: str) -> bool:
    return path == href or (bool(part) and path.startswith(href + "/"))
