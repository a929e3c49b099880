"""What a victim reads: every word of it, and what is said where something was not recorded."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from contracts.agreement import load
from contracts.codec import encode
from contracts.messages.contact_request import ContactRequest
from contracts.reply import DECISION_TYP, NOTICE_TYP, DecisionClaims, NoticeClaims
from contracts.vocabulary import (
    AgencyKind,
    Copy,
    DelayReason,
    IdentityCheck,
    OpenReason,
    Purpose,
    Role,
    SealedField,
)
from gateway.desk import case as cases
from gateway.desk import handovers, telling, victim_page, words
from gateway.desk.cabinet import Cabinet
from gateway.desk.case import Case
from gateway.desk.delays import Delay
from gateway.desk.deliveries import DELIVERY, Delivery
from gateway.desk.handovers import HandOver
from gateway.desk.receipts import KIND as RECEIPT
from gateway.desk.receipts import Receipt
from gateway.desk.victim_page import Facts, Forgotten, Surely
from keys import tokens
from tests.agencies import TestAgency, secret
from tests.journey.simulated import AGREEMENT, ORIGIN, uuid7

AT = int(datetime(2027, 5, 3, 9, 5, tzinfo=UTC).timestamp())
WORDS: dict[str, tuple[Any, Mapping[Any, str]]] = {
    "roles": (Role, telling.ROLES),
    "kinds": (AgencyKind, telling.KINDS),
    "fields": (SealedField, telling.FIELDS),
    "reasons": (OpenReason, telling.WHYS),
    "purposes": (Purpose, telling.PURPOSES),
    "delays": (DelayReason, telling.DELAYED),
    "copies": (Copy, telling.COPIES),
    "checks": (IdentityCheck, telling.CHECKS),
}
TELL_TALE = r"offender|prisoner|apolog|licence|releas|applied|asked to see|accepted|declin|refus|appeal|R\d\d|\w_\w"
"""What would tell of somebody else's choice, and codes without words."""


def vocabulary(words: Any) -> set[str]:
    return {word for part in get_args(words) for word in (get_args(part) or (part,))}


def surely(**changes: Any) -> Surely:
    given = {"own": "police", "office": None, "whole": True, "agreement": load(AGREEMENT.read_text())}
    return Surely(**(given | changes))


def facts(**changes: Any) -> Facts:
    return Facts(**({"at": AT, "shown": (), "hiding": (), "earlier": (), "forgotten": None} | changes))


@pytest.fixture
def cabinet(tmp_path: Path) -> Iterator[Cabinet]:
    with ThreadPoolExecutor(1) as threads:
        kept = Cabinet(tmp_path / "cases.db", secret("store"), threads)
        yield kept
        kept.close()


@pytest.mark.parametrize("name", WORDS)
def test_every_word_of_the_vocabulary_has_words_for_a_victim(name: str) -> None:
    """A new role, field or reason fails here before a victim reads a code."""
    vocabulary_of, said = WORDS[name]
    assert set(said) == vocabulary(vocabulary_of)


@pytest.mark.parametrize("text", [each for _, said in WORDS.values() for each in said.values()])
def test_no_words_tell_of_somebody_elses_choice(text: str) -> None:
    """Whatever stands in the log, a victim's page speaks of the victim."""
    assert not re.search(TELL_TALE, text)


def test_the_page_is_short_sentences() -> None:
    """Fewer than thirty words each; nobody is told what they must do, or that they failed to."""
    page = victim_page.tell(facts(), surely(whole=False)).text
    sentences = [each.split() for each in re.split(r"[.:]\s", page.replace("\n", " "))]
    assert max(len(each) for each in sentences) < 30
    assert not re.search(r"\bmust\b|\bfail|\bshould\b", page)
    assert "You can stop reading at any time." in " ".join(page.split())
    assert max(map(len, page.splitlines())) <= victim_page.WIDTH


def test_times_are_londons_with_their_zone() -> None:
    """Summer and winter, and a summer's night that is another day in UTC."""
    winter = int(datetime(2026, 12, 1, 9, 5, tzinfo=UTC).timestamp())
    night = int(datetime(2027, 6, 30, 23, 30, tzinfo=UTC).timestamp())
    assert words.when(AT) == "Monday 3 May 2027 at 10:05 BST"
    assert words.when(winter) == "Tuesday 1 December 2026 at 09:05 GMT"
    assert (words.when(night), words.day(night)) == ("Thursday 1 July 2027 at 00:30 BST", "1 July 2027")


def test_what_was_erased_is_said_in_general_terms() -> None:
    """Whether anything has been, and until when; never whose."""
    page = victim_page.tell(facts(forgotten=Forgotten(ended_at=AT)), surely())
    assert page.kept in " ".join(page.text.split())
    assert "for 6 years after a case has ended" in page.kept
    assert "Records of cases that ended on or before 3 May 2027 have been erased." in page.kept
    assert "None of our records has been erased" in victim_page.tell(facts(), surely()).kept


def test_what_is_delayed_is_counted_by_day_and_reason() -> None:
    """One sentence for each, the earliest first, and one is `1 time is`."""

    def hidden(until: int, reason: Any) -> Delay:
        return Delay(
            id=uuid7(), exchange=uuid7(), reason=reason, clause="13.8", since=0, until=until, by="p", decider="d"
        )  # fmt: skip

    later, sooner = hidden(AT + 86_400, "court-order"), hidden(AT, "investigation")
    page = victim_page.tell(facts(hiding=(later, sooner, later)), surely())
    assert [(each.count, each.reason) for each in page.not_shown] == [(1, "investigation"), (2, "court-order")]
    assert page.not_shown[0].words.startswith("1 time is not shown until 3 May 2027. Clause 13.8 of the agreement")
    assert page.not_shown[1].words.startswith("2 times are not shown until 4 May 2027.")


def test_a_reason_that_a_later_version_may_add_is_not_shown_as_a_code() -> None:
    """The notice's reason is any text."""
    odd = HandOver(leaf=1, at=AT, exchange=uuid7(), fields=("safe_times",), own=False, proof="", why="new-reason")
    page = victim_page.tell(facts(shown=(odd,)), surely())
    assert page.hand_overs[0].why == "the reason was not recorded then"
    assert "new-reason" not in page.text


def _case(exchange: str, victim: str) -> Case:
    request = ContactRequest(
        purpose="conference", fields=("safe_times",), offence_groups=("other",), sensitivities=(), grounds=()
    )  # fmt: skip
    return Case(
        exchange=exchange, side="holder", requester="prison-mdi", holder="police-13", request=request,
        state="details-shared", asked_at=AT, sealed_by=uuid7(), victim_mark=victim,
    )  # fmt: skip


def _signed(claims: NoticeClaims | DecisionClaims, typ: str) -> str:
    gateway = TestAgency("gateway")
    return tokens.sign(encode(claims), typ, gateway.signing_kid, gateway.signing)


async def test_what_was_kept_before_roles_were_recorded_is_told_as_such(cabinet: Cabinet) -> None:
    """An old notice, and an old look of the holder's own: entries all the same, and nothing is guessed.

    A refused look is none.
    """
    exchange, victim = uuid7(), "a1"
    notice = NoticeClaims(
        iss=ORIGIN, to="police-13", exchange=exchange, at=AT, leaf=7, notice="opened", fields=("safe_times",),
        why="contact-victim",
    )  # fmt: skip
    assert b"role" not in encode(notice)
    assert b"by_kind" not in encode(notice)
    kept = [
        Receipt(jti=jti, exchange=exchange, message="open", leaf=leaf, receipt="", decision=_signed(
            DecisionClaims(iss=ORIGIN, to="police-13", jti=jti, exchange=exchange, at=AT, decision=decided,  # type: ignore[arg-type]
                           agreement="A" * 43, leaf=leaf), DECISION_TYP))
        for jti, leaf, decided in ((uuid7(), 5, "accepted"), (uuid7(), 6, "refused"))
    ]  # fmt: skip

    def put(drawer: Any) -> list[HandOver]:
        cases.keep(drawer, _case(exchange, victim))
        delivered = Delivery(leaf=7, exchange=exchange, at=AT, token=_signed(notice, NOTICE_TYP), receipt="")
        drawer.put(DELIVERY, "notice 7", delivered, (exchange, "leaf 7"))
        for receipt in kept:
            drawer.put(RECEIPT, receipt.jti, receipt, (exchange,))
        found = handovers.of_victim(drawer, victim)
        assert handovers.in_doubt(found, "written", "representative")  # nothing says how the reference was written
        return handovers.hand_overs(drawer, found[0])

    own, other = await cabinet.change(put)
    assert (own.leaf, other.leaf) == (5, 7)
    page = victim_page.tell(facts(shown=(own, other)), surely())
    assert [each.who for each in page.hand_overs] == [
        "somebody whose role was not recorded then at your police force",
        "somebody whose role was not recorded then at another agency, of a kind that was not recorded then",
    ]
    assert [each.why for each in page.hand_overs] == ["the reason was not recorded then", "to get in touch with you"]
