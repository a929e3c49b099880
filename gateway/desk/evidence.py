"""Evidence of an exchange, to give to a court: fetched page by page, proved in every part, and only then handed out.

1. say why   an inspector's look is a line of the log first
2. lines     as the gateway cuts them for this reader
3. documents every version that was gone by, as it was signed
4. prove     under this agency's own pins: nothing that does not verify leaves the desk
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from contracts.envelope import GATEWAY
from contracts.evidence import Evidence, EvidenceDocument
from contracts.messages.log_search import LogSearch
from gateway.desk import outbox
from gateway.desk.agency import Agency
from gateway.desk.errors import NotBelieved
from gateway.desk.ids import new_id, now
from gateway.desk.inspecting import GiveEvidence
from gateway.desk.sealer import Draft
from gateway.evidence_bundle import check
from gateway.evidence_bundle.material import Document, Material, NotProved, Trusted
from keys.notes import VerifierKey

PAGES_MAX: Final = 100


async def of_case(agency: Agency, exchange: str) -> bytes:
    """What this agency may show of one of its cases. Raises NotThere, NotBelieved, GatewayAway."""
    await agency.case(exchange)
    return await _bundle(agency, exchange, search=None)


async def of_exchange(agency: Agency, exchange: str, wanted: GiveEvidence) -> bytes:
    """All of an exchange, for an inspector who says why. Raises Refused, NotThere, NotBelieved."""
    # 1. say why
    said = LogSearch(why=wanted.why, about=exchange, limit=1)
    draft = Draft(to=GATEWAY, exchange=new_id(), actor=agency.actor(wanted.staff), body=said)
    sent = await outbox.send_now(agency, draft)
    return await _bundle(agency, exchange, search=sent.jti)


async def _bundle(agency: Agency, exchange: str, search: str | None) -> bytes:
    # 2. lines
    pages = await _pages(agency, exchange, search)
    # 3. documents
    announced = {(each.kind, each.version): each for page in pages for each in page.documents}
    documents = tuple([await _document(agency, each) for each in _in_order(announced.values())])
    material = Material(
        origin=agency.pins.gateway,
        exchange=exchange,
        reader=agency.id,
        at=now(),
        lines=tuple(line for page in pages for line in page.lines),
        documents=documents,
        log_vkeys=tuple(vkey.encode() for vkey in agency.gateway.vkeys),
        officers=agency.pins.officers,
        policy=agency.pins.policy,
    )
    # 4. prove
    officers = tuple(VerifierKey.parse(vkey) for vkey in agency.pins.officers)
    trusted = Trusted(log=agency.gateway.vkeys, officers=officers)
    try:
        return await asyncio.to_thread(check.bundle, material, trusted)
    except NotProved as error:
        raise NotBelieved(f"The evidence does not hold, and is not handed out. {error}") from error


async def _pages(agency: Agency, exchange: str, search: str | None) -> list[Evidence]:
    pages: list[Evidence] = []
    after: int | None = -1
    while after is not None and len(pages) < PAGES_MAX:
        pages.append(await agency.evidence(exchange, after, search))
        after = pages[-1].next
    if after is not None:
        raise NotBelieved("The gateway's evidence has no end. Ring its operator.")
    return pages


def _in_order(documents: Iterable[EvidenceDocument]) -> list[EvidenceDocument]:
    return sorted(documents, key=lambda each: each.index)


async def _document(agency: Agency, stood: EvidenceDocument) -> Document:
    return Document(stood=stood, signed=await agency.client.document(stood.kind, stood.version))
