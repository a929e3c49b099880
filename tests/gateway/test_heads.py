"""Only trees of one history are ever signed, whatever the database says and whichever step fails."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.checkpoint import Checkpoint, parse_note
from contracts.merkle import leaf_hash, root, verify_consistency
from gateway.errors import Forked, LogRefused, StoreUnavailable
from gateway.ledger.guard import EMPTY, Guard, GuardError, TreeHead
from gateway.ledger.heads import Heads
from gateway.ledger.log import Log
from gateway.ledger.tree import Edge, Growth, Run, grow
from gateway.store.port import LogState
from keys.notes import verify
from tests.agencies import secret

KEY = Ed25519PrivateKey.from_private_bytes(secret("log"))
NEWER = Ed25519PrivateKey.from_private_bytes(secret("newer log"))


class Tree:
    """A tree in memory with all that a store keeps of it."""

    def __init__(self, *leaves: bytes) -> None:
        self.edge, self.kept = Edge(), dict[tuple[int, int], bytes]()
        self.grow(*leaves)

    def grow(self, *leaves: bytes) -> Growth:
        hashes = [leaf_hash(leaf) for leaf in leaves]
        growth = grow(self.edge, hashes)
        self.kept |= {(0, self.edge.size + n): each for n, each in enumerate(hashes)}
        self.kept |= {(node.level, node.n): node.hash for node in growth.nodes}
        self.edge = growth.edge
        return growth

    @property
    def head(self) -> TreeHead:
        return TreeHead(self.edge.size, self.edge.root())

    async def log(self) -> LogState:
        return LogState(edge=self.edge)

    async def nodes(self, runs: list[Run]) -> dict[tuple[int, int], bytes]:
        wanted = [(run.level, n) for run in runs for n in range(run.first, run.first + run.length)]
        return {at: self.kept[at] for at in wanted if at in self.kept}

    async def leaves(self, first: int, count: int) -> list[bytes]:
        raise AssertionError("Nothing here needs the leaves themselves.")


class Slow(Tree):
    """A tree whose nodes come when `go` is set; `asked` is set once somebody waits for them."""

    def __init__(self, *leaves: bytes) -> None:
        super().__init__(*leaves)
        self.asked, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()

    async def nodes(self, runs: list[Run]) -> dict[tuple[int, int], bytes]:
        found = await super().nodes(runs)
        self.asked.set()
        await self.go.wait()
        return found


def heads(folder: Path, *newer: Ed25519PrivateKey) -> tuple[Heads, Guard]:
    guard = Guard.open(folder)
    return Heads(Log("log.test/rj", KEY, *newer), guard), guard


def leaves(count: int, name: str = "leaf") -> list[bytes]:
    return [f"{name} {n}".encode() for n in range(count)]


@given(st.integers(0, 70), st.integers(0, 70))
@settings(deadline=None)
def test_a_batch_proves_that_it_extends_the_tree_before_it(old: int, more: int) -> None:
    """The proof needs nothing but the batch and the edge, for every pair of sizes."""
    tree = Tree(*leaves(old))
    before = tree.head
    growth = tree.grow(*leaves(more, "more"))
    verify_consistency(before.size, tree.head.size, before.root, tree.head.root, growth.consistency())
    assert tree.head.root == root([leaf_hash(leaf) for leaf in leaves(old) + leaves(more, "more")])


async def test_a_growing_log_is_signed_batch_by_batch(tmp_path: Path) -> None:
    """Each head is signed once it is durable, and remembered."""
    signing, guard = heads(tmp_path)
    tree = Tree()
    await signing.resume(tree.edge, tree)
    for size in (1, 3, 20, 300):
        growth = tree.grow(*leaves(size))
        note = await signing.grown(growth, tree.head.root, tree)
        assert Checkpoint.parse(parse_note(note).text) == Checkpoint(
            origin="log.test/rj", size=tree.head.size, root=tree.head.root
        )
        assert guard.head == tree.head
    guard.close()


async def test_an_earlier_tree_of_the_same_history_is_signed_again(tmp_path: Path) -> None:
    """A repeat of an old reply needs the head of its own time: the same bytes again."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(5))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    old = tree.head
    first = await signing.note(old, tree)
    await signing.grown(tree.grow(*leaves(90)), tree.head.root, tree)
    signing._notes.clear()
    assert await signing.note(old, tree) == first
    assert guard.head == tree.head, "an earlier head never takes the place of the newest"
    guard.close()


class Busy(Tree):
    """A tree that grows, and is signed, whenever somebody reads it."""

    signing: Heads | None = None

    async def nodes(self, runs: list[Run]) -> dict[tuple[int, int], bytes]:
        found = await super().nodes(runs)
        if self.signing is not None:
            signing, self.signing = self.signing, None
            await signing.grown(self.grow(*leaves(5, "meanwhile")), self.head.root, self)
        return found


@pytest.mark.parametrize("ahead", [False, True], ids=["an earlier tree", "a tree ahead of what was signed"])
async def test_a_head_that_is_proved_while_others_sign_is_no_fork(tmp_path: Path, ahead: bool) -> None:
    """The log grows between the look at the store and the signature."""
    signing, guard = heads(tmp_path)
    tree = Busy(*leaves(5))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    wanted = tree.head
    await signing.grown(tree.grow(*leaves(9)), tree.head.root, tree)
    if ahead:
        tree.grow(*leaves(3))
        wanted = tree.head
    signing._notes.clear()
    tree.signing = signing
    note = await signing.note(wanted, tree)
    assert not signing.forked
    assert Checkpoint.parse(parse_note(note).text).root == wanted.root
    assert guard.head == tree.head
    guard.close()


async def test_a_log_that_was_signed_is_never_signed_otherwise(tmp_path: Path) -> None:
    """A fork is refused whether it is larger, smaller or of the same size, and the log stays stopped."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(7))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    for size in (3, 7, 20):
        other = Tree(*leaves(size, "other"))
        with pytest.raises(Forked):
            await signing.note(other.head, other)
    assert signing.forked
    assert guard.head == tree.head
    guard.close()


@pytest.mark.parametrize("size", [7, 27, 30])
async def test_a_batch_that_is_signed_while_another_head_is_proved_is_no_fork(tmp_path: Path, size: int) -> None:
    """Readers ask for heads while batches are signed: a proof made a moment ago must not stop the log for good."""
    signing, guard = heads(tmp_path)
    tree = Slow(*leaves(7))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    signing._notes.clear()
    before = tree.head
    batch = tree.grow(*leaves(20, "batch"))
    between, wanted = tree.head, {7: before, 27: tree.head}.get(size)
    if wanted is None:
        tree.grow(*leaves(3, "next"))
        wanted = tree.head
    tree.go.clear()
    tree.asked.clear()
    asking = asyncio.create_task(signing.note(wanted, tree))
    await tree.asked.wait()
    await signing.grown(batch, between.root, tree)
    tree.go.set()
    assert Checkpoint.parse(parse_note(await asking).text).size == size
    assert not signing.forked
    assert guard.head == (wanted if size > between.size else between), "the guard never goes back"
    guard.close()


async def test_an_old_backup_is_refused_at_the_start(tmp_path: Path) -> None:
    """The database is shorter than what was signed: the refusal says so, with both sizes and what to do."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(9))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    guard.close()
    again, guard = heads(tmp_path)
    old = Tree(*leaves(4))
    with pytest.raises(LogRefused, match=r"4 lines.*signed 9.*old backup.*rj ledger recover"):
        await again.resume(old.edge, old)
    guard.close()


async def test_another_history_is_refused_at_the_start(tmp_path: Path) -> None:
    """A restored backup that has grown again beyond what was signed is of another history."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(9))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    guard.close()
    again, guard = heads(tmp_path)
    forked = Tree(*leaves(4), *leaves(30, "after the restore"))
    with pytest.raises(LogRefused, match="another history"):
        await again.resume(forked.edge, forked)
    guard.close()


async def test_a_lost_guard_is_refused(tmp_path: Path) -> None:
    """Without a guard nobody knows what was signed last; an empty log needs none."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(9))
    with pytest.raises(LogRefused, match=r"guard.*missing.*--nothing-else-signed"):
        await signing.resume(tree.edge, tree)
    assert guard.head is None
    empty = Tree()
    await signing.resume(empty.edge, empty)
    assert guard.head == EMPTY
    guard.close()


async def test_a_database_that_is_ahead_of_its_guard_goes_on(tmp_path: Path) -> None:
    """Dying between commit and signature, or losing the guard's newest record, leaves a sound log."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(9))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    guard.close()
    tree.grow(*leaves(3))
    again, guard = heads(tmp_path)
    await again.resume(tree.edge, tree)
    assert guard.head == tree.head
    guard.close()


@pytest.mark.parametrize("kept", [False, True])
async def test_what_the_guard_did_not_take_is_not_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """Not persisted, or persisted and reported failed: no signature leaves, and the next try signs the same tree."""
    signing, guard = heads(tmp_path)
    tree = Tree()
    await signing.resume(tree.edge, tree)
    growth, advance = tree.grow(*leaves(5)), guard.advance

    def failing(head: TreeHead) -> None:
        if kept:
            advance(head)
        raise GuardError("The guard cannot be written.")

    with monkeypatch.context() as broken:
        broken.setattr(guard, "advance", failing)
        with pytest.raises(StoreUnavailable):
            await signing.grown(growth, tree.head.root, tree)
    assert not signing.forked
    note = await signing.grown(growth, tree.head.root, tree)
    assert Checkpoint.parse(parse_note(note).text).size == 5
    guard.close()


async def test_a_damaged_store_is_not_signed(tmp_path: Path) -> None:
    """Without the nodes that show one history nothing is signed."""
    signing, guard = heads(tmp_path)
    tree = Tree(*leaves(40))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    guard.close()
    again, guard = heads(tmp_path)
    tree.grow(*leaves(40))
    tree.kept.clear()
    with pytest.raises(LogRefused):
        await again.resume(tree.edge, tree)
    guard.close()


async def test_old_and_new_key_sign_each_checkpoint(tmp_path: Path) -> None:
    """While the key changes, whoever pins either of them can verify."""
    signing, guard = heads(tmp_path, NEWER)
    tree = Tree(*leaves(2))
    guard.advance(tree.head)
    await signing.resume(tree.edge, tree)
    note = parse_note(await signing.note(tree.head, tree))
    old, new = signing.log.vkeys
    assert old != new
    assert verify(note, [old]) == verify(note, [new]) == ("log.test/rj",)
    guard.close()
