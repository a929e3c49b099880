"""Loading the directory: every rule that stands between a signed text and a key that is trusted.

The officers of both parties vouch for the list; each agency vouches for its own keys. So an operator of the gateway can
add no key, and officers alone can add no sealing key, without its showing here.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from contracts.codec import Malformed, decode_strict, unb64url
from contracts.directory import Agency, Directory, Endorsement, SealingKey, SignedDocument, SigningKey
from contracts.envelope import GATEWAY
from keys import documents
from keys.documents import DocumentRefused, Verified
from keys.ed25519 import BadKey, ed25519_public
from keys.endorsements import accession_statement, endorses, sealing_statement, signing_statement
from keys.known import KnownDirectory, Recipient, Signer
from keys.notes import VerifierKey
from keys.sealing import sealing_public
from keys.tokens import key_id

__all__ = ["DirectoryRefused", "KnownDirectory", "Recipient", "Signer", "load"]

DOCUMENT_BYTES_MAX: Final = 16_000_000

_DECODER: Final = msgspec.json.Decoder(Directory)

Signers = dict[str, Signer]


class DirectoryRefused(ValueError):
    """A directory that must not be used; the message names the agency and the rule."""


def load(
    signed: SignedDocument,
    officers: tuple[VerifierKey, ...],
    previous: KnownDirectory | None = None,
    *,
    gateway: str | None = None,
) -> KnownDirectory:
    """The directory, checked. Raises DirectoryRefused.

    `previous` is the version that the caller last accepted, so that nothing is rolled back. `gateway` is the origin
    that the caller means to speak to: give it wherever it is known, because officers may serve several gateways.
    """
    # 1. Both parties' officers signed this very text.
    try:
        verified = documents.verify("directory", signed, officers)
    except DocumentRefused as error:
        raise DirectoryRefused(str(error)) from error
    # 2. It can be read in one way only, and is what its note says.
    directory = _read(verified)
    # 3. It follows the one before.
    _check_succession(directory, verified.digest, previous, gateway)
    # 4. No name stands for two things.
    _check_names(directory)
    # 5. Each agency vouches for its own keys and its accession.
    signers: list[Signer] = []
    recipients: list[Recipient] = []
    for agency in directory.agencies:
        own = _signers(directory.gateway, agency)
        signers += own.values()
        recipients += _recipients(directory.gateway, agency, own)
        _check_accessions(directory.gateway, agency, own)
    return KnownDirectory(
        gateway=directory.gateway,
        version=directory.version,
        digest=verified.digest,
        agencies=directory.agencies,
        signers=tuple(signers),
        recipients=tuple(recipients),
    )


def _read(verified: Verified) -> Directory:
    try:
        directory = decode_strict(verified.document.encode(), _DECODER, DOCUMENT_BYTES_MAX)
    except Malformed as error:
        where = f" (at {error.where})" if error.where else ""
        raise DirectoryRefused(f"The directory cannot be read{where}. {error}") from error
    if (directory.gateway, directory.version) != (verified.id, verified.version):
        raise DirectoryRefused("The directory is of another gateway or version than its note says. Sign it again.")
    return directory


def _check_succession(directory: Directory, digest: str, previous: KnownDirectory | None, gateway: str | None) -> None:
    expected = previous.gateway if previous else directory.gateway
    if directory.gateway != expected or directory.gateway != (gateway or expected):
        raise DirectoryRefused("The directory is of another gateway. Fetch the one of the gateway you use.")
    if previous is None or digest == previous.digest:
        return
    if directory.version < previous.version:
        raise DirectoryRefused("The directory is older than the one already accepted. Fetch the current version.")
    if directory.version == previous.version:
        raise DirectoryRefused("There are two directories of one version. Tell both parties' officers at once.")


def _check_names(directory: Directory) -> None:
    """No name may stand for two things, and none for the gateway itself."""
    agencies = directory.agencies
    if again := _repeated(agency.id for agency in agencies):
        raise DirectoryRefused(f"Agency {again}: it is listed twice. Give each agency one entry.")
    shared = _repeated(kid for agency in agencies for kid in _kids(agency))
    for agency in agencies:
        if agency.id == GATEWAY:
            raise _refusal(agency, "this id is the gateway's own address. Choose another")
        if shared in _kids(agency):
            raise _refusal(agency, "one of its keys is listed twice, here or under another agency. Remove one")
        if _repeated(office.id for office in agency.offices):
            raise _refusal(agency, "two of its offices have one id. Rename one")


def _kids(agency: Agency) -> list[str]:
    return [key.kid for key in agency.signing] + [key.kid for key in agency.sealing]


def _signers(origin: str, agency: Agency) -> Signers:
    own = {key.kid: _signer(agency, key) for key in agency.signing}
    for key in agency.signing:
        if key.endorsement:  # otherwise it stands on the officers' signatures alone
            by = _endorser(agency, key.endorsement, signing_statement(origin, agency.id, key), own)
            if by.valid_from >= key.valid_from:
                raise _refusal(agency, "a signing key is not endorsed by an earlier one. Let the key before it sign")
            _check_in_force(agency, by, own[key.kid].valid_from, own[key.kid].ends_at)
    return own


def _recipients(origin: str, agency: Agency, own: Signers) -> list[Recipient]:
    recipients = [_recipient(agency, key) for key in agency.sealing]
    for key, recipient in zip(agency.sealing, recipients, strict=True):
        by = _endorser(agency, key.endorsement, sealing_statement(origin, agency.id, key), own)
        _check_in_force(agency, by, recipient.valid_from, recipient.seals_until)
    return recipients


def _check_accessions(origin: str, agency: Agency, own: Signers) -> None:
    for accession in agency.accessions:
        _endorser(agency, accession.endorsement, accession_statement(origin, agency.id, accession.agreement), own)


def _endorser(agency: Agency, endorsement: Endorsement, said: bytes, own: Signers) -> Signer:
    """The agency's own signing key that signed what is said."""
    by = own.get(endorsement.by)
    if by is None:
        raise _refusal(agency, "an endorsement is not by a signing key of this agency. Let its own key sign")
    if not endorses(by.public, endorsement, said):
        raise _refusal(agency, "an endorsement does not fit what it endorses. Let the agency's key sign it again")
    return by


def _check_in_force(agency: Agency, by: Signer, starts: int, ends: int) -> None:
    """A key is endorsed by one that is good when it starts, so a stolen key endorses nothing that starts after.

    A key that ends before it starts was withdrawn: it stays listed so that its values and messages can be frozen.
    """
    if starts < ends and not by.valid_at(starts):
        raise _refusal(agency, "a key is endorsed by one that is not valid when it starts. Endorse it with a valid key")


def _signer(agency: Agency, key: SigningKey) -> Signer:
    try:
        raw = unb64url(key.public)
        public = ed25519_public(raw)
    except (BadKey, Malformed) as error:
        raise _refusal(agency, f"a signing key cannot be used. {error}") from error
    _check_key(agency, key.kid == key_id(raw), key.valid_from < key.valid_until)
    return Signer(
        agency=agency,
        kid=key.kid,
        public=public,
        valid_from=key.valid_from,
        valid_until=key.valid_until,
        revoked_at=key.revoked_at,
        compromised_since=key.compromised_since,
    )


def _recipient(agency: Agency, key: SealingKey) -> Recipient:
    try:
        raw = unb64url(key.public)
        public = sealing_public(raw)
    except (BadKey, Malformed) as error:
        raise _refusal(agency, f"a sealing key cannot be used. {error}") from error
    _check_key(agency, key.kid == key_id(raw), key.valid_from < key.seal_until <= key.open_until)
    return Recipient(
        agency_id=agency.id,
        kid=key.kid,
        public=public,
        valid_from=key.valid_from,
        seal_until=key.seal_until,
        open_until=key.open_until,
        revoked_at=key.revoked_at,
        compromised_since=key.compromised_since,
    )


def _check_key(agency: Agency, named: bool, ordered: bool) -> None:
    if not named:
        raise _refusal(agency, "a key id does not belong to its key. Compute it from the key")
    if not ordered:
        raise _refusal(agency, "the times of a key are not in order. Each must come after the one before")


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)


def _refusal(agency: Agency, rule: str) -> DirectoryRefused:
    return DirectoryRefused(f"Agency {agency.id}: {rule.removesuffix('.')}.")
