"""The agreement and the directory that the gateway goes by, with the signed documents that prove them."""

import msgspec
from msgspec import Struct

from contracts import agreement as agreements
from contracts.agreement import Agreement, AgreementRefused
from contracts.directory import SignedDocument
from gateway.decide.exchange import Situation
from gateway.errors import CannotStart
from gateway.message import Announced
from gateway.store.port import LogState
from keys import directory as directories
from keys import documents
from keys.directory import DirectoryRefused, KnownDirectory
from keys.documents import DocumentKind, DocumentRefused
from keys.notes import VerifierKey

_SIGNED = msgspec.json.Decoder(SignedDocument)


class Rules(Struct, frozen=True, kw_only=True):
    """Verified once, when loaded. `signed_*` are served as they are, so that anyone can verify them again."""

    agreement: Agreement
    agreement_digest: str
    directory: KnownDirectory
    signed_agreement: bytes
    signed_directory: bytes

    @property
    def announced(self) -> tuple[Announced, ...]:
        """Both documents, as the log must have announced them before the first line that goes by them."""
        agreement, directory = self.agreement, self.directory
        return (
            Announced(
                kind="agreement",
                version=agreement.version,
                sha256=self.agreement_digest,
                signed=self.signed_agreement,
            ),
            Announced(
                kind="directory", version=directory.version, sha256=directory.digest, signed=self.signed_directory
            ),
        )

    def situation(self, now: int) -> Situation:
        """What a decision at this instant is made under."""
        return Situation(
            agreement=self.agreement, agreement_digest=self.agreement_digest, directory=self.directory, now=now
        )


def announces(log: LogState, rules: Rules) -> bool:
    """Whether the log has yet to announce one of these documents. How it begins is said elsewhere (`beginning`)."""
    return log.edge.size > 0 and (
        log.agreement.version < rules.agreement.version or log.directory.version < rules.directory.version
    )


def behind(log: LogState, rules: Rules) -> bool:
    """Whether the log has announced a newer document than one of these: another node's operator was quicker."""
    return log.agreement.version > rules.agreement.version or log.directory.version > rules.directory.version


def load_rules(
    signed_agreement: bytes, signed_directory: bytes, officers: tuple[VerifierKey, ...], origin: str
) -> Rules:
    """Verify both documents. Raises CannotStart, in words that say which document and what is wrong with it."""
    try:
        verified = documents.verify("agreement", _decoded("agreement", signed_agreement), officers)
        agreement = agreements.load(verified.document)
        directory = directories.load(_decoded("directory", signed_directory), officers, gateway=origin)
    except (DocumentRefused, AgreementRefused) as error:
        raise CannotStart(f"The agreement cannot be used. {error}") from error
    except DirectoryRefused as error:
        raise CannotStart(f"The directory cannot be used. {error}") from error
    if (agreement.id, agreement.version) != (verified.id, verified.version):
        raise CannotStart("The agreement cannot be used. Its note names another id or version than its text.")
    return Rules(
        agreement=agreement,
        agreement_digest=verified.digest,
        directory=directory,
        signed_agreement=signed_agreement,
        signed_directory=signed_directory,
    )


def _decoded(kind: DocumentKind, signed: bytes) -> SignedDocument:
    try:
        return _SIGNED.decode(signed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotStart(f"The {kind} is not a signed document. Sign it with `rj {kind} sign`.") from error
