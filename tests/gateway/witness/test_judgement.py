"""What a witness answers: each status that the specification names, and nothing cosigned but what only grew."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, NoteSignature, format_note, parse_note
from contracts.tlog_witness import SIZE_TYPE
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.witness import memory as memories
from gateway.witness.judgement import LAG, Answer
from gateway.witness.memory import Memory
from gateway.witness.server import Witness
from keys.notes import Cosigner, NoteSigner, cosignature_time, verified_keys
from tests.gateway.witness.a_log import ALog

NOW = 1_790_000_000
COSIGNER = Cosigner(name="police.test/witness", key=Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "witness.db")
    yield opened
    opened.close()


def a_witness(memory: Memory, *logs: ALog) -> Witness:
    return Witness([COSIGNER], [signer.vkey for log in logs for signer in log.signers], memory)


def cosigned(answer: Answer, note: str) -> int:
    """The time of a cosignature that verifies on this very note."""
    assert answer.status == 200, answer
    whole = parse_note(note + answer.body)
    assert verified_keys(whole, [COSIGNER.vkey]) == (COSIGNER.vkey,)
    return cosignature_time(whole.signatures[-1])


def test_a_log_that_only_grows_is_cosigned(memory: Memory) -> None:
    """From nothing, and on from there; each answer is one line by the witness, at its time."""
    log = ALog(5)
    witness = a_witness(memory, log)
    assert cosigned(witness.add_checkpoint(log.request(0), NOW), log.note()) == NOW
    for leaves in (1, 2, 300):
        old = log.size
        log.grow(leaves)
        assert cosigned(witness.add_checkpoint(log.request(old), NOW + old), log.note()) == NOW + old
    assert memory.evidence(log.origin) == []


def test_the_same_checkpoint_again_is_cosigned_again(memory: Memory) -> None:
    """So that an idle log stays fresh: a later time, and an empty proof."""
    log = ALog(5)
    witness = a_witness(memory, log)
    times = [cosigned(witness.add_checkpoint(log.request(old), NOW + n), log.note()) for n, old in enumerate((0, 5, 5))]
    assert times == [NOW, NOW + 1, NOW + 2]


def test_a_log_without_leaves_is_cosigned(memory: Memory) -> None:
    """Its root is the hash of nothing; from there any tree follows."""
    log = ALog()
    witness = a_witness(memory, log)
    cosigned(witness.add_checkpoint(log.request(0), NOW), log.note())
    log.grow(3)
    cosigned(witness.add_checkpoint(log.request(0), NOW), log.note())


def test_what_is_not_a_request_is_400(memory: Memory) -> None:
    """And so is an old size that is larger than the checkpoint's."""
    log = ALog(5)
    witness = a_witness(memory, log)
    no_checkpoint = format_note("not a checkpoint\n", log.signers[0].sign("not a checkpoint\n"))
    for body in (b"", b"old 0\n\n", log.body(0, (), no_checkpoint), log.body(6, (), log.note())):
        assert witness.add_checkpoint(body, NOW).status == 400
    assert memory.held(log.origin) is None


def test_an_unknown_log_is_404(memory: Memory) -> None:
    """Whoever has signed it."""
    assert a_witness(memory, ALog()).add_checkpoint(ALog(1, origin="other.test/log").request(0), NOW).status == 404


def test_a_checkpoint_that_no_trusted_key_has_signed_is_403(memory: Memory) -> None:
    """By another key under the log's name; or by the log's key, badly; or by another known log's key."""
    log, other = ALog(5), ALog(5, origin="other.test/log")
    witness, stranger = a_witness(memory, log, other), ALog(5)
    text = log.tree().encode()
    (line,) = parse_note(log.note()).signatures
    broken = replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    for note in (
        stranger.note(),
        format_note(text, broken.encode()),
        format_note(text, line.encode(), broken.encode()),
        format_note(text, other.signers[0].sign(text)),
    ):
        assert witness.add_checkpoint(log.body(0, (), note), NOW).status == 403
    assert memory.held(log.origin) is None


def test_an_old_size_that_is_not_the_witness_s_own_is_409_with_its_size(memory: Memory) -> None:
    """So that the log knows from where to prove."""
    log = ALog(9)
    witness = a_witness(memory, log)
    assert witness.add_checkpoint(log.request(3), NOW)[:3] == (409, "0\n", SIZE_TYPE)
    witness.add_checkpoint(log.request(0, 5), NOW)
    for old in (0, 4, 6):
        assert witness.add_checkpoint(log.request(old), NOW)[:3] == (409, "5\n", SIZE_TYPE)


def test_a_tree_that_shrinks_is_never_cosigned(memory: Memory) -> None:
    """409 with the size that the log once had: a log restored from an old copy learns that there was more."""
    log = ALog(9)
    witness = a_witness(memory, log)
    witness.add_checkpoint(log.request(0), NOW)
    for old in (0, 4, 5):
        assert witness.add_checkpoint(log.request(old, 5), NOW)[:2] == (409, "9\n")
    assert witness.add_checkpoint(log.body(9, (), log.note(log.tree(5))), NOW).status == 400


def test_a_second_history_is_422_and_kept_as_evidence(memory: Memory) -> None:
    """The log has signed a tree that does not extend what was cosigned; both notes are kept, and verify."""
    log = ALog(9)
    witness, fork = a_witness(memory, log), log.fork(7, 5)
    witness.add_checkpoint(log.request(0), NOW)
    for _ in range(3):
        assert witness.add_checkpoint(fork.request(9), NOW + 1).status == 422
    (found,) = memory.evidence(log.origin)
    assert (found.cause, found.size, found.time) == ("not-proved", 12, NOW + 1)
    for note in (found.note, found.held or ""):
        assert log.signers[0].vkey in verified_keys(parse_note(note), [log.signers[0].vkey, COSIGNER.vkey])


def test_two_roots_of_one_size_are_422_and_proof_against_the_log(memory: Memory) -> None:
    """Even if the request only asks for the witness's size."""
    log = ALog(9)
    witness = a_witness(memory, log)
    witness.add_checkpoint(log.request(0), NOW)
    assert witness.add_checkpoint(log.fork(7, 2).request(9), NOW).status == 422
    assert witness.add_checkpoint(log.fork(8, 1).request(3), NOW).status == 409
    assert [found.cause for found in memory.evidence(log.origin)] == ["two-roots", "two-roots"]
    assert memory.held(log.origin).root == log.tree().root  # type: ignore[union-attr]


def test_a_root_of_nothing_that_is_not_the_hash_of_nothing_is_422(memory: Memory) -> None:
    """Whatever the old size is."""
    log = ALog(2)
    witness = a_witness(memory, log)
    empty = log.note(Checkpoint(origin=log.origin, size=0, root=bytes(32)))
    assert witness.add_checkpoint(log.body(0, (), empty), NOW).status == 422
    assert [found.cause for found in memory.evidence(log.origin)] == ["empty-root"]


def test_a_proof_from_nothing_must_be_empty(memory: Memory) -> None:
    """422; it says nothing against the log, as anybody can add lines to a request."""
    log = ALog(2)
    witness = a_witness(memory, log)
    assert witness.add_checkpoint(log.body(0, (bytes(32),), log.note()), NOW).status == 422
    assert memory.evidence(log.origin) == []


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_proof_but_the_right_one_holds(data: st.DataObject) -> None:
    """Any one hash changed, left out, or added, is 422, and the witness stays where it was."""
    old = data.draw(st.integers(1, 40))
    log = ALog(data.draw(st.integers(old, 80)))
    folder = TemporaryDirectory()
    memory = Memory(Path(folder.name) / "witness.db")
    witness = a_witness(memory, log)
    witness.add_checkpoint(log.request(0, old), NOW)
    proof = list(log.proof(old, log.size))
    at = data.draw(st.integers(0, len(proof)))
    change = data.draw(st.sampled_from(("add", "drop", "spoil")))
    if change == "add" or at == len(proof):
        proof.insert(at, bytes(32))
    elif change == "drop":
        del proof[at]
    else:
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    assert witness.add_checkpoint(log.body(old, tuple(proof), log.note()), NOW).status == 422
    assert memory.held(log.origin).size == old  # type: ignore[union-attr]
    memory.close()
    folder.cleanup()


def test_several_logs_are_kept_apart(memory: Memory) -> None:
    """One witness, many logs: neither size nor evidence of one touches another."""
    logs = [ALog(n, origin=f"log{n}.test/rj") for n in (1, 2, 3)]
    witness = a_witness(memory, *logs)
    for log in logs:
        cosigned(witness.add_checkpoint(log.request(0), NOW), log.note())
    assert [memory.held(log.origin).size for log in logs] == [1, 2, 3]  # type: ignore[union-attr]


def test_while_a_log_changes_its_key_either_key_is_enough(memory: Memory) -> None:
    """Old and new: one of them, or both; an unknown third beside them is ignored and not passed on."""
    log = ALog(3, signers=2)
    witness = a_witness(memory, log)
    both, stranger = list(log.signers), NoteSigner(name=log.origin, key=Ed25519PrivateKey.generate())
    for size, signers in ((3, both[:1]), (4, both[1:]), (5, both), (6, [*both, stranger])):
        old, log.signers = memory.held(log.origin), signers
        log.grow(size - log.size)
        cosigned(witness.add_checkpoint(log.request(old.size if old else 0), NOW), log.note())
    shown = parse_note(memory.held(log.origin).note)  # type: ignore[union-attr]
    assert verified_keys(shown, [*(each.vkey for each in both), COSIGNER.vkey]) == (
        *(each.vkey for each in both), COSIGNER.vkey,
    )  # fmt: skip
    assert len(shown.signatures) == 3


def test_a_line_that_is_there_a_hundred_times_is_kept_once(memory: Memory) -> None:
    """What monitors read stays small."""
    log = ALog(3)
    note = log.note()
    (line,) = parse_note(note).signatures
    a_witness(memory, log).add_checkpoint(log.body(0, (), note + line.encode() * 99), NOW)
    assert len(parse_note(memory.held(log.origin).note).signatures) == 2  # type: ignore[union-attr]


def test_time_is_never_nought_and_never_goes_back(memory: Memory) -> None:
    """A clock a little behind is waited for; one that is far behind is not believed."""
    log = ALog(3)
    witness = a_witness(memory, log)
    for now in (0, -5):
        assert witness.add_checkpoint(log.request(0), now).status == 503
    assert memory.held(log.origin) is None
    assert cosigned(witness.add_checkpoint(log.request(0), NOW), log.note()) == NOW
    assert cosigned(witness.add_checkpoint(log.request(3), NOW - LAG), log.note()) == NOW
    assert witness.add_checkpoint(log.request(3), NOW - LAG - 1).status == 503


def test_two_at_once_never_roll_back(tmp_path: Path) -> None:
    """Many threads, two connections: what is held only grows, and each size is cosigned from the one before."""
    log = ALog(200)
    memories_ = [Memory(tmp_path / "witness.db") for _ in range(2)]
    witnesses = [a_witness(memory, log) for memory in memories_]
    witnesses[0].add_checkpoint(log.request(0, 1), NOW)
    bodies = [log.request(old, size) for old in range(1, 40) for size in range(old, 40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda n: witnesses[n % 2].add_checkpoint(bodies[n], NOW), range(len(bodies))))
    sizes = [size for old in range(1, 40) for size in range(old, 40)]
    taken = [size for size, answer in zip(sizes, answers, strict=True) if answer.status == 200]
    assert {answer.status for answer in answers} <= {200, 409}
    held = memories_[0].held(log.origin)
    assert held is not None
    assert held.size == max(taken)
    assert len(set(taken)) > 1
    for memory in memories_:
        memory.close()


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """The size, the time and the evidence."""
    log = ALog(9)
    for _ in range(3):
        memory = Memory(tmp_path / "witness.db")
        witness = a_witness(memory, log)
        if memory.held(log.origin) is None:
            witness.add_checkpoint(log.request(0), NOW)
        assert witness.add_checkpoint(log.request(0), NOW)[:2] == (409, "9\n")
        witness.add_checkpoint(log.fork(7, 2).request(9), NOW)
        memory.close()
    assert len(Memory(tmp_path / "witness.db").evidence(log.origin)) == 3


@pytest.mark.parametrize("persisted", [False, True])
def test_a_commit_that_fails_is_answered_by_nobody(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, *, persisted: bool
) -> None:
    """Not persisted, or persisted and reported failed: no cosignature leaves, and the next request finds the truth."""
    log = ALog(9)
    witness = a_witness(memory, log)
    real = memory._database

    class Failing:
        in_transaction = property(lambda self: real.in_transaction)

        def execute(self, text: str, *given: object) -> object:
            if text != "commit":
                return real.execute(text, *given)  # type: ignore[arg-type]
            if persisted:
                real.execute(text)
            raise apsw.FullError("disk full")

    monkeypatch.setattr(memory, "_database", Failing())
    with pytest.raises(StoreUnavailable):
        witness.add_checkpoint(log.request(0), NOW)
    monkeypatch.setattr(memory, "_database", real)
    assert witness.add_checkpoint(log.request(0), NOW).status == (409 if persisted else 200)


def test_evidence_is_not_kept_without_end(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can make the log sign cannot fill the witness's disk; what proves by itself is not crowded out."""
    monkeypatch.setattr(memories, "EVIDENCE_MAX", 3)
    log = ALog(9)
    witness = a_witness(memory, log)
    witness.add_checkpoint(log.request(0), NOW)
    for leaves in range(5, 12):
        witness.add_checkpoint(log.fork(7, leaves).request(9), NOW)
    witness.add_checkpoint(log.fork(7, 2).request(9), NOW)
    causes = [found.cause for found in memory.evidence(log.origin)]
    assert (causes.count("not-proved"), causes.count("two-roots")) == (3, 1)


def test_another_program_s_file_is_left_alone(tmp_path: Path) -> None:
    """And so is a file of a newer version, and one that is no database."""
    other, newer, none = (tmp_path / name for name in ("other.db", "newer.db", "none.db"))
    database = apsw.Connection(str(other))
    database.execute("create table t (a); pragma application_id = 5")
    database.close()
    Memory(newer).close()
    database = apsw.Connection(str(newer))
    database.execute(f"pragma user_version = {memories.MARK.version + 1}")
    database.close()
    none.write_bytes(b"not a database at all, and long enough to be looked at as one" * 20)
    for path, told in ((other, "another program"), (newer, "newer version"), (none, "no database")):
        before = path.read_bytes()
        with pytest.raises(StoreRefused, match=told):
            Memory(path)
        assert path.read_bytes() == before


def test_what_is_committed_is_on_the_disk(memory: Memory) -> None:
    """The database waits for the disk, and for another process that writes."""
    pragmas = {name: memory._database.pragma(name) for name in ("journal_mode", "synchronous", "busy_timeout")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000}


def test_a_foreign_signature_beside_the_log_s_is_ignored(memory: Memory) -> None:
    """A line of a name that nobody here knows, whatever is in it."""
    log = ALog(2)
    note = log.note() + NoteSignature(name="x.test/w", key_id=b"abcd", signature=b"?" * 72).encode()
    cosigned(a_witness(memory, log).add_checkpoint(log.body(0, (), note), NOW), log.note())
