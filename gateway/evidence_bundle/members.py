"""The files of a bundle, by name: what proves the case, and what people read, which follows from it alone."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

import msgspec

from contracts.codec import encode
from contracts.evidence import Bundled, BundledDocument, BundledLine
from contracts.receipt import carried
from contracts.tlog_proof import TlogProof
from gateway.evidence_bundle import picture, readme, timeline
from gateway.evidence_bundle.case import Case
from gateway.evidence_bundle.material import Document
from gateway.evidence_bundle.proving import Line

INDEX: Final = "evidence.json"
MANIFEST: Final = "MANIFEST.sha256"
CHECKPOINT: Final = "checkpoint"
LOG_KEY: Final = "log.vkey"
OFFICERS: Final = "officers.vkeys"
POLICY: Final = "witness.policy"
TOKEN, DECISION, NOTICE = "token.jwt", "decision.jwt", "notice.jwt"
RECEIPT: Final = "receipt.tlog-proof"
EXTENSIONS: Final = {"agreement": "toml", "directory": "json"}


def files(case: Case) -> dict[str, bytes]:
    """Every file of the bundle, the manifest with them."""
    members = {name: text.encode() for name, text in _members(case)}
    return members | {MANIFEST: manifest(members)}


def manifest(members: Mapping[str, bytes]) -> bytes:
    """The SHA-256 of each file, a line each, as `sha256sum -c` reads it."""
    return "".join(f"{sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members)).encode()


def folder(line: Line) -> str:
    """Where what proves a line lies: by its number, so that folders stand in the log's order."""
    return f"lines/{line.index:06}-{line.shared.event if line.shared else 'not-open'}"


def document_name(kind: str, version: int) -> str:
    """The document's file, without its extension."""
    return f"documents/{kind}-v{version}"


def _members(case: Case) -> Iterator[tuple[str, str]]:
    material = case.material
    yield "README.txt", readme.text(case)
    yield "timeline.txt", timeline.text(case)
    yield "timeline.svg", picture.svg(case)
    yield INDEX, msgspec.json.format(encode(_index(case))).decode() + "\n"
    yield CHECKPOINT, TlogProof.parse(case.newest.given.receipt).checkpoint
    yield LOG_KEY, "".join(f"{vkey}\n" for vkey in material.log_vkeys)
    yield OFFICERS, "".join(f"{officer}\n" for officer in material.officers)
    if material.policy is not None:
        yield POLICY, material.policy
    for line in case.lines:
        yield from ((f"{folder(line)}/{name}", text) for name, text in _line(line))
    for document in material.documents:
        yield from _document(document)


def _index(case: Case) -> Bundled:
    material = case.material
    return Bundled(
        origin=material.origin,
        exchange=material.exchange,
        reader=material.reader,
        at=material.at,
        lines=tuple(BundledLine(index=line.index, folder=folder(line)) for line in case.lines),
        documents=tuple(
            BundledDocument(kind=each.stood.kind, version=each.stood.version, index=each.stood.index)
            for each in material.documents
        ),
    )


def _line(line: Line) -> Iterator[tuple[str, str]]:
    given = line.given
    yield RECEIPT, given.receipt
    for name, token in ((TOKEN, given.token), (DECISION, given.decision), (NOTICE, given.notice)):
        if token is not None:
            yield name, token
    leaf, shared, exact = carried(TlogProof.parse(given.receipt))
    yield "leaf.json", leaf.decode()
    for part, opening in (("shared", shared), ("exact", exact)):
        if opening is not None:
            yield f"{part}.json", opening.part.decode()
            yield f"{part}.salt", opening.salt.hex()


def _document(document: Document) -> Iterator[tuple[str, str]]:
    stood = document.stood
    name = document_name(stood.kind, stood.version)
    leaf, _, _ = carried(TlogProof.parse(stood.receipt))
    yield f"{name}.{EXTENSIONS[stood.kind]}", document.signed.document
    yield f"{name}.note", document.signed.note
    yield f"{name}.leaf.json", leaf.decode()
    yield f"{name}.tlog-proof", stood.receipt
