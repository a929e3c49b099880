"""The agreement and the directory as they stood at a line: of those announced before it, the last."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from msgspec import Struct

from contracts import agreement as agreements
from contracts.agreement import Agreement, AgreementRefused
from contracts.event import AgreementLeaf, DirectoryLeaf, parse_leaf
from gateway.evidence_bundle.material import Document, NotProved, Trusted
from keys import directory as directories
from keys import documents, receipts
from keys.directory import DirectoryRefused, KnownDirectory
from keys.documents import DocumentRefused
from keys.receipts import ReceiptRefused


class Terms(Struct, frozen=True, kw_only=True, eq=False):
    """The agreement of one version; `digest` is that of the text which the officers signed."""

    agreement: Agreement
    digest: str


class Stood:
    """Both documents, by the index of the leaf that announced each version."""

    def __init__(self, terms: Sequence[tuple[int, Terms]], directories: Sequence[tuple[int, KnownDirectory]]) -> None:
        self._terms, self._directories = terms, directories

    def terms(self, index: int) -> Terms:
        """The agreement that the line went by. Raises NotProved."""
        found = [terms for leaf, terms in self._terms if leaf < index]
        if not found:
            raise NotProved(f"Line {index}: the agreement that it went by is not in the bundle.")
        return found[-1]

    def directory(self, index: int) -> KnownDirectory:
        """The directory that the line went by. Raises NotProved."""
        found = [directory for leaf, directory in self._directories if leaf < index]
        if not found:
            raise NotProved(f"Line {index}: the agency directory that it went by is not in the bundle.")
        return found[-1]


def stood(given: Sequence[Document], origin: str, trusted: Trusted) -> Stood:
    """The documents, each signed by every officer and announced by the leaf that it names. Raises NotProved."""
    terms: list[tuple[int, Terms]] = []
    known: list[tuple[int, KnownDirectory]] = []
    for document in sorted(given, key=lambda each: each.stood.index):
        named = f"{document.stood.kind} version {document.stood.version}"
        try:
            _check_leaf(document, trusted)
            if document.stood.kind == "agreement":
                terms.append((document.stood.index, _terms(document, trusted)))
            else:
                known.append((document.stood.index, _directory(document, origin, trusted, known)))
        except (DocumentRefused, DirectoryRefused, AgreementRefused, ReceiptRefused) as error:
            raise NotProved(f"The {named} does not hold. {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotProved(f"The {named}: the line that should announce it is none of this log's.") from None
    _check_gaps([each.agreement.version for _, each in terms], "agreement")
    _check_gaps([each.version for _, each in known], "directory")
    return Stood(terms, known)


def _check_leaf(document: Document, trusted: Trusted) -> None:
    """The log itself announced this very document, at this line."""
    said = document.stood
    proven = receipts.check(said.receipt, *trusted.log)
    leaf = parse_leaf(proven.leaf)
    kind = AgreementLeaf if said.kind == "agreement" else DirectoryLeaf
    if proven.index != said.index or leaf != kind(version=said.version, sha256=said.sha256):
        raise NotProved(f"The {said.kind} version {said.version} is not what the log announced at line {said.index}.")


def _terms(document: Document, trusted: Trusted) -> Terms:
    verified = documents.verify("agreement", document.signed, trusted.officers)
    agreement = agreements.load(verified.document)
    _check_named(document, agreement.version, verified.digest)
    return Terms(agreement=agreement, digest=verified.digest)


def _directory(
    document: Document, origin: str, trusted: Trusted, known: Sequence[tuple[int, KnownDirectory]]
) -> KnownDirectory:
    previous = known[-1][1] if known else None
    directory = directories.load(document.signed, trusted.officers, previous, gateway=origin)
    _check_named(document, directory.version, directory.digest)
    return directory


def _check_named(document: Document, version: int, digest: str) -> None:
    if (version, digest) != (document.stood.version, document.stood.sha256):
        raise NotProved(f"The signed {document.stood.kind} is not the version that the log announced.")


def _check_gaps(versions: Sequence[int], kind: str) -> None:
    """Officers may skip a number; a bundle may not go back, nor hold one twice."""
    if any(later <= earlier for earlier, later in pairwise(versions)):
        raise NotProved(f"The versions of the {kind} are not in the order in which the log announced them.")
