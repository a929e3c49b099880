"""What must come before what: each rule broken on purpose, in an exchange that is otherwise good."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from contracts.agreement import Agreement, load
from contracts.checkpoint import Checkpoint
from contracts.event import EventLeaf, Exact, Shared
from contracts.evidence import EvidenceLine
from contracts.messages import BY_BODY, Body
from contracts.messages.contact_answer import Consent, ContactAnswer
from contracts.messages.contact_request import Attested, ContactRequest, Letter
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from gateway.evidence_bundle.case import missing
from gateway.evidence_bundle.proving import Line
from gateway.evidence_bundle.sequence import Event, faults, hand_over_faults

AGREEMENT: Agreement = load((Path(__file__).parents[3] / "deploy/agreement/noms-acpo-v1.toml").read_text())
PRISON, POLICE = "prison-mdi", "police-13"
EXCHANGE = "01890000-0000-7000-8000-000000000000"
DETAILS = ("preferred_name", "contact_channel")
INFORMED = ("what-rj-is", "what-they-may-gain", "may-stop-at-any-time")


def uid(number: int) -> str:
    return f"01890000-0000-7000-8000-{number:012x}"


def event(index: int, body: Body | str, iss: str | None = PRISON, to: str = POLICE, **changes: object) -> Event:
    """A line, ten seconds after the one before; `body` is a message, or the name of what time does."""
    name = body if isinstance(body, str) else BY_BODY[type(body)].name
    spoken = not isinstance(body, str)
    given: dict[str, object] = {
        "event": name, "at": 1000 + 10 * index, "exchange": EXCHANGE, "iss": iss if spoken else None,
        "to": to if spoken else None, "jti": uid(index) if spoken else None,
        "decision": "accepted" if spoken else None,
    }  # fmt: skip
    shared = Shared(**(given | changes))  # type: ignore[arg-type]
    return Event(index=index, shared=shared, body=None if isinstance(body, str) else body)


def request(**changes: object) -> ContactRequest:
    given: dict[str, object] = {
        "purpose": "conference", "fields": DETAILS, "offence_groups": ("other",), "sensitivities": (),
        "grounds": (Attested(ground="responsibility-accepted", by="A" * 22, on="2026-11-20"),),
    }  # fmt: skip
    return ContactRequest(**(given | changes))  # type: ignore[arg-type]


def yes(outcome: str = "shared", **changes: object) -> ContactAnswer:
    given: dict[str, object] = {
        "given_at": 1020, "given_by": "victim", "how": "by-phone", "informed": INFORMED, "valid_until": 9000,
    }  # fmt: skip
    consent = Consent(**(given | changes))  # type: ignore[arg-type]
    return ContactAnswer(outcome=outcome, exact="A" * 43, consent=consent)  # type: ignore[arg-type]


def opens(of: int, *fields: str) -> Open:
    return Open(of=uid(of), fields=fields or DETAILS, why="contact-victim", no_conflict="declared")  # type: ignore[arg-type]


ASKED = event(1, request(), fields=("subject",))
READ = event(2, opens(1, "subject"), POLICE, "gateway", fields=("subject",))
YES = event(3, yes(), POLICE, PRISON, fields=DETAILS)
OPENED = event(4, opens(3), PRISON, "gateway", fields=DETAILS)
RECALL = event(5, Recall(of=uid(3)), POLICE, PRISON)
ERASED = event(6, "erased")
DONE = event(
    7, RecallAcknowledged(of=uid(3), contact="stopped", copies="destroyed", by="A" * 22, at=1070), PRISON, POLICE
)
GOOD = (ASKED, READ, YES, OPENED, RECALL, ERASED, DONE)
FINAL = Outcome(contact="made", chose="conference", status="completed", disclosure="not-disclosable", final=True)


def found(*events: Event, whole: bool = True) -> list[str]:
    return [fault.words for fault in faults(events, lambda index: AGREEMENT, whole=whole)]


def again(given: Event, index: int) -> Event:
    return replace(given, index=index, shared=replace(given.shared, at=1000 + 10 * index, jti=uid(index)))


def test_a_good_exchange_has_no_fault() -> None:
    """Whole, and as far as each side sees it."""
    assert found(*GOOD) == []
    assert found(ASKED, YES, OPENED, RECALL, ERASED, DONE, whole=False) == []
    noticed = replace(OPENED, body=None)
    assert found(ASKED, READ, YES, noticed, RECALL, ERASED, DONE) == []


NO_CONSENT = ContactAnswer(outcome="shared", exact="A" * 43)
DECLINED = Review(decision="decline", co_worked=False)
BROKEN: Mapping[str, tuple[str, tuple[Event, ...]]] = {
    "nothing was asked": ("no request before it", (YES,)),
    "asked twice": ("a second request", (ASKED, again(ASKED, 2))),
    "log time goes back": ("time or order", (ASKED, replace(READ, shared=replace(READ.shared, at=1)))),
    "the order goes back": ("time or order", (ASKED, replace(again(READ, 2), index=1))),
    "another purpose": ("does not permit this purpose", (event(1, request(purpose="other")),)),
    "too much asked for": ("more was asked for", (event(1, request(fields=("home_address",))),)),
    "a yes without consent": ("without a consent", (ASKED, event(3, NO_CONSENT, POLICE, PRISON))),
    "a consent that has ended": ("was not valid", (ASKED, event(3, yes(valid_until=1030), POLICE, PRISON))),
    "a consent of tomorrow": ("was not valid", (ASKED, event(3, yes(given_at=1041), POLICE, PRISON))),
    "not informed": ("was told all", (ASKED, event(3, yes(informed=INFORMED[:2]), POLICE, PRISON))),
    "somebody else's consent": ("somebody else", (ASKED, event(3, yes(given_by="guardian"), POLICE, PRISON))),
    "another letter": ("another letter", (ASKED, event(3, yes(letter="B" * 43), POLICE, PRISON))),
    "a detail nobody asked for": (
        "nobody asked for", (ASKED, event(3, yes(), POLICE, PRISON, fields=(*DETAILS, "exclusion"))),
    ),
    "not reviewed": ("no reviewer", (ASKED, event(2, SensitivityFound(found=("hate",)), POLICE, "gateway"), YES)),
    "flagged and not reviewed": ("no reviewer", (event(1, request(sensitivities=("stalking",))), YES)),
    "a review that declined": (
        "no reviewer",
        (event(1, request(sensitivities=("hate",))), event(2, DECLINED, POLICE), YES),
    ),
    "a recall of nothing": ("no yes before it", (ASKED, RECALL)),
    "a recall of another yes": ("no yes before it", (ASKED, YES, event(5, Recall(of=uid(9)), POLICE, PRISON))),
    "acknowledged, not recalled": ("no recall before it", (ASKED, YES, DONE)),
    "erased for nothing": ("nothing before it says why", (ASKED, ERASED)),
    "opened unasked": ("without a request", (YES, OPENED)),
    "opened before the yes": ("no accepted message", (ASKED, replace(OPENED, index=2, shared=OPENED.shared))),
    "opened after the recall": ("after line 5, recall", (ASKED, YES, RECALL, again(OPENED, 8))),
    "opened after the erasure": ("after line 6, erased", (ASKED, YES, ERASED, again(OPENED, 8))),
    "opened after the close": ("after line 5, outcome", (ASKED, YES, event(5, FINAL), again(OPENED, 8))),
    "opened after the end": ("after line 5, expired", (ASKED, YES, event(5, "expired"), again(OPENED, 8))),
    "opened after a correction": ("taken the place of", (ASKED, YES, again(YES, 4), again(OPENED, 8))),
    "opened when the yes had ended": (
        "when the consent was not valid",
        (ASKED, event(3, yes(valid_until=1039), POLICE, PRISON, fields=DETAILS), OPENED),
    ),
    "more opened than was shared": (
        "that was not kept", (ASKED, YES, event(4, opens(3, "safe_times"), PRISON, "gateway", fields=("safe_times",))),
    ),
    "others opened than were named": (
        "other details", (ASKED, YES, event(4, opens(3), PRISON, "gateway", fields=("preferred_name",))),
    ),
    "opened by the wrong side": (
        "to somebody for whom", (ASKED, YES, event(4, opens(3), POLICE, "gateway", fields=DETAILS)),
    ),
    "reasons of no review": (
        "no review has sealed", (ASKED, event(4, opens(1, "reasons"), "hmip", "gateway", fields=("reasons",))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_is_kept(name: str) -> None:
    """Broken alone, it is told at the line where it is broken."""
    words, events = BROKEN[name]
    told = faults(events, lambda index: AGREEMENT, whole=True)
    assert any(words in fault.words for fault in told), told
    assert {fault.line for fault in told} <= {each.index for each in events}


def test_a_refused_message_changes_nothing() -> None:
    """It hands nothing over, asks for nothing, and ends nothing."""
    refused = [replace(each, shared=replace(each.shared, decision="refused")) for each in (YES, OPENED, RECALL)]
    assert found(ASKED, *refused) == []
    assert found(ASKED, YES, replace(RECALL, shared=replace(RECALL.shared, decision="refused")), again(OPENED, 8)) == []


def test_a_requester_is_not_told_of_reviews() -> None:
    """Where a review cannot be seen, none is missed: its bundle reads the same with and without one."""
    flagged = event(1, request(sensitivities=("stalking",)), fields=("subject",))
    assert found(flagged, YES, whole=False) == []
    assert found(flagged, YES, whole=True) != []


def test_a_letter_s_yes_names_that_letter() -> None:
    """And no other."""
    letter = Letter(id=uid(99), sha256="L" * 43)
    asked = event(1, request(purpose="letter", fields=(), letter=letter), fields=("subject",))
    assert found(asked, event(3, yes("agreed", letter="L" * 43), POLICE, PRISON)) == []
    assert found(asked, event(3, yes("agreed", letter="M" * 43), POLICE, PRISON)) != []
    assert found(asked, event(3, yes("agreed"), POLICE, PRISON)) != []


def test_hand_overs_alone_can_be_checked() -> None:
    """As the check of a whole log does, exchange by exchange."""
    assert list(hand_over_faults(GOOD)) == []
    assert list(hand_over_faults([ASKED, OPENED])) != []


def line(index: int, shared: Shared | None, exact: Exact | None = None) -> Line:
    leaf = EventLeaf(shared="A" * 43, exact="A" * 43)
    tree = Checkpoint(origin="gateway.test/rj", size=100, root=bytes(32))
    return Line(
        given=EvidenceLine(index=index, receipt=""), tree=tree, leaf=repr(leaf).encode(), shared=shared, exact=exact
    )  # fmt: skip


def test_what_an_erasure_names_is_erased_and_everything_else_that_is_gone_is_an_alarm() -> None:
    """By the erasing line's own exact part; no other kind of line can account for it."""
    gone = line(3, None)
    erasing = line(9, Shared(event="record-erased", at=1), Exact(rule="11.2", lines=(3,)))
    posing = line(9, Shared(event="open", at=1), Exact(rule="11.2", lines=(3,)))
    elsewhere = line(9, Shared(event="record-erased", at=1), Exact(rule="11.2", lines=(4,)))
    assert missing((gone, erasing), "inspector") == []
    for other in (posing, elsewhere, line(9, Shared(event="erased", at=1), Exact())):
        (fault,) = missing((gone, other), "inspector")
        assert (fault.line, "ALARM" in fault.words) == (3, True)
