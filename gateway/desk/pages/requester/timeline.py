"""What happened on a case, as its requester may know it: who did what, and when. Own staff by name, others by agency.

Of a case that cannot proceed nothing is told that came from the police: what they did, and whether they did anything,
would lead to why.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from gateway.desk import colleagues, happenings
from gateway.desk.agency import Agency
from gateway.desk.case import Case
from gateway.desk.happenings import Happening
from gateway.desk.pages.requester.case_words import EVENTS
from gateway.desk.trust import Known

OWN: Final = (
    "contact-request", "refused", "supplement", "open", "print", "outcome", "cancellation", "recall-acknowledged",
    "allocated", "handed-on", "asked-again", "not-sent",
)  # fmt: skip
POLICE: Final = ("accepted", "more-needed", "contact-answer", "recall", "notice-withdrawn")
HIDDEN_AFTER_END: Final = ("accepted",)
"""Told while the case was with the police, and taken back once it cannot proceed: it would tell a silence apart."""

ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "details-shared": ("Details shared", "The victim agreed to share details for this purpose."),
    "agreed": ("Agreed", "The answer is yes."),
    "held-elsewhere": ("Held by another agency", "The request goes on there."),
    "cannot-proceed": ("Cannot proceed", "The time for an answer has ended."),
}


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the timeline. `leaf` is its line of the log."""

    title: str
    about: str
    who: str
    at: int
    leaf: int | None


async def of(agency: Agency, case: Case, known: Known) -> tuple[Entry, ...]:
    """The timeline of a case, the newest first."""
    names = {agency.pseudonym(each.id): each.name for each in await colleagues.every(agency)}
    found = await happenings.of_case(agency, case.exchange)
    return told(found, case, known, names)


def told(found: Iterable[Happening], case: Case, known: Known, names: Mapping[str, str]) -> tuple[Entry, ...]:
    """What happened, in words, the newest first."""
    left_out = HIDDEN_AFTER_END if case.state == "cannot-proceed" else ()
    entries = [
        Entry(title=title, about=about, who=_who(each, case, known, names), at=each.at, leaf=each.leaf)
        for each in found
        if each.event in EVENTS and each.event not in left_out
        for title, about in [_words(each)]
    ]
    return tuple(_each_once(entries)[::-1])


def _words(each: Happening) -> tuple[str, str]:
    if each.event == "contact-answer" and each.state is not None:
        return ANSWERS.get(each.state, EVENTS[each.event])
    return EVENTS[each.event]


def _who(each: Happening, case: Case, known: Known, names: Mapping[str, str]) -> str:
    if each.event in OWN:
        return names.get(each.by, "a colleague") if each.by else "the desk"
    if each.event in POLICE:
        return name_of(known, case.holder)
    return "the gateway"


def name_of(known: Known, agency: str) -> str:
    """An agency as people call it."""
    listed = known.directory.agency(agency)
    return listed.name if listed else agency


def _each_once(entries: list[Entry]) -> list[Entry]:
    """A recall is told by the police and by the gateway: once is enough."""
    kept: list[Entry] = []
    for each in entries:
        twice = each.title == "Details withdrawn" and any(before.title == each.title for before in kept)
        if not twice:
            kept.append(each)
    return kept
