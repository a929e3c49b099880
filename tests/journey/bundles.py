"""Bundles made in journeys: the evidence as the gateway hands it out, with its documents and the world's keys."""

import msgspec

from contracts.directory import SignedDocument
from contracts.evidence import Evidence
from gateway.evidence_bundle import check
from gateway.evidence_bundle.material import Document, Material, Trusted
from tests.journey.simulated import Side, World, claims_of

MADE_AT = 1_800_000_000
"""When every bundle in tests was put together."""


def trusted(world: World) -> Trusted:
    """The keys of this world, as somebody outside would have them."""
    return Trusted(log=(world.vkey,), officers=world.officers.verifiers)


async def material(side: Side, agency: str, exchange: str, search: str | None = None) -> Material:
    """What a bundle of this exchange is made of for this agency; nothing in it is verified."""
    path = f"/v1/exchanges/{exchange}/evidence" + (f"?search={search}" if search else "")
    status, body = await side.read(agency, path)
    assert status == 200, body
    evidence = msgspec.json.decode(body, type=Evidence)
    documents = []
    for stood in evidence.documents:
        async with side.http.get(f"{side.world.address}/v1/{stood.kind}?version={stood.version}") as answer:
            signed = msgspec.json.decode(await answer.read(), type=SignedDocument)
        documents.append(Document(stood=stood, signed=signed))
    return Material(
        origin=evidence.origin,
        exchange=exchange,
        reader=agency,
        at=MADE_AT,
        lines=evidence.lines,
        documents=tuple(documents),
        log_vkeys=(side.world.vkey.encode(),),
        officers=tuple(officer.encode() for officer in side.world.officers.verifiers),
    )


async def inspected(side: Side, exchange: str) -> Material:
    """All of an exchange, for an inspector who has said why."""
    search = side.search(about=exchange)
    await side.send(search)
    return await material(side, "inspectorate-hmip", exchange, claims_of(search).jti)


def bundle(side: Side, made_of: Material) -> bytes:
    """The bundle, once everything in it is proved."""
    return check.bundle(made_of, trusted(side.world))
