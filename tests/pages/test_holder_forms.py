"""What the police's forms make of what is typed, and the words that stand for codes: pure, without a browser."""

from pathlib import Path
from typing import get_args

import pytest
from multidict import MultiDict

from contracts import agreement as agreements
from contracts.messages.contact_request import ContactRequest
from contracts.vocabulary import Missing, Purpose, Sensitivity
from gateway.decide.answer import NEGATIVE
from gateway.decide.calendar import begins
from gateway.desk.case import Case
from gateway.desk.pages.form import Form
from gateway.desk.pages.holder import answer_draft, answer_words, filters, pack_words, reasons, telling, words
from gateway.desk.pages.times import local_day
from gateway.desk.row import Waits

AGREEMENT = agreements.load((Path(__file__).parents[2] / "deploy/agreement/noms-acpo-v1.toml").read_text())
NOW = begins(local_day(1_795_000_000)) + 10 * 3600
TOLD = ("what-rj-is", "what-they-may-gain", "may-stop-at-any-time")


def case(purpose: Purpose) -> Case:
    """A case for this purpose, for which all that the agreement permits is asked."""
    rule = AGREEMENT.rule(purpose)
    request = ContactRequest(
        purpose=purpose, fields=rule.fields if rule else (), offence_groups=("other",), sensitivities=(), grounds=()
    )
    return Case(
        exchange="e", side="holder", requester="prison-mdi", holder="police-13", request=request,
        state="with-police", asked_at=NOW, sealed_by="m",
    )  # fmt: skip


def typed(**changes: tuple[str, ...]) -> Form:
    """A yes as somebody types it."""
    given, until = local_day(NOW), local_day(NOW + 30 * 86_400)
    values = {"how": ("by-phone",), "told": TOLD}
    values |= answer_draft.dated("given", given) | answer_draft.dated("until", until)
    return Form(values | changes, posted=True)


def test_every_reason_that_a_holder_may_give_has_words_and_none_shows_its_code() -> None:
    """The closed list of the agreement, whole, in plain words."""
    every = (*reasons.EVERY, reasons.NO, reasons.NOT_REACHED)
    assert sorted(each.code for each in every) == sorted(NEGATIVE)
    assert len({each.word for each in every}) == len(every)
    assert [each for each in every if each.code in each.said + each.hint + each.word] == []


def test_every_word_of_the_closed_lists_has_its_text() -> None:
    """No code can come on a screen for want of words."""
    purposes = set(get_args(Purpose))
    permitted = {field for rule in AGREEMENT.purpose for field in rule.fields}
    assert set(words.PURPOSES) == set(words.ASKED) == purposes
    assert set(pack_words.WHY) == set(telling.OFFERS) == set(answer_words.YES_MEANS) == purposes - {"other"}
    assert permitted <= set(words.FIELDS)
    assert permitted <= set(pack_words.ITEMS)
    assert set(words.SENSITIVE) == set(get_args(Sensitivity))
    assert set(words.MISSING) == set(get_args(Missing))
    assert set(words.WAITS) <= set(get_args(Waits))


def test_a_yes_is_read_with_its_days() -> None:
    """Today is now; the last day counts whole."""
    form = typed()
    consent = answer_draft.consent(form, case("conference"), AGREEMENT, NOW)
    assert consent is not None
    assert (consent.given_at, consent.given_by, consent.how) == (NOW, "victim", "by-phone")
    assert local_day(consent.valid_until) == local_day(NOW + 30 * 86_400)
    assert form.good


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"told": TOLD[:2]}, "told"),
        ({"how": ()}, "how"),
        (answer_draft.dated("given", local_day(NOW + 2 * 86_400)), "given"),
        (answer_draft.dated("until", local_day(NOW - 2 * 86_400)), "until"),
        (answer_draft.dated("until", local_day(NOW + 200 * 86_400)), "until"),
    ],
)
def test_a_yes_that_cannot_hold_says_what_to_change(changed: dict[str, tuple[str, ...]], field: str) -> None:
    """Not informed, not said how, dated in the future, over already, longer than the agreement allows."""
    form = typed(**changed)
    assert answer_draft.consent(form, case("conference"), AGREEMENT, NOW) is None
    assert [fault.name for fault in form.faults] == [field]


def test_a_family_says_who_speaks_for_it() -> None:
    """Where more than one may say yes, the form asks."""
    form = typed()
    assert answer_draft.consent(form, case("representative"), AGREEMENT, NOW) is None
    assert form.error("given_by") == answer_words.CHOOSE_BY
    said = answer_draft.consent(typed(given_by=("guardian",)), case("representative"), AGREEMENT, NOW)
    assert said is not None
    assert said.given_by == "guardian"


def test_what_is_needed_or_too_long_is_said_beside_its_field() -> None:
    """Bytes count, not letters: ŷ takes two."""
    form = Form({"contact_channel": ("ŷ" * 125,)}, posted=True)
    answer_draft.values(form, ("preferred_name", "contact_channel", "safe_times"))
    assert form.error("preferred_name") == answer_words.EMPTY
    assert form.error("contact_channel") == answer_words.LONG
    assert form.error("safe_times") is None


def test_filters_take_known_words_alone_and_each_has_a_tag_that_takes_it_out() -> None:
    """An address with other words shows the list as if they were not there."""
    asked = MultiDict([("purpose", "letter"), ("purpose", "nothing"), ("whose", "mine"), ("prison", "prison-x")])
    chosen = filters.read(asked, {"prison-mdi": "Moorland"})
    assert chosen.pairs() == [("purpose", "letter"), ("whose", "mine")]
    assert [(tag.words, tag.without) for tag in chosen.tags({})] == [
        ("Offer a letter of apology", "/holder?whose=mine"),
        ("Mine", "/holder?purpose=letter"),
    ]
    assert chosen.at(after="1.2.3") == "/holder?purpose=letter&whose=mine&after=1.2.3"
    query = chosen.query("pc-1")
    assert (query.groups, query.purposes, query.allocated) == (("open",), ("letter",), "pc-1")
