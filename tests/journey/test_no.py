"""A victim's "no" over real HTTP: whatever the requester can read is alike for every code, and for a silence."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import pytest

from contracts.reply import Problem
from keys import tokens
from tests.journey.simulated import Side, claims_of

Ending = Callable[[Side, str], Awaitable[None]]


async def _silence(side: Side, exchange: str) -> None:
    """The force never answers."""


def _no(code: str) -> Ending:
    async def answer(side: Side, exchange: str) -> None:
        await side.send(side.answer(exchange, "cannot-proceed", code))

    return answer


def _no_with_values(side: Side, exchange: str) -> Awaitable[object]:
    values = {"home_address": "14 Acacia Avenue"}
    return side.send(side.answer(exchange, "cannot-proceed", "R19", values=values))


async def _overgenerous(side: Side, exchange: str) -> None:
    await _no_with_values(side, exchange)


async def _corrected(side: Side, exchange: str) -> None:
    first = side.answer(exchange, "cannot-proceed", "R14")
    await side.send(first)
    await side.send(side.answer(exchange, "cannot-proceed", "R06", supersedes=claims_of(first).jti))


async def _read_first(side: Side, exchange: str) -> None:
    held = await side.view("police-13", exchange)
    assert held is not None
    (request,) = [item for item in await side.inbox("police-13") if item.exchange == exchange and "request" in item.typ]
    jti = msgspec.json.decode(tokens.parse(request.token).claims)["jti"]
    await side.send(side.open("police-13", exchange, jti, ("subject",)))
    await side.send(side.answer(exchange, "cannot-proceed", "R07"))


async def _declined(side: Side, exchange: str) -> None:
    await side.send(side.sensitive(exchange, "stalking"))
    await side.send(side.review(exchange, "decline"))


async def _in_review(side: Side, exchange: str) -> None:
    await side.send(side.sensitive(exchange, "hate"))


ENDINGS: Mapping[str, Ending] = {
    "silence": _silence,
    "R19": _no("R19"),
    "R20": _no("R20"),
    "R06": _no("R06"),
    "R12": _no("R12"),
    "R08 by review": _declined,
    "in review": _in_review,
    "read, then R07": _read_first,
    "a no with an address": _overgenerous,
    "a no corrected by a no": _corrected,
}

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_VARIES = re.compile(r'"(index|leaf|next|shared|salt|at|asked_at|answer_by|open_until|jti)":("[^"]*"|-?\d+)')
_RECEIPT = re.compile(r'"(receipt|decision)":"[^"]*"')


def _plain(body: bytes | str) -> str:
    """What is read, without ids, instants, places in the log, and what is computed from them."""
    text = body.decode() if isinstance(body, bytes) else body
    return _VARIES.sub(r'"\1":0', _ID.sub("ID", _RECEIPT.sub(r'"\1":""', text)))


def _word(side: Side, reply_text: str) -> str:
    return _plain(tokens.verify(tokens.parse(reply_text), side.world.log_public))


async def _read(side: Side, exchange: str, own: list[str]) -> tuple[str, ...]:
    """Everything that the requester can read about one exchange now."""
    seen = []
    for path in [f"/v1/exchanges/{exchange}", *(f"/v1/messages/{jti}" for jti in own)]:
        status, body = await side.read("prison-mdi", path)
        seen.append(f"{status} {_plain(body)}")
    for item in await side.inbox("prison-mdi"):
        if item.exchange == exchange:
            word = _plain(tokens.parse(item.token).claims)
            seen.append(f"{item.typ} {item.withheld} {word if 'notice' in item.typ else ''}")
    return tuple(seen)


async def _try(side: Side, exchange: str) -> tuple[str, ...]:
    """What the gateway says to whatever the requester may try; nothing of it changes the exchange."""
    answers = []
    for message in (
        side.outcome(exchange, final=True),
        side.open("prison-mdi", exchange, exchange, ("contact_channel",)),
        side.acknowledge(exchange, exchange),
        side.accepted(exchange),
        side.request(exchange=exchange),
    ):
        if claims_of(message).iss == "prison-mdi":
            problem: Problem = await side.refusal(message)
            answers.append(_plain(f"{problem.status} {problem.code} {problem.clauses} {problem.detail}"))
            answers.append(_word(side, problem.decision or ""))
    return tuple(answers)


async def _begin(side: Side) -> tuple[str, list[str]]:
    """An exchange that an office deals with, and that asks for more: the same for every ending."""
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    await side.send(side.accepted(exchange))
    await side.send(side.more_needed(exchange))
    return exchange, [claims_of(request).jti]


async def _supplement(side: Side, exchange: str) -> str:
    message = side.supplement(exchange)
    reply = await side.send(message)
    assert side.decision(reply).state == "with-police"
    return claims_of(message).jti


def _all_alike(readings: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    for name, reading in readings.items():
        assert reading == readings["silence"], f"{name} and a silence can be told apart"
    return readings["silence"]


@pytest.mark.parametrize("spans", [{"answer": "5 seconds", "accept": "1 second"}])
async def test_every_no_is_alike_before_the_window_ends_at_its_end_and_after(spanned: Side) -> None:
    """Views, inbox, decisions, refusals: alike but for ids and instants; and the notice comes at one instant."""
    side = spanned
    begun = {name: await _begin(side) for name in ENDINGS}
    for name, ending in ENDINGS.items():
        await ending(side, begun[name][0])
    for exchange, own in begun.values():
        own.append(await _supplement(side, exchange))
    during = {name: await _read(side, exchange, own) for name, (exchange, own) in begun.items()}
    tried = {name: await _try(side, exchange) for name, (exchange, _) in begun.items()}
    assert '"state":"with-police"' in _all_alike(during)[0]
    _all_alike(tried)
    for exchange, _ in begun.values():
        await side.until("prison-mdi", exchange, "cannot-proceed")
    after = {name: await _read(side, exchange, own) for name, (exchange, own) in begun.items()}
    tried = {name: await _try(side, exchange) for name, (exchange, _) in begun.items()}
    alike = _all_alike(after)
    assert '"state":"cannot-proceed"' in alike[0]
    assert '"clauses":["9.4"]' in alike[0]
    _all_alike(tried)
    await _check_instants(side)
    exact = {name: await side.inspect(exchange) for name, (exchange, _) in begun.items()}
    codes = {name: (seen.state, seen.code) for name, seen in exact.items() if seen}
    assert codes["silence"] == ("expired", None)
    assert codes["R19"] == ("cannot-proceed", "R19")
    assert codes["R08 by review"] == ("cannot-proceed", "R08")
    assert codes["a no corrected by a no"] == ("cannot-proceed", "R06")


async def _check_instants(side: Side) -> None:
    """Each is told at the end of its own window, to the second."""
    told = [notice for notice in await side.notices("prison-mdi") if notice.notice == "cannot-proceed"]
    assert len(told) == len(ENDINGS)
    for notice in told:
        seen = await side.view("prison-mdi", notice.exchange)
        assert seen is not None
        assert 0 <= notice.at - seen.answer_by <= 1


async def test_cancelled_exchanges_are_alike_too(slow: Side) -> None:
    """A request that its prison takes back shows nothing of a no that was given, and the no cannot be recalled."""
    begun = {name: await _begin(slow) for name in ENDINGS}
    for name, ending in ENDINGS.items():
        await ending(slow, begun[name][0])
    for exchange, own in begun.values():
        message = slow.cancel(exchange)
        await slow.send(message)
        own.append(claims_of(message).jti)
    alike = _all_alike({name: await _read(slow, exchange, own) for name, (exchange, own) in begun.items()})
    assert '"state":"cancelled"' in alike[0]
    held = await slow.view("police-13", begun["R19"][0])
    assert held is not None
    problem = await slow.refusal(slow.recall(held.exchange, held.answer or ""))
    assert (problem.status, problem.type) == (409, "urn:rj:problem:wrong-state")


async def test_asking_again_runs_the_same_window_and_tells_no_more(side: Side) -> None:
    """A second request after a no ends in the same words at the end of its own window."""
    first = side.request()
    await side.send(first)
    await side.send(side.answer(claims_of(first).exchange, "cannot-proceed", "R19"))
    await side.until("prison-mdi", claims_of(first).exchange, "cannot-proceed")
    again = side.request(follows={"exchange": claims_of(first).exchange, "why": "asked-again"})
    await side.send(again)
    await side.send(side.answer(claims_of(again).exchange, "cannot-proceed", "R06"))
    seen = await side.view("prison-mdi", claims_of(again).exchange)
    assert seen is not None
    assert (seen.state, seen.follows) == ("with-police", claims_of(first).exchange)
    ended = await side.until("prison-mdi", claims_of(again).exchange, "cannot-proceed")
    assert ended.answer_by - ended.asked_at == 2
    assert (ended.code, ended.clauses) == (None, ("9.4",))


async def test_a_yes_after_a_no_is_a_yes_like_any_other(slow: Side) -> None:
    """What the requester reads does not tell that there was a no before: not in the view, the inbox or the token."""
    readings = {}
    for name, first in (("yes", None), ("no, then yes", slow.answer)):
        request = slow.request()
        exchange = claims_of(request).exchange
        await slow.send(request)
        earlier = None
        if first:
            no = first(exchange, "cannot-proceed", "R19")
            await slow.send(no)
            earlier = claims_of(no).jti
        await slow.send(slow.answer(exchange, supersedes=earlier))
        (item,) = [each for each in await slow.inbox("prison-mdi") if each.exchange == exchange]
        body = msgspec.json.decode(tokens.parse(item.token).claims)["body"]
        assert earlier is None or earlier not in str(body)
        readings[name] = (*await _read(slow, exchange, [claims_of(request).jti]), sorted(body))
    assert readings["yes"] == readings["no, then yes"]


async def test_a_late_answer_is_refused(side: Side) -> None:
    """After the window neither a yes nor a no is heard; the police are told so, and nothing is kept."""
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    await side.until("police-13", exchange, "cannot-proceed")
    for late in (side.answer(exchange), side.answer(exchange, "cannot-proceed", "R19"), side.accepted(exchange)):
        problem = await side.refusal(late)
        assert (problem.status, problem.type) == (409, "urn:rj:problem:wrong-state")
    seen = await side.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.shared == ()


async def test_windows_end_exactly_even_before_the_sweep(unswept: Side) -> None:
    """Where nothing sweeps, a late answer is refused all the same, and so is opening after the yes has ended."""
    side = unswept
    shared, late = side.request(), side.request()
    for request in (shared, late):
        await side.send(request)
    exchange = claims_of(shared).exchange
    answer = side.answer(exchange, consent=side.consent(valid_until=int(time.time()) + 2))
    await side.send(answer)
    opened = side.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",))
    await side.send(opened)
    await asyncio.sleep(2.1)
    problem = await side.refusal(side.answer(claims_of(late).exchange))
    assert (problem.status, problem.type) == (409, "urn:rj:problem:wrong-state")
    again = side.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",))
    problem = await side.refusal(again)
    assert (problem.status, problem.clauses) == (409, ("8.5",))
    corrected = side.answer(exchange, supersedes=claims_of(answer).jti)
    assert (await side.refusal(corrected)).status == 409
    seen = await side.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.state == "details-shared"
