"""Proofs for later, over real HTTP: any line in the newest tree, and of it what each reader has had before."""

import base64
import time
from typing import Any

import msgspec
import pytest

from contracts.checkpoint import Checkpoint, parse_note
from contracts.receipt import Carried, extra_of
from contracts.tlog_proof import TlogProof
from gateway.api.app import EVIDENCE_SECONDS, PROOF_SECONDS
from keys.receipts import Proven, check
from tests.journey.database import change, rows
from tests.journey.simulated import Side, claims_of

READERS = ("prison-mdi", "police-13", "prison-lei", "police-14", "vlu-13", "party-noms", "inspectorate-hmip")


async def proof(side: Side, index: int | str, reader: str | None = None, search: str | None = None) -> tuple[int, str]:
    """Status and text, as anybody, or as an agency under its reading token; an inspector names its search."""
    path = f"/v1/proofs/{index}" + (f"?search={search}" if search else "")
    if reader is not None:
        status, body = await side.read(reader, path)
        return status, body.decode()
    async with side.http.get(f"{side.world.address}{path}") as response:
        return response.status, await response.text()


async def proven(side: Side, index: int, reader: str | None = None, search: str | None = None) -> Proven:
    status, text = await proof(side, index, reader, search)
    assert status == 200
    found = check(text, side.world.vkey)
    assert found.index == index
    return found


async def inspected(side: Side, *lines: int) -> list[Proven]:
    """The lines as an inspector sees them, who has said why in a search of the whole log."""
    search = side.search(limit=1)
    await side.send(search)
    return [await proven(side, index, "inspectorate-hmip", claims_of(search).jti) for index in lines]


def shape(text: str) -> list[Any]:
    """What of a proof is not digests: lengths, names of members, number of lines."""
    given = TlogProof.parse(text)
    extra = msgspec.json.decode(given.extra or b"{}")
    return [sorted(extra), len(given.extra or b""), len(given.hashes), len(given.checkpoint)]


async def shared_exchange(side: Side) -> dict[str, int]:
    """A whole exchange; the index of each of its lines by what was said."""
    request = side.request()
    exchange = claims_of(request).exchange
    answer = side.answer(exchange)
    said = {
        "request": request,
        "answer": answer,
        "open": side.open("prison-mdi", exchange, claims_of(answer).jti, ("safe_times",)),
        "recall": side.recall(exchange, claims_of(answer).jti),
    }
    lines = {name: side.check(await side.send(message)).leaf for name, message in said.items()}
    refused = await side.refusal(side.accepted(exchange, prison="prison-mdi", force="police-14"))
    return lines | {"refused": side.decision(refused).leaf}


async def test_each_reader_sees_what_replies_and_inbox_gave_it_before(slow: Side) -> None:
    """The sender both parts, whoever a line was delivered to its `shared` part, nobody else any.

    An inspector who has said why sees both, and without that none.
    """
    lines = await shared_exchange(slow)
    both, one = {"shared", "exact"}, {"shared"}
    expected: dict[tuple[str, str], set[str]] = {
        ("request", "prison-mdi"): both,
        ("request", "police-13"): one,
        ("answer", "police-13"): both,
        ("answer", "prison-mdi"): one,
        ("open", "prison-mdi"): both,
        ("open", "police-13"): one,
        ("recall", "police-13"): both,
        ("recall", "prison-mdi"): one,
        ("refused", "police-14"): both,
    }
    for name, index in lines.items():
        for reader in READERS:
            found = await proven(slow, index, reader)
            seen = {part for part in ("shared", "exact") if getattr(found, part) is not None}
            assert seen == expected.get((name, reader), set()), f"{reader} sees {seen} of the {name}"
            assert found.standing == ("opened" if seen else "closed")
        (whole,) = await inspected(slow, index)
        assert whole.shared is not None
        assert whole.exact is not None
        assert (await proven(slow, index)).standing == "closed"


async def test_to_whom_a_line_does_not_belong_it_is_the_same_bytes(slow: Side) -> None:
    """An agency that tries every index gets what a stranger gets: the leaf, and that the rest is not theirs."""
    await shared_exchange(slow)
    size = (await slow.checkpoint()).size
    for index in range(2, size):
        strangers = {(await proof(slow, index, reader))[1] for reader in (None, "prison-lei", "vlu-13", "party-acpo")}
        assert len(strangers) == 1
    shapes = [shape((await proof(slow, index))[1])[:2] for index in range(2, size)]
    assert shapes == [shapes[0]] * len(shapes)


async def test_what_a_stranger_gets_is_made_of_the_public_leaf_alone(slow: Side) -> None:
    """Its record is not opened: the time that it takes would tell whether the line is erased, and with which others."""
    index = (await shared_exchange(slow))["request"]
    before = await proof(slow, index)
    ((kept,),) = rows(slow.world, "select record from leaf where i = ?", index)
    change(slow.world, "update leaf set record = ? where i = ?", bytes(100), index)
    assert (await proof(slow, index, "prison-mdi"))[0] == 503
    assert await proof(slow, index) == before
    change(slow.world, "update leaf set record = ? where i = ?", kept, index)


async def test_the_time_of_an_answer_tells_nothing_of_lines_that_are_not_the_readers(slow: Side) -> None:
    """A prison that asks for proof or evidence waits as long, whatever the police have said that it may not see."""
    request = slow.request()
    index = slow.check(await slow.send(request)).leaf
    exchange = claims_of(request).exchange
    for path, least in (
        (f"/v1/proofs/{index}", PROOF_SECONDS),
        (f"/v1/exchanges/{exchange}/evidence", EVIDENCE_SECONDS),
    ):
        began = time.monotonic()
        assert (await slow.read("prison-mdi", path))[0] == 200
        assert time.monotonic() - began >= least


async def test_a_line_in_clear_is_clear_to_everybody(slow: Side) -> None:
    """The agreement's and the directory's own lines."""
    for index in (0, 1):
        for reader in (None, "prison-mdi", "inspectorate-hmip"):
            assert (await proven(slow, index, reader)).standing == "clear"


async def test_proofs_are_in_the_newest_published_tree(slow: Side) -> None:
    """Under the very note that anybody fetches."""
    await shared_exchange(slow)
    head = await slow.checkpoint()
    for index in range(head.size):
        _, text = await proof(slow, index)
        given = TlogProof.parse(text)
        assert Checkpoint.parse(parse_note(given.checkpoint).text) == head
        slow.receipts.append(given)


@pytest.mark.parametrize(
    "index", ["2", "999999", "999999999999999", "99999999999999999999", "-1", "01", "x", "1.5", ""]
)
async def test_there_is_no_proof_of_what_is_not_there(slow: Side, index: str) -> None:
    """Beyond the tree, or no index at all: 404, with a token or without."""
    for reader in (None, "prison-mdi"):
        status, body = await proof(slow, index, reader)
        assert status == 404
        assert "c2sp.org" not in body


async def test_a_proof_is_text_and_kept_by_no_cache_where_it_is_somebodys(slow: Side) -> None:
    """C2SP's media type; `no-store` under a token; a token that is wrong is no stranger's, it is refused."""
    index = slow.check(await slow.send(slow.request())).leaf
    async with slow.http.get(f"{slow.world.address}/v1/proofs/{index}") as response:
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"
    path = f"/v1/proofs/{index}"
    assert (await slow.read("prison-mdi", path, htu="/v1/proofs/0"))[0] == 401
    headers = {"Authorization": "Bearer a.b.c"}
    async with slow.http.get(f"{slow.world.address}{path}", headers=headers) as response:
        assert response.status == 401


async def test_what_a_proof_carries_is_what_it_says(slow: Side) -> None:
    """`extra` is JSON of known members, base64; nothing else is in it."""
    index = slow.check(await slow.send(slow.request())).leaf
    _, text = await proof(slow, index)
    (line,) = [each for each in text.splitlines() if each.startswith("extra ")]
    extra = msgspec.json.decode(base64.b64decode(line.removeprefix("extra ")))
    assert set(extra) == {"leaf", "closed"}
    assert extra_of(TlogProof.parse(text)) == Carried(leaf=extra["leaf"], closed="not-yours")
