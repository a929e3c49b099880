"""What outsiders see as the newest head of the log, and what a strict gateway asks of its cosigners."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import ClientSession

from contracts.agreement import Agreement
from contracts.tlog_policy import NO_QUORUM, Policy
from contracts.tlog_policy import Log as PolicyLog
from gateway.config import GatewaySection, read_policy
from gateway.decide.calendar import due
from gateway.errors import ConfigRefused, NotCosigned
from gateway.ledger.confirmed import ask, hold_to, published, signed_by_nodes
from gateway.ledger.cosigners import Cosigners
from gateway.ledger.guard import TreeHead
from gateway.ledger.heads import Heads, consistency_from_store
from gateway.ledger.log import Log
from gateway.ledger.publisher import Publisher
from gateway.metrics import Metrics
from gateway.store.port import Store

CHECKPOINT: Final = "checkpoint"
"""The published checkpoint, in the guard's folder: a signed note."""

COVERED_SECONDS: Final = 10.0
"""How long a strict hand-over waits for the cosigners."""


class Publishing:
    """The published log of one gateway. With a quorum to wait for, what is shown is the newest tree that has it."""

    def __init__(self, heads: Heads, store: Store, policy: Policy, session: ClientSession, guard: Path) -> None:
        """`guard` is the folder of this node's guard: the published checkpoint lies there, and other guards beside."""
        self._heads, self._store, self._policy, self._session, self._guard = heads, store, policy, session, guard
        self._file = guard / CHECKPOINT
        self._publisher: Publisher | None = None

    async def confirm(self) -> None:
        """Hold the database to what was signed last, here, by the witnesses, and by the nodes that share it.

        Raises LogRefused, StoreUnavailable.
        """
        vkeys = self._heads.log.vkeys
        held = await ask(self._policy, vkeys, self._session)
        shown = published(self._file, vkeys)
        signed = signed_by_nodes(self._guard, self._heads.log.origin) if self._store.shared else []
        # Other nodes go on meanwhile: the database is read after what is held against it.
        edge = (await self._store.log()).edge
        if self._heads.newest.size > edge.size:
            shown = []  # `resume` says so
        await hold_to([*held, *shown, *signed], TreeHead(edge.size, edge.root()), self._store)
        await self._heads.resume(edge, self._store, joins=bool(signed))

    def start(self, metrics: Metrics) -> Publisher:
        """The publisher, whose `run` must be running from now on. Call it once the newest head is signed."""
        self._publisher = Publisher(
            self._policy,
            Cosigners(self._policy, self._session),
            newest=self._heads.newest_signed,
            prove=lambda first, second: consistency_from_store(self._store, first, second),
            file=self._file,
            metrics=metrics,
            nodes=_Nodes(self._heads, self._store),
        )
        return self._publisher

    async def head(self, index: int = 0) -> tuple[TreeHead, str]:
        """The published tree, if it has a leaf of this index; otherwise the newest, which the log alone has signed.

        Raises Forked, StoreUnavailable.
        """
        shown = self._publisher.published if self._publisher and self._waits else None
        if shown is not None and index < shown.tree.size:
            return TreeHead(shown.tree.size, shown.tree.root), shown.note
        return await self._heads.current(self._store)

    @property
    def _waits(self) -> bool:
        return self._policy.quorum != NO_QUORUM


class _Nodes:
    """See `Nodes`."""

    def __init__(self, heads: Heads, store: Store) -> None:
        self._heads, self._store = heads, store

    async def leads(self) -> bool:
        """See `Nodes.leads`."""
        if self._store.leads:
            await self._heads.current(self._store)
        return self._store.leads

    async def published(self) -> str | None:
        """See `Nodes.published`."""
        return await self._store.published()

    async def publish(self, note: str) -> None:
        """See `Nodes.publish`."""
        await self._store.publish(note)


class Strict:
    """A strict gateway's rule for hand-overs (agreement: cosigning)."""

    def __init__(self, publisher: Publisher, clock: Callable[[], int]) -> None:
        self._publisher, self._clock = publisher, clock

    def check(self, agreement: Agreement) -> None:
        """Before a hand-over is recorded: the last quorum is no older than the agreement allows. Raises NotCosigned."""
        rule, shown = agreement.cosigning, self._publisher.published
        if rule is None or shown is None or due(shown.at, rule.oldest) < self._clock():
            raise NotCosigned("The cosigners have not confirmed the log for longer than the agreement allows.")

    async def wait(self, size: int) -> None:
        """After it is recorded: the tree that has its line is cosigned. Raises NotCosigned; then nothing goes out."""
        if not await self._publisher.covers(size, COVERED_SECONDS):
            raise NotCosigned("The cosigners have not confirmed the line of this hand-over.")


@asynccontextmanager
async def publishing(section: GatewaySection, heads: Heads, store: Store) -> AsyncIterator[Publishing]:
    """Publishing by the policy that the settings name, or by none. Raises ConfigRefused."""
    async with ClientSession() as session:
        yield Publishing(heads, store, policy_of(section, heads.log), session, section.guard_folder)


def check_strict(section: GatewaySection, agreement: Agreement) -> None:
    """Raises ConfigRefused where a strict gateway could never hand anything over."""
    if section.strict and section.policy is None:
        raise ConfigRefused("`strict` needs cosigners to wait for. Name them in a `policy`, or take `strict` out.")
    if section.strict and agreement.cosigning is None:
        raise ConfigRefused(
            "`strict` needs an agreement that says how old a confirmation may be, in its table [cosigning]. Take "
            "`strict` out until the parties have signed one."
        )


def policy_of(section: GatewaySection, log: Log) -> Policy:
    """The policy that the settings name, or one that needs no cosigners. Raises ConfigRefused."""
    if section.policy is None:
        return Policy(logs=tuple(PolicyLog(vkey=key.encode()) for key in log.vkeys))
    policy = read_policy(section.policy)
    if not {each.vkey for each in policy.logs} & {key.encode() for key in log.vkeys}:
        raise ConfigRefused(
            f"{section.policy}: the policy does not name this log's key. Add: log {log.vkeys[-1].encode()}"
        )
    if section.strict and policy.quorum == NO_QUORUM:
        raise ConfigRefused(f"{section.policy}: `strict` needs a quorum, and the policy's is none.")
    return policy
