"""The published head as a file beside the data: a signed note, with as many cosignatures as the policy asks for."""

from pathlib import Path

import structlog
from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed
from contracts.tlog_policy import NO_QUORUM, Policy
from gateway.ledger.head import open_head, quorum_time
from keys.notes import NoteRefused, VerifierKey

_log = structlog.get_logger()


class Published(Struct, frozen=True, kw_only=True):
    """A head that the quorum has cosigned. `at`: the newest instant at or after which a quorum did."""

    note: str
    tree: Checkpoint
    at: int


def read_published(file: Path, policy: Policy) -> Published | None:
    """What was published last, if it is there and holds under the policy of today."""
    try:
        return believed(file.read_text("utf-8"), policy, int(file.stat().st_mtime))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        _log.warning("checkpoint.not-believed", error=type(error).__name__)
        return None


def believed(note: str, policy: Policy, at: int) -> Published | None:
    """A note as what is published, if it holds under the policy; `at`, where no cosignature tells the time."""
    keys = [VerifierKey.parse(log.vkey) for log in policy.logs]
    try:
        head = open_head(note, keys, policy)
    except (Malformed, NoteRefused) as error:
        _log.warning("checkpoint.not-believed", error=type(error).__name__)
        return None
    newest = quorum_time(policy, head.cosigned) if policy.quorum != NO_QUORUM else None
    return Published(note=head.note, tree=head.tree, at=newest or at)
