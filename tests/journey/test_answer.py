"""Answers over real HTTP: what is released, what is dropped, corrections, and cases that others hold."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.codec import unb64url
from contracts.messages.recall import Recall
from tests.journey.ledger_check import sealed_fields
from tests.journey.simulated import FIELDS, Side, World, claims_of
from tests.postgres import shared

ADDRESS = "14 Acacia Avenue, Batley WF17 0AA"


async def _asked(side: Side, **body: Any) -> str:
    request = side.request(**body)
    await side.send(request)
    return claims_of(request).exchange


async def test_what_nobody_may_have_is_dropped_and_never_stored(slow: Side) -> None:
    """The holder reads which fields were dropped, the requester how many; their bytes are in no file of the gateway."""
    exchange = await _asked(slow, fields=("preferred_name", "contact_channel"))
    values = {"preferred_name": "Zoë", "contact_channel": "07700 900123", "home_address": ADDRESS, "safe_times": "9"}
    answer = slow.answer(exchange, values=values)
    decision = slow.decision(await slow.send(answer))
    assert decision.withheld == ("home_address", "safe_times")
    prison, police = await slow.view("prison-mdi", exchange), await slow.view("police-13", exchange)
    assert prison is not None
    assert police is not None
    assert (prison.shared, prison.withheld, prison.withheld_fields) == (("preferred_name", "contact_channel"), 2, ())
    assert police.withheld_fields == ("home_address", "safe_times")
    (item,) = [item for item in await slow.inbox("prison-mdi") if item.typ == "rj.contact-answer.v1+jwt"]
    assert item.withheld == 2
    problem = await slow.refusal(slow.open("prison-mdi", exchange, claims_of(answer).jti, ("home_address",)))
    assert (problem.status, problem.code) == (403, "R17")
    _check_nowhere(slow.world, answer.sealed)


def _check_nowhere(world: World, sealed: Mapping[Any, str]) -> None:
    """No sealed value, kept or dropped, is in clear in the database, its WAL or the key store: all is wrapped."""
    files = {path.name: path.read_bytes() for path in (world.folder / "data").rglob("*") if path.is_file()}
    if world.store:
        files |= {f"server-{number}": content for number, content in enumerate(shared().files(world.store))}
    assert {"slots.bin"} | (set() if world.store else {"gateway.db", "gateway.db-wal"}) <= files.keys()
    for text in sealed.values():
        value = unb64url(text)
        for content in files.values():
            for start in (0, 1120, len(value) - 64):
                assert value[start : start + 64] not in content
            assert text[:64].encode() not in content
    assert b"Acacia" not in b"".join(files.values())


async def test_only_what_was_asked_for_is_stored(slow: Side) -> None:
    """The rows of the answer are those fields that were asked for and that the purpose permits."""
    exchange = await _asked(slow, fields=("preferred_name",))
    values = {"preferred_name": "Zoë", "contact_channel": "07700 900123", "home_address": ADDRESS}
    await slow.send(slow.answer(exchange, values=values))
    assert sealed_fields(slow, exchange) == {"subject", "preferred_name"}


async def test_every_field_asked_for_is_sealed(slow: Side) -> None:
    """A gap would tell what the victim did not give; `agreed` says nothing where details were asked for."""
    exchange = await _asked(slow)
    gap = dict.fromkeys(FIELDS["conference"][:-1], "")
    problem = await slow.refusal(slow.answer(exchange, values=gap))
    assert (problem.status, problem.where) == (422, "sealed")
    assert "access_needs" in problem.detail
    whole = dict.fromkeys(FIELDS["conference"], "")
    problem = await slow.refusal(slow.answer(exchange, "agreed", values=whole))
    assert (problem.status, problem.where) == (422, "outcome")
    nothing_to_share = await _asked(slow, purpose="approach")
    problem = await slow.refusal(slow.answer(nothing_to_share, "shared", values={}))
    assert problem.where == "outcome"
    decision = slow.decision(await slow.send(slow.answer(nothing_to_share, "agreed", values=whole)))
    assert decision.withheld == FIELDS["conference"]
    seen = await slow.view("prison-mdi", nothing_to_share)
    assert seen is not None
    assert (seen.state, seen.shared, seen.withheld) == ("agreed", (), 4)


async def test_a_yes_is_informed_dated_and_recorded_by_a_person(slow: Side) -> None:
    """Each condition of part 6 by itself; then the same answer without the flaw is accepted."""
    exchange, now = await _asked(slow), int(time.time())
    flaws = {
        "consent.informed": slow.consent(informed=("what-rj-is", "what-they-may-gain")),
        "consent.given_by": slow.consent(given_by="guardian"),
        "consent.given_at": slow.consent(given_at=now + 60, valid_until=now + 3600),
        "consent.valid_until": slow.consent(valid_until=now + 181 * 86_400),
        "consent.letter": slow.consent(letter="A" * 43),
    }
    for where, consent in flaws.items():
        problem = await slow.refusal(slow.answer(exchange, consent=consent))
        assert (problem.status, problem.where) == (422, where)
    over = await slow.refusal(slow.answer(exchange, consent=slow.consent(given_at=now - 60, valid_until=now - 1)))
    assert over.where == "consent.valid_until"
    for actor in (slow.system("police-13"), slow.person("police-13", role="custodian")):
        problem = await slow.refusal(slow.answer(exchange, actor=actor))
        assert (problem.code, problem.clauses) == ("R04", ("4.2",))
    await slow.send(slow.answer(exchange, consent=slow.consent(valid_until=now + 7200)))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.open_until == now + 7200


@pytest.mark.parametrize(
    ("outcome", "code", "changes", "where"),
    [
        ("cannot-proceed", "R15", {}, "exact.code"),
        ("cannot-proceed", "R01", {}, "exact.code"),
        ("cannot-proceed", None, {}, "exact.code"),
        ("shared", "R19", {}, "exact.code"),
        ("held-elsewhere", "R19", {"held_by": "police-14"}, "exact.code"),
        ("held-elsewhere", "R15", {}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": "police-13"}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": "prison-lei"}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": "vlu-13"}, "held_by"),
        ("held-elsewhere", "R13", {"held_by": "police-14"}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": "police-99"}, "held_by"),
        ("cannot-proceed", "R19", {"held_by": "police-14"}, "held_by"),
        ("cannot-proceed", "R19", {"supersedes": "01890a5d-ac96-774b-bcce-b302099a8057"}, "exact.supersedes"),
    ],
)
async def test_an_answer_says_one_thing(
    slow: Side, outcome: str, code: str | None, changes: dict[str, str], where: str
) -> None:
    """The exact reason, the agency that holds the case and the earlier answer fit the outcome, or it is refused."""
    exchange = await _asked(slow)
    problem = await slow.refusal(slow.answer(exchange, outcome, code, **changes))  # type: ignore[arg-type]
    assert (problem.status, problem.where) == (422, where)
    no_consent = await slow.refusal(slow.answer(exchange, "cannot-proceed", "R19", consent=slow.consent()))
    assert no_consent.where == "consent"


@pytest.mark.parametrize(("code", "other"), [("R15", "police-14"), ("R13", "vlu-13")])
async def test_a_case_that_another_holds_is_told_at_once_and_ends(slow: Side, code: str, other: str) -> None:
    """The requester reads where to ask; the request's values go, and the linked exchange is one of its own."""
    exchange = await _asked(slow)
    await slow.send(slow.answer(exchange, "held-elsewhere", code, held_by=other, actor=slow.system("police-13")))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.held_by, seen.clauses) == ("held-elsewhere", other, ("9.3",))
    types = [item.typ for item in await slow.inbox("prison-mdi")]
    assert types == ["rj.contact-answer.v1+jwt", "rj.notice.v1+jwt"]
    assert (await slow.refusal(slow.answer(exchange))).status == 409
    again = slow.request(force=other, follows={"exchange": exchange, "why": "re-route"})
    await slow.send(again)
    await slow.send(slow.answer(claims_of(again).exchange, force=other))


async def test_a_correction_names_the_answer_that_it_corrects(slow: Side) -> None:
    """A no becomes a yes while the window lasts; a yes is corrected by a yes, and only the current one opens."""
    exchange = await _asked(slow)
    no = slow.answer(exchange, "cannot-proceed", "R19")
    await slow.send(no)
    unnamed = await slow.refusal(slow.answer(exchange))
    assert (unnamed.status, unnamed.where) == (422, "exact.supersedes")
    yes = slow.answer(exchange, supersedes=claims_of(no).jti)
    await slow.send(yes)
    corrected = slow.answer(exchange, supersedes=claims_of(yes).jti, values=dict.fromkeys(FIELDS["conference"], "new"))
    await slow.send(corrected)
    stale = await slow.refusal(slow.open("prison-mdi", exchange, claims_of(yes).jti, ("safe_times",)))
    assert (stale.status, stale.where) == (422, "of")
    opened = await slow.send(slow.open("prison-mdi", exchange, claims_of(corrected).jti, ("safe_times",)))
    assert slow.unseal("prison-mdi", opened) == {"safe_times": "new"}
    withdrawn = slow.answer(exchange, "cannot-proceed", "R19", supersedes=claims_of(corrected).jti)
    assert (await slow.refusal(withdrawn)).status == 409
    old = slow.envelope("police-13", "prison-mdi", Recall(of=claims_of(no).jti), exchange=exchange)
    assert (await slow.refusal(old)).where == "of"
