"""What the witnesses hold of this log, asked at the start: they remember what a restored disk has forgotten.

So does the published checkpoint, where its file lies beside a guard that is lost, or as old as the database.

Nothing is signed for this: each witness shows the newest checkpoint that it cosigned (C2SP tlog-witness, monitor
retrieval), with our own signature on it. One that our database does not extend is proof, whoever shows it. None of them
knows what was signed in a receipt since: they never make up for a lost guard.
"""

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import ClientSession, ClientTimeout
from msgspec import Struct

from contracts.checkpoint import NOTE_BYTES_MAX, Checkpoint, Malformed
from contracts.tlog_policy import Policy, Witness
from gateway.errors import LogRefused
from gateway.ledger.guard import GuardError, TreeHead, beside
from gateway.ledger.head import open_head
from gateway.ledger.heads import head_from_store
from gateway.store.port import TreeStore
from keys.notes import NoteRefused, VerifierKey

ASK_SECONDS: Final = 3


class Confirmed(Struct, frozen=True, kw_only=True):
    """What one witness has cosigned last; `name` is its name in the policy. Without a name: what was published last.

    Of another `node`: what that has signed last.
    """

    name: str = ""
    node: str = ""
    tree: Checkpoint

    @property
    def says(self) -> str:
        """Who says so, for a sentence that goes on with what."""
        if self.node:
            return f"The node {self.node} has signed"
        return f"The log cosigner {self.name} has confirmed" if self.name else "The published checkpoint shows"


async def ask(policy: Policy, logs: Sequence[VerifierKey], session: ClientSession) -> list[Confirmed]:
    """What each witness holds of the log under these keys, as far as they answer. A bad answer counts as none."""
    answers = await asyncio.gather(*(_ask(witness, logs, session) for witness in policy.witnesses if witness.url))
    return [answer for answer in answers if answer is not None]


async def hold_to(confirmed: Sequence[Confirmed], head: TreeHead, store: TreeStore) -> None:
    """Raises LogRefused if the database does not extend what a witness has cosigned, or what was published."""
    for each in confirmed:
        if each.tree.size > head.size:
            raise LogRefused(
                f"{each.says} {each.tree.size} lines of this log, and the database has "
                f"{head.size}: it is an old backup. Put the newest database back. If it is lost, run "
                "`rj ledger recover --help` for what to do."
            )
        if (await head_from_store(store, each.tree.size)).root != each.tree.root:
            raise LogRefused(
                f"{each.says} another history of this log than the database has. Put the right database back, or run "
                "`rj ledger recover --help` for what to do."
            )


def published(file: Path, logs: Sequence[VerifierKey]) -> list[Confirmed]:
    """What this log published last, by the file of it; nothing where the file is gone or none of these keys signed."""
    try:
        return [Confirmed(tree=open_head(file.read_bytes().decode("utf-8", "replace"), logs).tree)]
    except (OSError, Malformed, NoteRefused):
        return []


def signed_by_nodes(guard: Path, origin: str) -> list[Confirmed]:
    """What the other nodes have signed last, whose guards lie beside this folder's. Raises LogRefused."""
    try:
        heads = beside(guard)
    except GuardError as error:
        raise LogRefused(f"{guard.parent}: {error}") from error
    return [
        Confirmed(node=name, tree=Checkpoint(origin=origin, size=head.size, root=head.root))
        for name, head in heads.items()
    ]


async def _ask(witness: Witness, logs: Sequence[VerifierKey], session: ClientSession) -> Confirmed | None:
    url = f"{(witness.url or '').rstrip('/')}/{sha256(logs[0].name.encode()).hexdigest()}/checkpoint"
    try:
        async with session.get(url, timeout=ClientTimeout(total=ASK_SECONDS), allow_redirects=False) as answer:
            if answer.status != 200:
                return None
            raw = b""
            while len(raw) <= NOTE_BYTES_MAX and (more := await answer.content.read(NOTE_BYTES_MAX + 1 - len(raw))):
                raw += more
        alone = Policy(witnesses=(witness,), quorum=witness.name)
        return Confirmed(name=witness.name, tree=open_head(raw.decode("utf-8", "replace"), logs, alone).tree)
    except (aiohttp.ClientError, TimeoutError, Malformed, NoteRefused):
        return None
