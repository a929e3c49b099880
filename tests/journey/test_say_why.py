"""No inspector looks without a trace: what its searches in the log do not cover is closed to it as to anybody."""

import asyncio
import time

import msgspec
import pytest

from contracts.messages.contact_answer import Exact
from contracts.reply import ExchangeView, Problem
from contracts.tlog_proof import TlogProof
from gateway.api.app import PROOF_SECONDS
from keys.receipts import check
from tests.journey.simulated import Side, claims_of, uuid7
from tests.journey.test_proofs import proof, shared_exchange

INSPECTOR = "inspectorate-hmip"
OTHER = "party-noms"
"""An agency that inspects too, where a test makes it so."""


async def searched(side: Side, **terms: object) -> str:
    """The id of a search by the inspector that is on record."""
    search = side.search(**terms)  # type: ignore[arg-type]
    await side.send(search)
    return claims_of(search).jti


async def look(side: Side, path: str, search: str | None = None) -> tuple[int, bytes]:
    return await side.read(INSPECTOR, path + ("" if search is None else f"?search={search}"))


async def opens(side: Side, index: int, search: str) -> bool:
    """Whether the line opens whole under this search; otherwise it is refused, in plain words."""
    status, body = await look(side, f"/v1/proofs/{index}", search)
    if status == 403:
        problem = msgspec.json.decode(body, type=Problem)
        assert problem.type == "urn:rj:problem:not-permitted"
        assert "An inspector's look is a line of the log." in problem.detail
        return False
    assert status == 200
    found = check(body.decode(), side.world.vkey)
    assert found.shared is not None
    assert found.exact is not None
    return True


async def one_of(side: Side) -> tuple[str, list[int]]:
    """An exchange that ended in a no, with its lines."""
    request = side.request()
    exchange = claims_of(request).exchange
    said = (request, side.answer(exchange, "cannot-proceed", "R19"))
    return exchange, [side.check(await side.send(each)).leaf for each in said]


async def carried(side: Side, index: int, reader: str | None) -> bytes | None:
    status, text = await proof(side, index, reader)
    assert status == 200
    return TlogProof.parse(text).extra


async def test_without_a_search_an_inspector_is_a_stranger_to_the_lines_of_others(slow: Side) -> None:
    """Whoever tries every index gets the bytes that anybody gets, and its own lines whole."""
    await shared_exchange(slow)
    own = slow.check(await slow.send(slow.search())).leaf
    for index in range((await slow.checkpoint()).size):
        same = await carried(slow, index, INSPECTOR) == await carried(slow, index, None)
        assert same == (index != own)
    found = check((await proof(slow, own, INSPECTOR))[1], slow.world.vkey)
    assert found.shared is not None
    assert found.exact is not None


async def test_a_search_about_an_exchange_opens_its_lines_and_no_others(slow: Side) -> None:
    """Both parts of each; the lines of another exchange, and those of none, are refused."""
    exchange, lines = await one_of(slow)
    other, others = await one_of(slow)
    search = await searched(slow, about=exchange)
    alone = (await slow.checkpoint()).size - 1
    assert [await opens(slow, index, search) for index in lines] == [True, True]
    assert [await opens(slow, index, search) for index in (*others, alone)] == [False] * 3
    assert not await opens(slow, lines[0], await searched(slow, about=other))
    for index in (0, 1):
        status, body = await look(slow, f"/v1/proofs/{index}", search)
        assert (status, check(body.decode(), slow.world.vkey).standing) == (200, "clear")


async def test_a_search_about_no_exchange_opens_what_it_searches_for(slow: Side) -> None:
    """By every member given: what does not fit is refused, and what came before `after` is."""
    exchange, (request, answer) = await one_of(slow)
    unfit = msgspec.structs.replace(slow.request(), exact=Exact(code="R19", salt="s" * 22))
    alone = slow.check(await slow.refusal(unfit)).leaf
    expected: dict[tuple[tuple[str, object], ...], list[bool]] = {
        (): [True, True, True],
        (("code", "R19"),): [False, True, False],
        (("agency", "police-13"),): [False, True, False],
        (("until", int(time.time()) - 600),): [False, False, False],
        (("after", request),): [False, True, True],
        (("about", exchange),): [True, True, False],
    }
    for terms, seen in expected.items():
        search = await searched(slow, **dict(terms))
        assert [await opens(slow, index, search) for index in (request, answer, alone)] == seen, terms


async def test_a_search_that_is_not_the_readers_or_does_not_stand_opens_nothing(
    slow: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another's, a refused one, another message of the exchange, no id, an old one: each is refused, lines and view."""
    exchange, lines = await one_of(slow)
    refused = slow.search(about=exchange, actor=slow.person(INSPECTOR, role="custodian"))
    of_others = slow.search("police-14", about=exchange)
    for each in (refused, of_others):
        await slow.refusal(each)
    good, elsewhere = await searched(slow, about=exchange), await searched(slow, about=uuid7())
    bad = ["", "x", exchange, uuid7(), claims_of(refused).jti, claims_of(of_others).jti, elsewhere]
    for search in bad:
        assert not await opens(slow, lines[1], search)
        assert (await look(slow, f"/v1/exchanges/{exchange}", search))[0] == 403
    assert (await look(slow, f"/v1/exchanges/{exchange}", await searched(slow)))[0] == 403
    assert await opens(slow, lines[1], good)
    monkeypatch.setattr("gateway.searched.SEARCH_LASTS", 1)
    await asyncio.sleep(1.1)
    assert not await opens(slow, lines[1], good)
    assert (await look(slow, f"/v1/exchanges/{exchange}", good))[0] == 403


async def test_another_inspectors_search_is_not_ones_own(slow: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two inspectorates: who looks is who has said why."""
    exchange, lines = await one_of(slow)
    search = await searched(slow, about=exchange)
    monkeypatch.setattr(
        "contracts.agreement.Agreement.inspects",
        lambda _, agency: agency is not None and agency.id in (INSPECTOR, OTHER),
    )
    for path in (f"/v1/proofs/{lines[1]}", f"/v1/exchanges/{exchange}", f"/v1/exchanges/{exchange}/evidence"):
        assert (await slow.read(INSPECTOR, f"{path}?search={search}"))[0] == 200
        assert (await slow.read(OTHER, f"{path}?search={search}"))[0] == 403


async def test_an_exchange_is_shown_to_an_inspector_who_has_said_why(slow: Side) -> None:
    """Without a search the exact code stays closed, in the same bytes whether there is such an exchange or not."""
    exchange, _ = await one_of(slow)
    never = uuid7()
    for tail in ("", "/evidence"):
        answers = {await look(slow, f"/v1/exchanges/{each}{tail}") for each in (exchange, never)}
        assert {status for status, _ in answers} == {403}
        assert len(answers) == 1
    status, body = await look(slow, f"/v1/exchanges/{exchange}", await searched(slow, about=exchange))
    assert status == 200
    assert msgspec.json.decode(body, type=ExchangeView).code == "R19"
    assert (await look(slow, f"/v1/exchanges/{never}", await searched(slow, about=never)))[0] == 404


async def test_to_everybody_else_a_search_changes_nothing(slow: Side) -> None:
    """An agency that names an inspector's search gets what it got before."""
    exchange, lines = await one_of(slow)
    search = await searched(slow, about=exchange)
    for reader in ("prison-mdi", "police-13", "prison-lei"):
        for path in (f"/v1/proofs/{lines[1]}", f"/v1/exchanges/{exchange}"):
            assert await slow.read(reader, path) == await slow.read(reader, f"{path}?search={search}")


async def test_the_reading_token_names_the_search(slow: Side) -> None:
    """A token for one look is no token for another."""
    exchange, lines = await one_of(slow)
    search = await searched(slow, about=exchange)
    for path in (f"/v1/proofs/{lines[1]}", f"/v1/exchanges/{exchange}"):
        assert (await slow.read(INSPECTOR, f"{path}?search={search}", htu=path))[0] == 401


async def test_a_refusal_takes_as_long_as_a_proof(slow: Side) -> None:
    """How long it took tells nothing of the line."""
    _, lines = await one_of(slow)
    began = time.monotonic()
    assert not await opens(slow, lines[0], uuid7())
    assert time.monotonic() - began >= PROOF_SECONDS
