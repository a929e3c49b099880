"""A bundle checked, from its bytes alone.

1. archive   it is byte for byte a ZIP of its files
2. manifest  every file is the one that the manifest names
3. material  the files hold what a bundle is made of, each thing in its place
4. case      every signature and proof holds, under keys from outside; then the order of events
5. members   what follows from that is, file for file, what the bundle holds: nothing more, nothing less, nothing else
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from contracts.codec import Malformed, decode_strict
from contracts.directory import SignedDocument
from contracts.evidence import Bundled, BundledDocument, BundledLine, EvidenceDocument, EvidenceLine
from gateway.evidence_bundle import archive, members
from gateway.evidence_bundle.case import Case, prove
from gateway.evidence_bundle.material import Document, Material, NotProved, Trusted
from keys import documents
from keys.ed25519 import BadKey
from keys.notes import VerifierKey

INDEX_BYTES_MAX: Final = 16 * 1024 * 1024
_INDEX: Final = msgspec.json.Decoder(Bundled)


def bundle(material: Material, trusted: Trusted) -> bytes:
    """The bundle of this material, once all of it is proved. Raises NotProved."""
    return archive.pack(members.files(prove(material, trusted)))


def check(
    raw: bytes, log: tuple[VerifierKey, ...], officers: tuple[VerifierKey, ...] | None, policy: str | None
) -> Case:
    """What the bundle proves under the log's key, or its keys where it has changed. Raises NotABundle, NotProved.

    Without `officers` those that the bundle brings are taken, which whoever made it has chosen.
    """
    # 1. archive
    held = archive.unpack(raw)
    # 2. manifest
    _check_manifest(held)
    # 3. material
    material = _material(_Files(held))
    if not set(material.log_vkeys) & {key.encode() for key in log}:
        raise NotProved("log.vkey is another key than yours. Ask both parties which key the log has.")
    if officers is not None and set(material.officers) != {officer.encode() for officer in officers}:
        raise NotProved("officers.vkeys names other officers than yours. Ask both parties who their officers are.")
    trusted = Trusted(log=log, officers=_officers(material) if officers is None else officers, policy=policy)
    # 4. case
    case = prove(material, trusted)
    # 5. members
    _check_same(held, members.files(case))
    return case


def _check_manifest(held: Mapping[str, bytes]) -> None:
    beside = {name: raw for name, raw in held.items() if name != members.MANIFEST}
    if held.get(members.MANIFEST) != members.manifest(beside):
        raise NotProved("The files are not those that the manifest names: one was changed, added or taken away.")


def _check_same(held: Mapping[str, bytes], made: Mapping[str, bytes]) -> None:
    if extra := sorted(held.keys() - made.keys()):
        raise NotProved(f"{len(extra)} file(s) are in the bundle that have no place in it.")
    for name, raw in made.items():
        if held.get(name) != raw:
            raise NotProved(f"{name} does not say what the signed lines say.")


class _Files:
    """The files of a bundle, as text."""

    def __init__(self, held: Mapping[str, bytes]) -> None:
        self._held = held

    def text(self, name: str) -> str:
        """A file that must be there. Raises NotProved."""
        found = self.maybe(name)
        if found is None:
            raise NotProved(f"{name} is missing from the bundle.")
        return found

    def maybe(self, name: str) -> str | None:
        """A file that may be there."""
        try:
            return self._held[name].decode() if name in self._held else None
        except UnicodeDecodeError:
            raise NotProved(f"{name} is not text.") from None


def _material(found: _Files) -> Material:
    try:
        index = decode_strict(found.text(members.INDEX).encode(), _INDEX, INDEX_BYTES_MAX)
    except Malformed:
        raise NotProved("evidence.json is not in the form that this program knows. Use a program as new.") from None
    return Material(
        origin=index.origin,
        exchange=index.exchange,
        reader=index.reader,
        at=index.at,
        lines=tuple(_line(found, each) for each in index.lines),
        documents=tuple(_document(found, each) for each in index.documents),
        log_vkeys=tuple(found.text(members.LOG_KEY).splitlines()),
        officers=tuple(found.text(members.OFFICERS).splitlines()),
        policy=found.maybe(members.POLICY),
    )


def _line(found: _Files, line: BundledLine) -> EvidenceLine:
    return EvidenceLine(
        index=line.index,
        receipt=found.text(f"{line.folder}/{members.RECEIPT}"),
        token=found.maybe(f"{line.folder}/{members.TOKEN}"),
        decision=found.maybe(f"{line.folder}/{members.DECISION}"),
        notice=found.maybe(f"{line.folder}/{members.NOTICE}"),
    )


def _document(found: _Files, bundled: BundledDocument) -> Document:
    name = members.document_name(bundled.kind, bundled.version)
    text = found.text(f"{name}.{members.EXTENSIONS[bundled.kind]}")
    return Document(
        signed=SignedDocument(document=text, note=found.text(f"{name}.note")),
        stood=EvidenceDocument(
            kind=bundled.kind,
            version=bundled.version,
            sha256=documents.digest_of(text),
            index=bundled.index,
            receipt=found.text(f"{name}.tlog-proof"),
        ),
    )


def _officers(material: Material) -> tuple[VerifierKey, ...]:
    try:
        return tuple(VerifierKey.parse(vkey) for vkey in material.officers)
    except BadKey as error:
        raise NotProved(f"officers.vkeys: {error}") from error
