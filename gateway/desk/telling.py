"""What a desk says to a victim who asks who looked at their details. All of its texts stand here (see `words`).

Every text was weighed for what it could give away. None tells what an offender asked for or did, which establishment it
was, or that somebody else asked about their own data: a reason that could is told in words as wide as the truth allows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.directory import Office
from contracts.vocabulary import AgencyKind, Copy, DelayReason, IdentityCheck, OpenReason, Purpose, Role, SealedField

ROLES: Final[Mapping[Role, str]] = MappingProxyType(
    {
        "rj-coordinator": "a restorative justice coordinator",
        "residential-officer": "a residential officer",
        "police-officer": "a police officer or member of police staff",
        "victim-liaison-officer": "a victim liaison officer",
        "reviewer": "a reviewer",
        "inspector": "an inspector",
        "custodian": "somebody who looks after keys",
        "other": "somebody in another role",
    }
)
SOMEBODY: Final = "somebody whose role was not recorded then"

KINDS: Final[Mapping[AgencyKind, str]] = MappingProxyType(
    {
        "prison": "at a prison",
        "yot": "at a youth offending team",
        "probation": "at a probation office",
        "police": "at a police force",
        "vlu": "at a victim liaison unit",
        "inspectorate": "at an inspectorate",
        "party": "at a national body",
    }
)
SOMEWHERE: Final = "at another agency, of a kind that was not recorded then"

OWN: Final[Mapping[AgencyKind, str]] = MappingProxyType(
    {"police": "at your police force", "vlu": "at your victim liaison unit"}
)
HERE: Final = "at the agency that gave you this"

FIELDS: Final[Mapping[SealedField, str]] = MappingProxyType(
    {
        "preferred_name": "the name you like to be called",
        "contact_channel": "the way you chose to be contacted",
        "safe_times": "the times that are safe for you",
        "access_needs": "your language and what helps you take part",
        "meeting_place": "where you chose to meet",
        "safety_notes": "what you told us about your safety",
        "representative_name": "the name of the person who speaks for you",
        "representative_channel": "how to reach the person who speaks for you",
        "exclusion": "whether there is an area you want kept free",
        "home_address": "your home address",
        "date_of_birth": "your date of birth",
        "second_number": "a second telephone number",
        "subject": "what our record says about you and the crime",
        "reasons": "notes about a decision in your case",
    }
)

WHYS: Final[Mapping[OpenReason, str]] = MappingProxyType(
    {
        "read-request": "to deal with your case",
        "review-case": "to check your case a second time, with care",
        "contact-victim": "to get in touch with you",
        "prepare-meeting": "to prepare with you",
        "release-planning": "to take account of what you need to be safe",
        "quality-assurance": "to check that the work is done well",
        "data-subject-request": "to check what is in the record",
    }
)
"""`release-planning` and `data-subject-request` would tell what an offender has applied for, or asked to see."""

NO_WHY: Final = "the reason was not recorded then"

PURPOSES: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "hearing about restorative justice",
        "letter": "a letter for you",
        "conference": "arranging a meeting",
        "preparation": "preparing a meeting with you",
        "representative": "contact through the person who speaks for you",
        "rotl-check": "passing on what you said about an area",
        "other": "something else",
    }
)
"""Shown only where the victim has said yes to it."""

COPIES: Final[Mapping[Copy, str]] = MappingProxyType({"paper": "a paper copy was made"})
"""Beside a hand-over whose values were copied."""

DELAYED: Final[Mapping[DelayReason, str]] = MappingProxyType(
    {
        "investigation": "showing them now could harm an investigation",
        "court-order": "a court has ordered it",
        "safety-of-another": "another person's safety depends on it",
    }
)

CHECKS: Final[Mapping[IdentityCheck, str]] = MappingProxyType(
    {
        "in-person": "by meeting somebody they knew",
        "document": "by an identity document",
        "known-contact": "through contact details that we already had",
        "call-back": "by ringing back on a number that we already had",
    }
)

OPENING: Final = (
    "You asked who has been given details about you for restorative justice. This page lists each time, the earliest "
    "first. It says when it was, what work the person does, what they were given, and why.",
    "It gives no names, and it does not say which office or establishment. That keeps people safe. You can stop "
    "reading at any time. You can read it together with somebody you trust, or with us.",
)

NOTHING: Final = "We have no record of a time that we can show you."

ELSEWHERE: Final = (
    "This page is about our own records. If another police force or a victim liaison unit has dealt with your case, it "
    "has a record of its own. We will help you to ask, so that you need not tell it all again."
)

NOT_WHOLE: Final = (
    "We could not reach the shared record just now, so the newest times may be missing. Please ask us again."
)

WHAT_NOW: Final = (
    "If something here worries you, tell us. You decide what happens with your details. You can take them back at any "
    "time, and you do not have to say why. Whoever was given them is then told to stop, and to destroy their copies. "
    "Keep this page in a place that is safe for you."
)


def who(role: Role | None, kind: AgencyKind | None, own: AgencyKind | None) -> str:
    """Somebody by role and kind of agency; `own` is the kind of this agency where it was one of its own people."""
    place = OWN.get(own, HERE) if own else KINDS[kind] if kind else SOMEWHERE
    return f"{ROLES[role] if role else SOMEBODY} {place}"


def why(reason: str | None) -> str:
    """The reason that was given, in words."""
    return next((words for known, words in WHYS.items() if known == reason), NO_WHY)


def not_shown(count: int, until: str, clause: str, reason: DelayReason) -> str:
    """How many are left out, until when, under which clause, and why."""
    times = "1 time is" if count == 1 else f"{count} times are"
    return (
        f"{times} not shown until {until}. Clause {clause} of the agreement allows this, because "
        f"{DELAYED[reason]}. From that day on you can see them: ask us again."
    )


def earlier(when: str, by: str, check: IdentityCheck) -> str:
    """A report that was given before."""
    return (
        f"A page like this was made on {when}, by {by}. They made sure that it was you {CHECKS[check]}. "
        "If it was not you, tell us at once."
    )


def kept(span: str, erased_until: str | None, clause: str) -> str:
    """How long there is anything to tell, and what is gone already."""
    count, _, unit = span.partition(" ")
    years, rest = divmod(int(count), 365)
    words = f"{years} years" if unit.startswith("day") and years > 1 and not rest else span
    gone = (
        f"Records of cases that ended on or before {erased_until} have been erased. If one was yours, we can no longer "
        "say who looked."
        if erased_until
        else "None of our records has been erased under this rule so far."
    )
    return f"We keep these records for {words} after a case has ended, and then erase them (clause {clause}). {gone}"


def ring(office: Office | None) -> str:
    """Whom to ring."""
    if office is None:
        return "You can talk to the person who gave you this page."
    return f"You can ring us: {office.name}, {office.phone}, {office.hours}."
