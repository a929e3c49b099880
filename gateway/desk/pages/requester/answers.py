"""From the answers of a draft to what is asked: typed data for the desk's own services. Nothing here decides."""

import re
from typing import Final

from contracts.agreement import PurposeRule
from contracts.messages.contact_request import Letter
from contracts.vocabulary import Ground
from gateway.desk.asking import Ask, Grounded, TypedOffence, TypedOffender, TypedVictim
from gateway.desk.pages.form import Form
from gateway.desk.pages.requester.asking_words import SENSITIVITIES
from gateway.desk.staff import Staff

NOTE: Final = 600
CODES_TYPED: Final = 400
MYSELF: Final = "me"
NONE: Final = "none"

_BETWEEN: Final = re.compile(r"[\n,;]+")


def offender(form: Form) -> TypedOffender:
    """The person who wants to make amends."""
    return TypedOffender(
        name=form.optional("offender"),
        prison_number=form.optional("prison_number"),
        pnc_id=form.optional("pnc_id"),
        cro=form.optional("cro"),
    )


def offence(form: Form) -> TypedOffence:
    """The offence. Its codes stand on lines of their own, or between commas."""
    on = form.day("offence_date")
    return TypedOffence(
        codes=codes(form),
        crime_reference=form.text("crime_reference"),
        date=on.isoformat() if on else None,
        asn=form.optional("asn"),
        pti_urn=form.optional("pti_urn"),
    )


def codes(form: Form) -> tuple[str, ...]:
    """Each offence code as it was typed."""
    typed = _BETWEEN.split(form.text("offence_codes", most=CODES_TYPED))
    return tuple(code.strip() for code in typed if code.strip())


def grounded(form: Form, ground: Ground) -> Grounded:
    """Who attests a ground, and on which day."""
    by = form.optional(f"{ground}-by") if form.value(f"{ground}-who") != MYSELF else None
    on = form.day(f"{ground}-on")
    return Grounded(ground=ground, by=by, on=on.isoformat() if on else None)


def ask(form: Form, staff: Staff, rule: PurposeRule, letter: Letter | None) -> Ask:
    """The whole request, under the rule for its purpose: what that does not allow was never asked."""
    needed = form.day("needed_by")
    return Ask(
        staff=staff,
        holder=form.value("holder"),
        purpose=rule.name,
        fields=form.some("fields", rule.fields),
        grounds=tuple(grounded(form, ground) for ground in rule.grounds),
        sensitivities=tuple(flag for flag in SENSITIVITIES if flag in form.every("sensitivities")),
        needed_by=needed.isoformat() if needed else None,
        letter=letter if rule.letter else None,
        offender=offender(form),
        offence=offence(form),
        victim=TypedVictim(name=form.optional("victim_name"), known=form.optional("victim_known", most=NOTE)),
        note=form.optional("note", most=NOTE),
    )
