"""Erasure that keeps the proof: what was erased is in no file and no answer, and the line says under which rule."""

import asyncio
import base64
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.event import EventLeaf, parse_leaf
from contracts.messages.contact_answer import Exact
from contracts.tlog_proof import TlogProof
from keys.receipts import Erasure, check
from tests.journey.database import change, rows
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import FIELDS, Side, World, claims_of
from tests.journey.test_proofs import inspected, proof, proven

STRANGERS = (None, "prison-lei", "police-14", "vlu-13")
SPANS = {"answer": "3 seconds", "record": "2 seconds"}
pytestmark = pytest.mark.parametrize("spans", [SPANS])


def erased_by(side: Side) -> dict[int, int]:
    return dict(rows(side.world, "select i, erased_by from leaf where erased_by is not null"))


async def until_erased(side: Side, *lines: int) -> dict[int, int]:
    end = time.monotonic() + 12
    while not set(lines) <= (found := erased_by(side)).keys():
        assert time.monotonic() < end, f"only {sorted(found)} of {lines} are erased"
        await asyncio.sleep(0.1)
    return found


async def cancelled(side: Side) -> list[int]:
    """An exchange that is over, and its lines: request, answer, open, cancellation."""
    request = side.request()
    exchange = claims_of(request).exchange
    answer = side.answer(exchange)
    opened = side.open("prison-mdi", exchange, claims_of(answer).jti, ("safe_times",))
    said = (request, answer, opened, side.cancel(exchange))
    return [side.check(await side.send(message)).leaf for message in said]


async def test_an_erased_line_is_proven_with_the_rule_that_took_it(spanned: Side) -> None:
    """To inspectors who have said why, by the line that says so, in the same tree; to everybody else it is closed."""
    lines = await cancelled(spanned)
    by = (await until_erased(spanned, *lines))[lines[0]]
    for index in lines:
        (found,) = await inspected(spanned, index)
        assert (found.standing, found.erasure, found.shared) == ("erased", Erasure(rule="11.8", by=by), None)
        for reader in (None, "prison-mdi", "police-13", "inspectorate-hmip"):
            assert (await proven(spanned, index, reader)).standing == "closed"
    (erasing,) = await inspected(spanned, by)
    assert erasing.exact is not None
    assert set(lines) < set(erasing.exact.lines)
    assert (erasing.exact.rule, erasing.exact.purpose, erasing.exact.state) == ("11.8", None, None)


async def test_a_receipt_from_before_still_proves_its_line_after(spanned: Side) -> None:
    """Whoever kept their receipt can show it: what opens it is theirs."""
    lines = await cancelled(spanned)
    await until_erased(spanned, *lines)
    for kept in spanned.receipts:
        assert check(kept.encode(), spanned.world.vkey).standing == "opened"


async def test_lines_of_no_exchange_are_erased_too(spanned: Side) -> None:
    """A search, a message about nothing, an unfit one: each names who acted."""
    stranger = spanned.accepted(claims_of(spanned.request()).exchange, force="police-14")
    unfit = msgspec.structs.replace(spanned.request(), exact=Exact(code="R19", salt="s" * 22))
    lines = [spanned.check(await spanned.send(spanned.search())).leaf]
    lines += [spanned.check(await spanned.refusal(each)).leaf for each in (stranger, unfit)]
    found = await until_erased(spanned, *lines)
    for index in lines:
        (seen,) = await inspected(spanned, index)
        assert seen.erasure == Erasure(rule="11.8", by=found[index])
    assert not set(found.values()) & set(found), "an erasure was erased: nobody could tell what it took any more"


class Facts:
    """Everything of an exchange that nobody must find again: values, tokens, openings, salts, codes, who and what."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.needles: dict[str, bytes] = {}
        self.lines: list[int] = []

    async def live(self) -> str:
        """A release, a recall of it, and a no; every fact is noted."""
        side = self.side
        request, refused = side.request(), side.request()
        exchange = claims_of(request).exchange
        answer = side.answer(exchange, values=dict.fromkeys(FIELDS["conference"], "07700 900461"))
        opened = side.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",))
        no = side.answer(claims_of(refused).exchange, "cannot-proceed", "R19")
        for message in (request, answer, opened, side.recall(exchange, claims_of(answer).jti), refused, no):
            reply = await side.send(message)
            self.lines.append(side.check(reply).leaf)
            self.needles[f"token {len(self.lines)}"] = message.token.split(".")[1].encode()
            for name, value in message.sealed.items():
                self.needles[f"sealed {name} {len(self.lines)}"] = base64.urlsafe_b64decode(value + "==")[1200:1240]
            for handed in reply.handed_over.values.values() if reply.handed_over else ():
                self.needles[f"handed over {len(self.lines)}"] = base64.urlsafe_b64decode(handed + "==")[1200:1240]
        for given in side.receipts:
            extra = check(given.encode(), side.world.vkey)
            assert extra.shared is not None
            carried = TlogProof.parse(given.encode()).extra or b""
            self._openings(given.index, carried)
        return exchange

    def _openings(self, index: int, extra: bytes) -> None:
        for name, text in msgspec.json.decode(extra).items():
            if name != "leaf":
                self.needles[f"{name} of {index}"] = base64.urlsafe_b64decode(text + "==")

    def found(self, *files: bytes) -> list[str]:
        """Which of them are there, as they are, in base64 of both kinds, or in hexadecimal."""
        seen = []
        for name, needle in self.needles.items():
            url_safe = base64.urlsafe_b64encode(needle).rstrip(b"=")
            ways = (needle, url_safe, base64.b64encode(needle).rstrip(b"="), needle.hex().encode())
            if any(way in file for way in ways for file in files):
                seen.append(name)
        return seen


WHO = (b"prison-mdi", b"police-13", b'"R19"', b"contact-answer", b"contact_channel", b"conference", b"cannot-proceed")
"""Who asked whom, for what, and with what end: nowhere in clear, erased or not. The directory names every agency.

The code with its quotes, as in any JSON: without them, chance writes it into base64 now and then.
"""


def files_of(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


async def test_nothing_erased_or_secret_is_in_any_file(spanned: Side, tmp_path: Path) -> None:
    """Not in the database, nor in the WAL while the gateway runs; and never who asked whom, not even before."""
    facts = Facts(spanned)
    data = spanned.world.folder / "data"
    await facts.live()
    before = files_of(data)
    assert facts.found(*before) == []
    assert [name for name in WHO if any(name in each for each in before)] == []
    await until_erased(spanned, *facts.lines)
    assert facts.found(*files_of(data)) == []
    assert [name for name in WHO if any(name in each for each in files_of(data))] == []


@pytest.mark.sqlite
async def test_a_backup_from_before_opens_nothing_with_the_keys_from_after(spanned: Side, tmp_path: Path) -> None:
    """Every record, state and sealed value in it is tried with every key that is left."""
    facts = Facts(spanned)
    data, backup = spanned.world.folder / "data", tmp_path / "backup"
    exchange = await facts.live()
    backup.mkdir()
    for path in data.glob("gateway.db*"):
        shutil.copy(path, backup)
    slots = data / "keystore" / "slots.bin"
    assert opened(backup, slots, exchange) > 0, "the control: while the keys are there, it opens"
    await until_erased(spanned, *facts.lines)
    assert opened(backup, slots, exchange) == 0
    assert facts.found(*files_of(backup)) == []


def opened(backup: Path, slots: Path, exchange: str) -> int:
    """How many of the rows of one exchange in a copy of the database these keys open."""
    keys = slots.read_bytes()
    database = apsw.Connection(str(backup / "gateway.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = database.execute("select slot, record, i from leaf where exchange = ?", (exchange,)).fetchall()
    tried = [(slot, wrapped, b"rj-record-v1\0%d" % i) for slot, wrapped, i in rows]
    states = database.execute("select slot, state from exchange where id = ?", (exchange,)).fetchall()
    tried += [(slot, wrapped, b"rj-exchange-v1\0" + exchange.encode()) for slot, wrapped in states]
    database.close()
    assert tried
    count = 0
    for slot, wrapped, place in tried:
        for half in (0, 32):
            try:
                AESGCM(keys[slot * 64 + half : slot * 64 + half + 32]).decrypt(wrapped[:12], wrapped[12:], place)
                count += 1
            except InvalidTag:
                continue
    return count


async def test_nothing_erased_or_secret_is_in_any_answer_to_a_stranger(spanned: Side) -> None:
    """Every address, without a token and as another prison and another force: no value, opening, code or party."""
    facts = Facts(spanned)
    exchange = await facts.live()
    for stage in ("before", "after"):
        answers = [body for reader in STRANGERS async for body in crawl(spanned, exchange, reader)]
        assert len(answers) > 60, stage
        assert facts.found(*answers) == [], stage
        assert [name for name in WHO if any(name in each for each in answers)] == [], stage
        await until_erased(spanned, *facts.lines)


async def crawl(side: Side, exchange: str, reader: str | None) -> AsyncIterator[bytes]:
    """The body of every address that the gateway has, but for the signed documents, which are public and name all."""
    size = (await side.checkpoint()).size
    paths = [f"/v1/proofs/{index}" for index in range(2, size)]
    paths += ["/v1/inbox?after=-1", f"/v1/exchanges/{exchange}", f"/v1/messages/{exchange}", "/checkpoint"]
    paths += ["/health/live", "/health/ready", "/v1/proofs/", "/metrics", "/"]
    for path in paths:
        if reader is None:
            async with side.http.get(f"{side.world.address}{path}") as response:
                yield await response.read()
        else:
            yield (await side.read(reader, path))[1]


async def test_the_checker_sees_an_erasure_that_is_not_what_it_says(tmp_path: Path, spans: dict[str, str]) -> None:
    """A line emptied without an erasing line, or with another's, or with its record left: each fails the check."""
    async with World(tmp_path, spans).gateway() as side:
        lines = await cancelled(side)
        kept = side.check(await side.send(side.request())).leaf
        by = (await until_erased(side, *lines))[lines[0]]
    check_ledger(side)
    for wrong in ("null", kept):
        change(side.world, f"update leaf set erased_by = {wrong} where i = {lines[0]}")
        with pytest.raises(AssertionError):
            check_ledger(side)
        change(side.world, f"update leaf set erased_by = {by} where i = {lines[0]}")
    check_ledger(side)
    change(side.world, f"update leaf set record = null, slot = null, erased_by = {by} where i = {kept}")
    with pytest.raises(AssertionError):
        check_ledger(side)


async def test_every_line_is_two_commitments_and_nothing_else(spanned: Side) -> None:
    """Erased or not, permitted or refused: the public leaf never changes."""
    facts = Facts(spanned)
    await facts.live()
    _, first = await proof(spanned, facts.lines[0])
    await until_erased(spanned, *facts.lines)
    _, after = await proof(spanned, facts.lines[0])
    before, now = (check(text, spanned.world.vkey).leaf for text in (first, after))
    assert before == now
    assert isinstance(parse_leaf(now), EventLeaf)
