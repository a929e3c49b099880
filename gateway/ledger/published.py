"""The published head as a file beside the data: a signed note, with as many cosignatures as the policy asks for."""

import os
from collections.abc import Mapping
from pathlib import Path

import structlog
from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed, NoteSignature, parse_note
from contracts.tlog_policy import NO_QUORUM, Policy, satisfied
from keys.notes import NoteRefused, VerifierKey, cosignature_time, open_checkpoint

_log = structlog.get_logger()


class Published(Struct, frozen=True, kw_only=True):
    """A head that the quorum has cosigned. `at`: the newest instant at or after which a quorum did."""

    note: str
    tree: Checkpoint
    at: int


def read_published(file: Path, policy: Policy) -> Published | None:
    """What was published last, if it is there and holds under the policy of today."""
    try:
        raw = file.read_bytes()
        note = parse_note(raw)
        tree = open_checkpoint(note, policy)
    except FileNotFoundError:
        return None
    except (OSError, Malformed, NoteRefused) as error:
        _log.warning("checkpoint.not-believed", error=type(error).__name__)
        return None
    times = _times(note.signatures, policy)
    newest = quorum_time(policy, times) if policy.quorum != NO_QUORUM else None
    return Published(note=raw.decode(), tree=tree, at=newest or int(file.stat().st_mtime))


def _times(lines: tuple[NoteSignature, ...], policy: Policy) -> dict[str, int]:
    """When each witness cosigned; all of these lines have verified."""
    keys = {witness.name: VerifierKey.parse(witness.vkey) for witness in policy.witnesses}
    return {
        name: cosignature_time(line)
        for name, key in keys.items()
        for line in lines
        if (line.name, line.key_id) == (key.name, key.key_id)
    }


def write_whole(file: Path, text: str) -> None:
    """Replace a file durably: whoever reads it, after a power failure too, finds the old text or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.new")
    with draft.open("w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def quorum_time(policy: Policy, times: Mapping[str, int]) -> int | None:
    """The newest instant at or after which a quorum cosigned; None where these are no quorum.

    `times`: name in the policy → when it cosigned. A witness whose clock is behind makes nothing older than it is, as
    long as the others are a quorum without it.
    """
    met: list[str] = []
    for name in sorted(times, key=lambda each: times[each], reverse=True):
        met.append(name)
        if satisfied(policy, met):
            return times[name]
    return None
