"""What is shown of a case, and to whom."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from contracts import agreement
from contracts.envelope import AgreementRef
from contracts.messages.contact_request import ContactRequest
from gateway.desk.case import Case
from gateway.desk.records import STATES
from gateway.desk.showing import show
from gateway.desk.trust import Known
from keys import directory
from tests.agencies import Officers, TestAgency, make_directory
from tests.journey.simulated import AGREEMENT, ORIGIN, uuid7

NOON = 1_790_000_000
OFFICERS = Officers.make()
AGENCIES = [TestAgency("police-13"), TestAgency("prison-mdi")]
KNOWN = Known(
    directory=directory.load(make_directory(ORIGIN, AGENCIES, OFFICERS, NOON), OFFICERS.verifiers),
    agreement=agreement.load(Path(AGREEMENT).read_text()),
    ref=AgreementRef(id="noms-acpo", version=1, digest="A" * 43),
)
CASE = Case(
    exchange=uuid7(),
    side="requester",
    requester="prison-mdi",
    holder="police-13",
    request=ContactRequest(purpose="approach", fields=(), offence_groups=("other",), sensitivities=(), grounds=()),
    state="with-police",
    asked_at=NOON,
    sealed_by=uuid7(),
)


@pytest.mark.parametrize("state", sorted(STATES - {"refused", "held-elsewhere"}))
def test_a_requester_never_sees_a_code_of_what_the_holder_or_the_victim_decided(state: str) -> None:
    """Even if a code had come to the desk."""
    shown = show(replace(CASE, state=state, code="R19", clauses=("9.1",)), KNOWN)
    assert (shown.code, shown.clauses) == (None, ())
    assert "R19" not in str(shown)


def test_the_holder_sees_all_of_its_own_side_and_no_words_for_the_prisoner() -> None:
    """Its code, its review, what it found."""
    shown = show(replace(CASE, side="holder", state="cannot-proceed", code="R19", findings=("R06",)), KNOWN)
    assert (shown.code, shown.what_may_be_told) == ("R19", None)
    assert [finding.code for finding in shown.findings or ()] == ["R06"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"side": "holder"}, "accept"),
        ({"side": "holder", "office": "main"}, "answer"),
        ({"side": "holder", "review": "needed"}, "review"),
        ({}, "answer"),
        ({"state": "agreed", "answered_at": NOON}, "outcome"),
        ({"state": "withdrawn", "withdrawn_at": NOON}, "acknowledge-recall"),
    ],
)
def test_what_is_due_next_and_when_in_words(changes: dict[str, object], what: str) -> None:
    """By the agreement's windows, in London's time."""
    due = show(replace(CASE, **changes), KNOWN).due
    assert due is not None
    assert due.what == what
    assert due.words.startswith("by 23:59 on ")
    assert due.at > NOON


def test_nothing_is_due_on_a_case_that_has_ended() -> None:
    """On neither side."""
    for side in ("requester", "holder"):
        assert show(replace(CASE, side=side, state="closed"), KNOWN).due is None
