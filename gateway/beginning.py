"""What a log says of itself at the start: whose place it takes, which keys sign it, which documents it keeps."""

import msgspec

from contracts import succession as successions
from contracts.checkpoint import Malformed
from contracts.codec import b64url
from contracts.directory import SignedDocument
from gateway.config import GatewaySection, read_file, read_officers
from gateway.documents import announce, refuse_going_back
from gateway.errors import CannotStart, LogRefused
from gateway.exchange import Gateway
from gateway.message import KeySigns, Succeeds
from keys import documents
from keys.documents import DocumentRefused
from keys.ed25519 import BadKey
from keys.notes import NoteRefused, VerifierKey
from keys.receipts import check_checkpoint


def succession(files: GatewaySection) -> Succeeds | None:
    """The log whose place this one takes, as both parties have signed it, or None. Raises CannotStart."""
    if files.succeeds is None:
        return None
    signed = read_file(files.succeeds, "the signed succession")
    try:
        document = msgspec.json.decode(signed, type=SignedDocument)
        verified = documents.verify("succession", document, read_officers(files.officers))
        said = successions.parse(verified.document)
        tree = check_checkpoint(said.checkpoint, VerifierKey.parse(said.old_vkey))
    except msgspec.DecodeError as error:
        raise CannotStart(f"{files.succeeds}: this is no signed succession. Make one: `rj ledger succeed`.") from error
    except (DocumentRefused, NoteRefused, Malformed, BadKey) as error:
        raise CannotStart(f"{files.succeeds}: the succession cannot be used. {error}") from error
    if not said.new == verified.id == files.origin or tree.origin == files.origin:
        raise CannotStart(
            f"{files.succeeds}: the succession is of another log. It must name this origin as the new one."
        )
    return Succeeds(origin=tree.origin, size=tree.size, root=b64url(tree.root), sha256=verified.digest)


async def begin(gateway: Gateway, succeeds: Succeeds | None) -> None:
    """Say it, where it is new. Raises LogRefused, StoreUnavailable."""
    log = await gateway.store.log()
    refuse_going_back(log, gateway.rules)
    if succeeds is not None:
        if log.edge.size and log.succeeds != succeeds.sha256:
            raise LogRefused(
                "The log has begun, so it can take the place of no other. Take `succeeds` out of the settings, or give "
                "the new log a folder of its own."
            )
        await gateway.writer.submit(succeeds)
    for vkey in gateway.log.vkeys:
        await gateway.writer.submit(KeySigns(vkey=vkey.encode()))
    await announce(gateway)
