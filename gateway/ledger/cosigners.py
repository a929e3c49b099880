"""Asking witnesses for cosignatures (C2SP tlog-witness, the log's side). Each is believed only under its own key."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final, Literal

import aiohttp
from aiohttp import ClientSession, ClientTimeout
from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed, SignedNote, format_note, parse_note
from contracts.tlog_policy import Policy, Witness
from contracts.tlog_witness import SIZE_TYPE, AddCheckpoint, parse_size
from gateway.errors import GatewayError
from keys.notes import NoteRefused, VerifierKey, cosignature_time, verified_keys

ANSWER_BYTES_MAX: Final = 1 << 16
SECONDS: Final = 5.0
"""How long one witness may take, with its second try."""

Prove = Callable[[int, int], Awaitable[tuple[bytes, ...]]]
"""The consistency proof from an earlier tree of the log to a later one. May raise GatewayError."""

Reason = Literal[
    "busy", "malformed", "moving", "no-proof", "not-believed", "not-signed", "slow", "unknown-log", "unreachable"
]


class Cosigned(Struct, frozen=True, kw_only=True):
    """The witness has cosigned: its line, which verified, and the time in it."""

    line: str
    time: int


class Ahead(Struct, frozen=True, kw_only=True):
    """The witness has cosigned a larger tree of this log than ours: we have lost leaves, or it tells an untruth."""

    size: int


class Contradicted(Struct, frozen=True, kw_only=True):
    """The witness holds that our tree does not extend the one it has cosigned: there are two histories, or it lies."""


class Away(Struct, frozen=True, kw_only=True):
    """No cosignature this time, and nothing against our log."""

    reason: Reason


Outcome = Cosigned | Ahead | Contradicted | Away
Hear = Callable[[str, Outcome], None]
"""Hears what came of one witness, by its name in the policy."""

_STATUSES: Final[Mapping[int, Outcome]] = {
    400: Away(reason="malformed"),
    403: Away(reason="not-signed"),
    404: Away(reason="unknown-log"),
    422: Contradicted(),
}


class SignedHead(Struct, frozen=True, kw_only=True):
    """A tree head, as its log has signed it."""

    tree: Checkpoint
    note: SignedNote

    @classmethod
    def of(cls, tree: Checkpoint, note: str) -> "SignedHead":
        """Of a signed note. Raises Malformed."""
        return cls(tree=tree, note=parse_note(note))


class Cosigners:
    """The witnesses of a policy that have an address. What each one holds is remembered from one asking to the next."""

    def __init__(self, policy: Policy, session: ClientSession, seconds: float = SECONDS) -> None:
        """Raises BadKey for a witness whose key cannot be used."""
        self._remotes = [_Remote(each, each.url, session, seconds) for each in policy.witnesses if each.url]

    def start(
        self, tasks: asyncio.TaskGroup, head: SignedHead, prove: Prove, hear: Hear, but: Collection[str] = ()
    ) -> list[asyncio.Task[None]]:
        """Ask each witness that is not `but` and not still at an earlier question; `hear` is called as they answer.

        The tasks belong to the group. Nobody has to wait for the slow ones: they are heard whenever they answer.
        """
        free = [remote for remote in self._remotes if not remote.busy and remote.name not in but]
        return [remote.start(tasks, head, prove, hear) for remote in free]


class _Remote:
    """One witness, and the size that it is believed to hold."""

    def __init__(self, witness: Witness, url: str, session: ClientSession, seconds: float) -> None:
        self.name = witness.name
        self._key = VerifierKey.parse(witness.vkey)
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._session, self._seconds = session, seconds
        self._holds = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether it has not yet answered the last question."""
        return self._task is not None and not self._task.done()

    def start(self, tasks: asyncio.TaskGroup, head: SignedHead, prove: Prove, hear: Hear) -> asyncio.Task[None]:
        """Ask, and tell what came of it."""

        async def asking() -> None:
            hear(self.name, await self.ask(head, prove))

        self._task = tasks.create_task(asking())
        return self._task

    async def ask(self, head: SignedHead, prove: Prove) -> Outcome:
        """What comes of asking, within the deadline."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._ask(head, prove)
        except TimeoutError:
            return Away(reason="slow")
        except aiohttp.ClientError:
            return Away(reason="unreachable")
        except GatewayError:
            return Away(reason="no-proof")

    async def _ask(self, head: SignedHead, prove: Prove) -> Outcome:
        """Once from the size that it should hold; once more from the size that it says it holds."""
        for _ in range(2):
            old = min(self._holds, head.tree.size)
            told = await self._send(head, old, prove)
            if isinstance(told, Cosigned):
                self._holds = head.tree.size
            if not isinstance(told, Ahead):
                return told
            self._holds = told.size
            if told.size > head.tree.size:
                return told
        return Away(reason="moving")

    async def _send(self, head: SignedHead, old: int, prove: Prove) -> Outcome:
        """What it answers. A 409 is `Ahead` here, whichever size it tells."""
        proof = await prove(old, head.tree.size) if 0 < old < head.tree.size else ()
        request = AddCheckpoint(old=old, proof=proof, checkpoint=head.note).encode()
        async with self._session.post(
            self._url,
            data=request,
            headers={"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"},
            timeout=ClientTimeout(total=None),
            allow_redirects=False,
        ) as answer:
            body = await _limited(answer)
        try:
            if answer.status == 200:
                return self._believed(head, body)
            if answer.status == 409 and answer.content_type == SIZE_TYPE:
                return Ahead(size=parse_size(body))
        except (Malformed, NoteRefused):
            return Away(reason="not-believed")
        return _STATUSES.get(answer.status, Away(reason="busy"))

    def _believed(self, head: SignedHead, body: bytes) -> Cosigned:
        """Its own line among those that came. Raises Malformed or NoteRefused."""
        whole = parse_note(format_note(head.note.text).encode() + body)
        if whole.text != head.note.text:  # an empty line in the answer would make the rest of it part of the text
            raise Malformed("A witness must answer with signature lines, and nothing else.")
        verified_keys(whole, [self._key])
        lines = [line for line in whole.signatures if (line.name, line.key_id) == (self._key.name, self._key.key_id)]
        time = cosignature_time(lines[0])
        if time == 0:
            raise NoteRefused("A witness must say when it cosigned.")
        return Cosigned(line=lines[0].encode(), time=time)


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    """The whole body, if it is no longer than an answer can be; otherwise nothing, which no answer is."""
    body = await answer.content.read(ANSWER_BYTES_MAX)
    while more := await answer.content.read(ANSWER_BYTES_MAX):
        body += more
        if len(body) > ANSWER_BYTES_MAX:
            return b""
    return body
