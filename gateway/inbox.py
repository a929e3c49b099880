"""Step 6 of the journey as the receiver meets it: what has come for an agency, and waiting for what will."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from contracts.receipt import carry
from contracts.reply import NOTICE_TYP, Inbox, InboxItem, NoticeClaims
from gateway.bell import Bell
from gateway.decide.exchange import Delivery
from gateway.errors import Overloaded
from gateway.ledger.heads import Heads, proofs_from_store
from gateway.ledger.log import Log, receipt
from gateway.store.port import InboxRow, Store
from keys import tokens

PAGE: Final = 100


class Inboxes:
    """Every agency's inbox. Nothing is consumed: the client keeps the cursor."""

    def __init__(self, store: Store, bell: Bell, heads: Heads, polls: int) -> None:
        self._store, self._bell, self._heads, self._polls = store, bell, heads, polls
        self._waiting = Counter[str]()

    async def read(self, agency: str, after: int, wait: float) -> Inbox:
        """What has come after the cursor; if nothing has, whatever comes within `wait` seconds.

        Raises Overloaded where too many read the same inbox.
        """
        if self._waiting[agency] >= self._polls:
            raise Overloaded("Too many read this inbox.")
        self._waiting[agency] += 1
        try:
            rows = await self._rows(agency, after, wait)
        finally:
            self._waiting[agency] -= 1
        items = await self._items(agency, rows) if rows else []
        return Inbox(items=tuple(items), next=rows[-1].index if rows else after)

    async def _rows(self, agency: str, after: int, wait: float) -> Sequence[InboxRow]:
        """The ticket is drawn before the look, so that what is committed in between is not missed."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        ticket = self._bell.ticket(agency)
        rows = await self._store.inbox(agency, after, PAGE)
        answer = wait <= 0
        while not rows and not answer:
            await asyncio.wait([ticket], timeout=until - loop.time())
            answer = not ticket.done() or ticket.result()
            ticket = self._bell.ticket(agency)
            rows = await self._store.inbox(agency, after, PAGE)
        return rows

    async def _items(self, agency: str, rows: Sequence[InboxRow]) -> list[InboxItem]:
        """Deliveries as they travel, all proven in one tree; without those whose records are erased."""
        tree, checkpoint = await self._heads.current(self._store)
        proofs = await proofs_from_store(self._store, [row.index for row in rows], tree.size)
        items = [self._item(agency, row, hashes, checkpoint) for row, hashes in zip(rows, proofs, strict=True)]
        return [item for item in items if item is not None]

    def _item(self, agency: str, row: InboxRow, hashes: Sequence[bytes], checkpoint: str) -> InboxItem | None:
        record, delivery = row.record, row.delivery
        if record is None or delivery is None:
            return None
        token = notice(self._heads.log, agency, row.index, row.exchange, delivery) or record.token
        if token is None:
            return None
        return InboxItem(
            index=row.index,
            exchange=row.exchange,
            typ=NOTICE_TYP if delivery.notice else tokens.parse(token).header.typ,
            token=token,
            receipt=receipt(row.index, hashes, checkpoint, carry(row.leaf, record.shared)),
            withheld=delivery.withheld,
        )


def notice(log: Log, to: str, index: int, exchange: str, delivery: Delivery) -> str | None:
    """What the gateway tells an agency with a line, as a token of the log's key; None where it only delivers."""
    if delivery.notice is None:
        return None
    claims = NoticeClaims(
        iss=log.origin,
        to=to,
        exchange=exchange,
        at=delivery.at,
        leaf=index,
        notice=delivery.notice,
        fields=delivery.fields,
        why=delivery.why,
        by_kind=delivery.by_kind,
        role=delivery.role,
        copy=delivery.copy,
        due=delivery.due,
    )
    return log.say(claims, NOTICE_TYP)
