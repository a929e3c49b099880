"""What the pages of the answer say. Texts in one place, so that Welsh can stand beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import Informed, Purpose
from gateway.desk.approaching import GivenBy, How
from gateway.desk.pages.notices import Important

HOW: Final[Mapping[How, str]] = MappingProxyType(
    {"in-person": "In person", "by-phone": "By telephone", "by-video": "By video call", "in-writing": "In writing"}
)
GIVEN_BY: Final[Mapping[GivenBy, str]] = MappingProxyType(
    {"victim": "The victim", "guardian": "The child’s guardian", "family-spokesperson": "The family’s spokesperson"}
)
INFORMED: Final[Mapping[Informed, str]] = MappingProxyType(
    {
        "what-rj-is": "What restorative justice is",
        "what-they-may-gain": "What they may gain from it",
        "may-stop-at-any-time": "That they may stop at any time",
    }
)
YES_MEANS: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "They want to hear more about restorative justice. No details travel.",
        "letter": "They want this letter. It then comes to your office, which reads it first. No details travel.",
        "conference": "They want a meeting to be arranged. The details that they agree to travel to the prison.",
        "preparation": "They want the facilitator’s visit. The details that they agree to travel to the prison.",
        "representative": "Whoever speaks for the child or the family said yes. Their details travel, never the "
        "child’s.",
        "rotl-check": "They agree that an area to avoid is passed on. It is not a yes to the release.",
    }
)
DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "yes": "The victim said yes",
        "no": "The victim said no",
        "not-reached": "The victim did not reply in time",
        "stands": "Something else stands in the way",
        "elsewhere": "Another force, or a victim liaison unit, holds the case",
    }
)
HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no": "The prison never learns of it. You then say how far the no goes.",
        "not-reached": "Silence is not a yes. Nobody presses a victim who has not replied.",
        "stands": "For example, a court order, live proceedings, or a victim who cannot be traced.",
        "elsewhere": "The prison is told at once where to ask.",
    }
)
SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "whole-case": "No contact about this crime at all",
        "this-purpose": "No contact for this purpose only",
        "none": "No instruction: they would like to be asked again one day",
    }
)
SCOPE_HINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "whole-case": "Choose this if they did not limit their no. Whoever asks next, nobody approaches them.",
        "this-purpose": "For example, no to a meeting, but they would still want a letter.",
        "none": "Choose this only if they told you so.",
    }
)
CHOOSE: Final = "Choose what the victim decided, or what stands in the way."
CHOOSE_SCOPE: Final = "Choose how far the no goes."
CHOOSE_REASON: Final = "Choose what stands in the way."
CHOOSE_AGENCY: Final = "Choose who holds the case."
CHOOSE_HOW: Final = "Choose how they said yes."
CHOOSE_BY: Final = "Choose who said yes."
GIVEN_WHEN: Final = "Enter the day on which they said yes."
TO_COME: Final = "The day is in the future. Check the year."
UNTIL: Final = "Enter the day until which the yes is good."
OVER: Final = "This day has passed. Enter a day to come."
TOO_LONG: Final = "A yes lasts no longer than {longest}. Enter {day} or an earlier day."
NOT_TOLD: Final = "Tick all three. If one was not said, tell the victim first: only then is a yes an informed one."
EMPTY: Final = "Enter this, or the prison cannot act on the yes."
LONG: Final = "This is too long to be sent. Shorten it."
READ_FIRST: Final = Important("Read the request first: only then is it known whether the victim may be approached.")
NOT_OPEN: Final = "This case is not open any longer, so there is nothing to answer."

SEES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shared": "The prison sees “Details shared” at once. It can open the details. Each look is a line of the "
        "log, and "
        "you are told of it.",
        "agreed": "The prison sees “Agreed” at once, and nothing else.",
        "cannot-proceed": "The prison sees no change now. {window} it is told “cannot proceed”, in the same words "
        "whatever "
        "the reason. It never learns which.",
        "held-elsewhere": "The prison sees at once that {other} holds the case, and asks there.",
    }
)
