"""What a checkpoint is worth: who signed it (C2SP tlog-checkpoint), and whether that is a quorum (tlog-policy)."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contracts.checkpoint import Checkpoint, parse_note
from contracts.tlog_policy import Policy, satisfied
from keys.notes import COSIGNATURE_BYTES, Kind, NoteRefused, VerifierKey, cosignature_time, verified_keys


class Cosigned(Struct, frozen=True, kw_only=True):
    """A witness of the policy, by its name there, and the time of its cosignature in seconds since 1970."""

    witness: str
    at: int


class Head(Struct, frozen=True, kw_only=True):
    """A verified checkpoint. `signers` are the log's keys that signed it; `unknown` counts lines that prove nothing."""

    note: str
    tree: Checkpoint
    signers: tuple[VerifierKey, ...]
    cosigned: tuple[Cosigned, ...] = ()
    unknown: int = 0

    @property
    def times(self) -> dict[str, int]:
        """Witness → when it cosigned."""
        return {each.witness: each.at for each in self.cosigned}


def open_head(note: str, keys: Sequence[VerifierKey], policy: Policy | None = None) -> Head:
    """The head that the log signed, and the policy's quorum, if there is a policy, has cosigned.

    `keys` are the log's, old and new: one must have signed under the log's own name, and none wrongly. Raises
    NoteRefused, Malformed, or BadKey for a policy with a key that must not be trusted.
    """
    signed = parse_note(note)
    witnesses = {VerifierKey.parse(each.vkey): each.name for each in policy.witnesses} if policy else {}
    by = verified_keys(signed, {*keys, *witnesses})
    tree = Checkpoint.parse(signed.text)
    signers = tuple(key for key in by if key in keys and key.kind is Kind.NOTE and key.name == tree.origin)
    if not signers:
        raise NoteRefused("The log has not signed the checkpoint under its own name. Use the key of this log.")
    times = {(line.name, line.key_id): line for line in signed.signatures}
    cosigned = tuple(
        Cosigned(witness=witnesses[key], at=cosignature_time(times[key.name, key.key_id]))
        for key in by
        if key in witnesses and key.kind in COSIGNATURE_BYTES
    )
    if policy and not satisfied(policy, [each.witness for each in cosigned]):
        raise NoteRefused("Too few witnesses have cosigned the checkpoint. Wait, and fetch it again.")
    unknown = sum((line.name, line.key_id) not in {(key.name, key.key_id) for key in by} for line in signed.signatures)
    return Head(note=note, tree=tree, signers=signers, cosigned=cosigned, unknown=unknown)


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
