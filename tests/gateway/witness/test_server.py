"""A witness over real HTTP: what a log and a monitor get, what is refused at the edge, and a process of its own."""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientSession
from cryptography.hazmat.backends.openssl.backend import backend
from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, format_note, parse_note
from contracts.tlog_witness import REQUEST_BYTES_MAX
from gateway.config import load_witness
from gateway.errors import CannotStart, StoreUnavailable
from gateway.witness import server
from gateway.witness.memory import Memory
from gateway.witness.serve import serving
from keys.mldsa44 import mldsa44_private
from keys.notes import Cosigner, Kind, VerifierKey, cosignature_time, verified_keys
from tests.gateway.cli.commands import done, rj
from tests.gateway.witness.a_log import ALog
from tests.gateway.witness.running import AWitness
from tests.journey.forging import raw_http


@pytest.fixture
def log() -> ALog:
    return ALog(9)


@pytest.fixture
def witness(tmp_path: Path, log: ALog) -> AWitness:
    return AWitness("police", tmp_path / "police", [log])


@pytest.fixture
async def http(witness: AWitness) -> AsyncIterator[ClientSession]:
    async with witness.running(), ClientSession(witness.url) as session:
        yield session


async def post(http: ClientSession, body: bytes, **headers: str) -> tuple[int, str, str]:
    async with http.post("/add-checkpoint", data=body, headers=headers) as answer:
        return answer.status, await answer.text(), answer.headers["Content-Type"]


async def test_a_log_gets_its_cosignature(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """200 and signature lines, in UTF-8."""
    status, line, media = await post(http, log.request(0))
    assert (status, media) == (200, "text/plain; charset=utf-8")
    assert verified_keys(parse_note(log.note() + line), [witness.vkey]) == (witness.vkey,)


async def test_both_keys_of_a_witness_cosign(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """Two lines of one time, the Ed25519 one first; whoever knows one key only is served as well."""
    _, lines, _ = await post(http, log.request(0))
    note = parse_note(log.note() + lines)
    both = (witness.vkey, witness.mldsa44)
    assert [key.kind for key in both] == [Kind.COSIGNATURE, Kind.MLDSA44_COSIGNATURE]
    assert verified_keys(note, both) == both
    assert [verified_keys(note, [key]) for key in both] == [(key,) for key in both]
    assert len({cosignature_time(line) for line in note.signatures[-2:]}) == 1


async def test_extension_lines_are_cosigned_by_ed25519_alone(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """An ML-DSA-44 cosignature would say nothing of them."""
    body = log.body(0, (), log.note(replace(log.tree(), extensions=("more",))))
    status, lines, _ = await post(http, body)
    assert (status, lines.count("\n")) == (200, 1)
    note = parse_note(log.note(replace(log.tree(), extensions=("more",))) + lines)
    assert verified_keys(note, [witness.vkey, witness.mldsa44]) == (witness.vkey,)


async def test_a_log_that_signs_by_ml_dsa_44_is_cosigned(http: ClientSession, tmp_path: Path, log: ALog) -> None:
    """As tlog-checkpoint advises logs: its own signature is of time nought, which stands for no time."""
    signer = Cosigner(name="example.com/mldsa-log", key=mldsa44_private(bytes(range(32))))
    theirs = signer.vkey
    text = Checkpoint(origin=theirs.name, size=1, root=bytes(32)).encode()
    note = format_note(text, signer.cosign(text, 0))
    other = AWitness("prison", tmp_path / "prison", [log])
    (other.folder / "logs.vkeys").write_text(f"{theirs.encode()}\n")
    async with other.running(), ClientSession(other.url) as asking:
        status, lines, _ = await post(asking, b"old 0\n\n" + note.encode())
        assert status == 200
        keys = (theirs, other.vkey, other.mldsa44)
        assert verified_keys(parse_note(note + lines), keys) == keys
        assert (await post(asking, b"old 1\n\n" + note.replace("\n1\n", "\n2\n", 1).encode()))[0] == 403


async def test_without_ml_dsa_in_the_system_a_witness_goes_on_by_ed25519(
    witness: AWitness, log: ALog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so in its log; and a new witness there has one key, and is told why."""
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda self: False)
    async with witness.running() as served, ClientSession(witness.url) as http:
        status, lines, _ = await post(http, log.request(0))
        assert served.vkeys == (witness.vkey.encode(),)
        assert (status, lines.count("\n")) == (200, 1)
        assert verified_keys(parse_note(log.note() + lines), [witness.vkey]) == (witness.vkey,)
    made = rj("keys", "new-witness", tmp_path / "new", "--name", "police.test/witness")
    assert len(done(made).splitlines()) == 1
    assert "has no ML-DSA-44" in made.stderr


async def test_another_size_is_told_in_its_own_media_type(http: ClientSession, log: ALog) -> None:
    """409, a line of digits, `text/x.tlog.size` and nothing more."""
    assert await post(http, log.request(4)) == (409, "0\n", "text/x.tlog.size")


@pytest.mark.parametrize(("body", "status"), [(b"old 1\n", 400), (b"x" * (REQUEST_BYTES_MAX + 1), 413)])
async def test_bad_bodies_are_refused_in_plain_words(http: ClientSession, body: bytes, status: int) -> None:
    """Without a word of what was sent."""
    answered, text, _ = await post(http, body)
    assert answered == status
    assert text.endswith(".\n")
    assert "xxx" not in text


async def test_a_compressed_body_is_not_opened(http: ClientSession) -> None:
    """A small one could become a large one."""
    assert (await post(http, b"x", **{"Content-Encoding": "gzip"}))[0] == 415


async def test_a_body_that_does_not_come_is_not_waited_for(
    http: ClientSession, witness: AWitness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 at the deadline."""
    monkeypatch.setattr(server, "BODY_SECONDS", 0.2)
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nold"
    assert b" 408 " in await raw_http(witness.url, head, wait=1.5)


async def test_other_addresses_and_methods_are_refused(http: ClientSession) -> None:
    """404 and 405, and no name of a library."""
    async with http.get("/") as answer:
        assert (answer.status, answer.headers["Server"]) == (404, "rj")
    async with http.get("/add-checkpoint") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_connections_are_kept(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """Two requests, one connection: a log asks every second."""
    request = b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
    assert (await raw_http(witness.url, request * 2, wait=1.5)).count(b" 200 OK") == 2


async def test_a_monitor_reads_what_was_cosigned(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """404 before the first; then the newest, with the log's signature and the witness's."""
    path = f"/{sha256(log.origin.encode()).hexdigest()}/checkpoint"
    async with http.get(path) as answer:
        assert answer.status == 404
    await post(http, log.request(0, 5))
    await post(http, log.request(5))
    await post(http, log.fork(7, 2).request(9))
    async with http.get(path) as answer:
        note = parse_note(await answer.read())
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert note.text == log.tree().encode()
    every = (log.signers[0].vkey, witness.vkey, witness.mldsa44)
    assert verified_keys(note, every) == every


async def test_a_memory_that_cannot_be_written_is_503(
    http: ClientSession, log: ALog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is cosigned that is not kept; when it can be written again, all goes on."""

    def full(*_: object) -> None:
        raise StoreUnavailable("The database cannot answer now.")

    with monkeypatch.context() as broken:
        broken.setattr(Memory, "settle", full)
        broken.setattr(Memory, "held", full)
        assert (await post(http, log.request(0)))[0] == 503
        async with http.get("/health/ready") as answer:
            assert answer.status == 503
    assert (await post(http, log.request(0)))[0] == 200


async def test_many_at_once_get_an_answer_each(http: ClientSession, log: ALog) -> None:
    """Of all the trees from nothing, one is cosigned first; the others hear its size."""
    answers = await asyncio.gather(*(post(http, log.request(0, size)) for size in range(1, 10)))
    assert sorted(status for status, *_ in answers) == [200, *[409] * 8]


# Starting


async def test_a_start_that_cannot_work_says_what_to_change(witness: AWitness) -> None:
    """Keys, files, folder and port, each by name."""
    files = {
        "logs.vkeys": (b"", "no key in it"),
        "key/unlock.key": (b"x\n", "unlock key"),
        "data": (b"", "cannot be used"),
    }
    for name, (content, told) in files.items():
        path = witness.folder / name
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(content)
        with pytest.raises(CannotStart, match=told):
            async with witness.running():
                pass
        path.unlink() if before is None else path.write_bytes(before)
    (witness.folder / "logs.vkeys").write_text(f"{witness.vkey.encode()}\n{witness.mldsa44.encode()}\n")
    with pytest.raises(CannotStart, match="key of a witness"):
        async with witness.running():
            pass


async def test_a_port_in_use_is_told(witness: AWitness, log: ALog, tmp_path: Path) -> None:
    """Before the memory is touched."""
    other = AWitness("prison", tmp_path / "prison", [log])
    async with witness.running():
        other.url = witness.url
        with pytest.raises(CannotStart, match="another program has it"):
            async with other.running():
                pass
    assert not (other.folder / "data").exists()


async def test_a_witness_that_has_lost_its_memory_does_not_start(witness: AWitness) -> None:
    """It would cosign a fork of what it has cosigned; and one that has a memory is not new."""
    async with witness.running():
        pass
    with pytest.raises(CannotStart, match="without --new"):
        async with serving(load_witness(witness.settings, {}), new=True):
            pass
    witness.memory.unlink()
    with pytest.raises(CannotStart, match="must not be used again"):
        async with serving(load_witness(witness.settings, {})):
            pass


def test_keys_of_a_witness_are_never_written_over(tmp_path: Path) -> None:
    """Its verifier keys are printed, the Ed25519 one first, and lie beside the vault."""
    printed = done(rj("keys", "new-witness", tmp_path, "--name", "police.test/witness"))
    assert [VerifierKey.parse(vkey).kind for vkey in printed.splitlines()] == [4, 6]
    assert (tmp_path / "witness.vkey").read_text() == printed
    assert rj("keys", "new-witness", tmp_path, "--name", "police.test/witness").exit_code == 3
    assert (tmp_path / "witness.vkey").read_text() == printed
    told = json.loads(done(rj("keys", "new-witness", tmp_path / "other", "--name", "police.test/w", "--json")))
    assert told["vkeys"] == (tmp_path / "other" / "witness.vkey").read_text().splitlines()
    assert told["vkey"] == told["vkeys"][0]
    listed = json.loads(done(rj("keys", "list", tmp_path, "--json")))
    assert [each["for"] for each in listed] == ["signing", "cosigning"]


async def test_a_process_of_its_own_starts_cosigns_is_killed_and_goes_on(witness: AWitness, log: ALog) -> None:
    """`rj witness`: it says where it answers and its key, survives kill -9 with its memory, and stops at SIGTERM."""
    for kill, old, words in ((True, 0, ["--new"]), (False, 9, [])):
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.cli", "witness", str(witness.settings), "--json", *words, stdout=PIPE
        )
        assert process.stdout is not None
        try:
            ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
            assert ready["vkey"] == witness.vkey.encode()
            assert ready["vkeys"] == [witness.vkey.encode(), witness.mldsa44.encode()]
            assert time.monotonic() - began < 10
            async with ClientSession(ready["address"]) as http:
                assert (await post(http, log.request(old)))[0] == 200
        finally:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 10) == (-signal.SIGKILL if kill else 0)


async def test_an_operator_reads_the_evidence(http: ClientSession, witness: AWitness, log: ALog) -> None:
    """While the witness runs: both notes, in words and for programs; 1 where there is any."""
    run = partial(asyncio.to_thread, rj, "witness", witness.settings, "--evidence")
    await post(http, log.request(0))
    assert "Nothing speaks against" in done(await run())
    fork = log.fork(7, 2)
    await post(http, fork.request(9))
    shown = await run()
    assert shown.exit_code == 1
    assert "two trees of one size" in shown.stdout
    assert all(note in shown.stdout for note in (fork.note(), log.note()))
    (found,) = json.loads((await run("--json")).stdout)
    assert (found["cause"], found["note"]) == ("two-roots", fork.note())


async def test_a_client_that_goes_away_undoes_nothing(http: ClientSession, log: ALog) -> None:
    """What it sent is settled all the same; the next request hears of it."""
    with pytest.raises((TimeoutError, aiohttp.ClientError)):
        async with http.post("/add-checkpoint", data=log.request(0), timeout=aiohttp.ClientTimeout(total=0.0001)):
            pass
    status, text, _ = await post(http, log.request(9))
    assert (status, text) in {(409, "0\n"), (200, text)}
