"""Asking, over real HTTP: what the agreement refuses at once, in its order, and what it lets through."""

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.messages.accepted import Accepted
from contracts.messages.contact_request import Attested
from contracts.messages.documents import Amendment
from contracts.messages.recall import Recall
from tests.journey.ledger_check import checked
from tests.journey.simulated import ORIGIN, Side, World, claims_of, uuid7


def attested(side: Side, *grounds: str) -> tuple[Attested, ...]:
    by = side.world.agencies["prison-mdi"].pseudonym("attester")
    return tuple(Attested(ground=ground, by=by, on="2026-11-20") for ground in grounds)  # type: ignore[arg-type]


async def test_the_first_reason_in_the_agreements_order_is_told(slow: Side) -> None:
    """A request with every fault is refused for one after the other as each is put right: R05 to R21, then taken."""
    older = msgspec.structs.replace(slow.world.agreement, version=2)
    said: dict[str, Any] = {
        "agreement": older,
        "actor": slow.person("prison-mdi", role="residential-officer"),
        "purpose": "other",
        "sensitivities": ("child-victim",),
        "fields": ("preferred_name", "home_address"),
        "grounds": (),
    }
    right: dict[str, dict[str, Any]] = {
        "R05": {"agreement": slow.world.agreement},
        "R04": {"actor": slow.person("prison-mdi")},
        "R03": {"purpose": "conference"},
        "R12": {"sensitivities": ()},
        "R17": {"fields": ("preferred_name",)},
        "R10": {"grounds": attested(slow, "responsibility-accepted")},
        "R21": {"grounds": attested(slow, "responsibility-accepted", "risk-assessment")},
    }
    for code, correction in right.items():
        request = slow.request(**said)
        problem = await slow.refusal(request)
        assert (problem.status, problem.code) == (403, code)
        assert problem.clauses
        seen = await slow.view("prison-mdi", claims_of(request).exchange)
        assert seen is not None
        assert (seen.state, seen.code, seen.clauses) == ("refused", code, problem.clauses)
        assert await slow.view("police-13", claims_of(request).exchange) is None
        said |= correction
    await slow.send(slow.request(**said))
    assert len(await slow.inbox("police-13")) == 1


async def test_what_is_missing_or_too_much_is_named(slow: Side) -> None:
    """R17 names the fields and R21 the grounds, in the agreement's own words; nothing of a free text is echoed."""
    problem = await slow.refusal(slow.request(fields=("preferred_name", "date_of_birth", "second_number")))
    assert (problem.code, problem.clauses) == ("R17", ("3.4", "3.8"))
    assert "date_of_birth, second_number" in problem.detail
    problem = await slow.refusal(slow.request("rotl-check", grounds=attested(slow, "risk-assessment")))
    assert (problem.code, problem.clauses) == ("R21", ("5.5", "5.1"))
    assert "governor-approval" in problem.detail


async def test_who_may_ask_whom(slow: Side) -> None:
    """A coordinator whose training is in date asks for a prison; police and victim liaison units are asked (R04)."""
    untrained = slow.person("prison-mdi", training="none")
    lapsed = slow.person("prison-mdi", trained_until="2026-01-31")
    for actor in (untrained, lapsed, slow.system("prison-mdi")):
        assert (await slow.refusal(slow.request(actor=actor))).code == "R04"
    for asker, asked in (("police-14", "police-13"), ("prison-mdi", "prison-lei"), ("vlu-13", "police-13")):
        request = slow.request(prison=asker, force=asked, actor=slow.person("prison-mdi"))
        assert (await slow.refusal(request)).code == "R04"
    await slow.send(slow.request(force="vlu-13", actor=slow.person("prison-mdi", trained_until="2027-01-31")))


async def test_children_are_reached_by_their_guardian(slow: Side) -> None:
    """A flagged child is refused for every other purpose (R12); for `representative` the case is reviewed."""
    for purpose in ("conference", "preparation", "approach", "letter", "rotl-check"):
        problem = await slow.refusal(slow.request(purpose, sensitivities=("child-victim",)))
        assert (problem.code, problem.clauses) == ("R12", ("7.6",))
    request = slow.request("representative", sensitivities=("child-victim",))
    exchange = claims_of(request).exchange
    await slow.send(request)
    values = dict.fromkeys(("representative_name", "representative_channel", "safe_times"), "A. Guardian")
    assert (await slow.refusal(slow.answer(exchange, values=values))).code == "R08"
    await slow.send(slow.review(exchange, "proceed"))
    by_child = await slow.refusal(slow.answer(exchange, values=values))
    assert (by_child.status, by_child.where) == (422, "consent.given_by")
    guardian = slow.consent(given_by="guardian")
    await slow.send(slow.answer(exchange, values=values, consent=guardian))


async def test_a_letter_is_named_and_the_yes_is_to_that_letter(slow: Side) -> None:
    """Without a letter there is nothing to offer; a yes to another letter is no yes to this one."""
    problem = await slow.refusal(slow.request("letter", letter=None))
    assert (problem.status, problem.where) == (422, "letter")
    request = slow.request("letter")
    exchange, letter = claims_of(request).exchange, claims_of(request).body["letter"]["sha256"]
    await slow.send(request)
    other = await slow.refusal(slow.answer(exchange, "agreed", consent=slow.consent(letter="A" * 43)))
    assert (other.status, other.where) == (422, "consent.letter")
    await slow.send(slow.answer(exchange, "agreed", consent=slow.consent(letter=letter)))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.shared) == ("agreed", ())


async def test_an_exchange_belongs_to_its_first_request(slow: Side) -> None:
    """To everyone else it does not exist, in the same words as one that never was; a second request is out of turn."""
    request = slow.request()
    exchange = claims_of(request).exchange
    await slow.send(request)
    assert (await slow.refusal(slow.request(exchange=exchange))).status == 409
    strangers = (
        slow.request(exchange=exchange, prison="prison-lei"),
        slow.answer(exchange, force="police-14"),
        slow.cancel(exchange, prison="prison-lei"),
        slow.open("police-14", exchange, claims_of(request).jti, ("subject",)),
        slow.envelope("police-14", "prison-mdi", Accepted(office="main"), exchange=exchange, agreement=_other(slow)),
    )
    never_was = slow.answer(uuid7(), force="police-14")
    words = {(p.status, p.detail, p.code, p.clauses) for p in [await slow.refusal(m) for m in (*strangers, never_was)]}
    assert len(words) == 1
    assert next(iter(words))[0] == 404
    for agency in ("prison-lei", "police-14", "vlu-13", "party-noms"):
        assert await slow.view(agency, exchange) is None


def _other(side: Side) -> Any:
    return msgspec.structs.replace(side.world.agreement, digest="A" * 43)


async def test_each_side_speaks_in_its_turn_and_to_the_right_agency(slow: Side) -> None:
    """A requester cannot answer, a holder cannot cancel (R04); an answer sealed for somebody else is refused."""
    request = slow.request()
    exchange = claims_of(request).exchange
    await slow.send(request)
    own_answer = slow.answer(exchange, prison="police-13", force="prison-mdi", actor=slow.person("police-13"))
    assert (await slow.refusal(own_answer)).code == "R04"
    assert (await slow.refusal(slow.cancel(exchange, prison="police-13", force="prison-mdi"))).code == "R04"
    astray = await slow.refusal(slow.answer(exchange, prison="prison-lei"))
    assert (astray.status, astray.where) == (422, "to")
    unknown_office = slow.envelope("police-13", "prison-mdi", Accepted(office="nowhere"), exchange=exchange)
    assert (await slow.refusal(unknown_office)).where == "office"
    await slow.send(slow.accepted(exchange))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.office) == ("with-police", "main")


async def test_more_is_asked_for_and_given(slow: Side) -> None:
    """`more-needed` is shown; the supplement takes the subject's place, and the police open the new one only."""
    request = slow.request()
    exchange, first = claims_of(request).exchange, claims_of(request).jti
    await slow.send(request)
    assert (await slow.refusal(slow.supplement(exchange))).status == 409
    await slow.send(slow.more_needed(exchange, "identifiers", "victim-details"))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.missing) == ("more-needed", ("identifiers", "victim-details"))
    supplement = slow.supplement(exchange)
    await slow.send(supplement)
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.missing) == ("with-police", ())
    assert [item.typ for item in await slow.inbox("police-13")][-1] == "rj.supplement.v1+jwt"
    old = await slow.refusal(slow.open("police-13", exchange, first, ("subject",)))
    assert (old.status, old.where) == (422, "of")
    opened = await slow.send(slow.open("police-13", exchange, claims_of(supplement).jti, ("subject",)))
    assert "1979/0163001B" in slow.unseal("police-13", opened)["subject"]


async def test_another_version_stops_everything_but_what_protects(slow: Side) -> None:
    """R05 for asking, a yes, opening and an outcome; a no, held elsewhere, recall and cancellation pass (12.3)."""
    other = {"agreement": _other(slow)}
    asked = [slow.request() for _ in range(4)]
    for request in asked:
        await slow.send(request)
    first, second, third, fourth = [claims_of(request).exchange for request in asked]
    answer = slow.answer(first)
    await slow.send(answer)
    yes = claims_of(answer).jti
    refused = (
        slow.request(**other),
        slow.answer(second, **other),
        slow.open("prison-mdi", first, yes, ("safe_times",), **other),
        slow.open("police-13", second, claims_of(asked[1]).jti, ("subject",), **other),
        slow.envelope("police-13", "prison-mdi", Accepted(office="main"), exchange=second, **other),
    )
    for message in refused:
        problem = await slow.refusal(message)
        assert (problem.status, problem.code, problem.clauses) == (403, "R05", ("12.1",))
    await slow.send(slow.answer(second, "cannot-proceed", "R19", **other))
    await slow.send(slow.answer(third, "held-elsewhere", "R15", held_by="police-14", **other))
    await slow.send(slow.cancel(fourth, **other))
    await slow.send(slow.envelope("police-13", "prison-mdi", Recall(of=yes), exchange=first, **other))


@pytest.mark.parametrize("missing", ["prison-mdi", "police-13"])
async def test_an_agency_that_has_not_signed_neither_asks_nor_is_asked(tmp_path: Path, missing: str) -> None:
    """Clause 1.4: without an accession of either agency, R05."""
    world = World(tmp_path)
    world.publish_directory(1, world.agencies[missing].entry(ORIGIN, int(time.time()), None))
    async with checked(world) as side:
        problem = await side.refusal(side.request())
        assert (problem.code, problem.clauses) == ("R05", ("12.1",))
        other = {"prison": "prison-lei"} if missing == "prison-mdi" else {"force": "police-14"}
        await side.send(side.request(**other))


async def test_only_a_party_orders_a_change_of_the_documents(slow: Side) -> None:
    """An amendment by anybody else is R04; by a party it is a line of the log."""
    body = Amendment(version=2, sha256="A" * 43)
    assert (await slow.refusal(slow.envelope("prison-mdi", "gateway", body))).code == "R04"
    assert (await slow.refusal(slow.envelope("party-noms", "party-acpo", body))).where == "to"
    await slow.send(slow.envelope("party-noms", "gateway", body, actor=slow.system("party-noms")))
