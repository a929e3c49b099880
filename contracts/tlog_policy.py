"""Which logs are trusted, and whose cosignatures are enough (C2SP tlog-policy)."""

import re
from collections.abc import Collection
from typing import Self

from msgspec import Struct

from contracts.checkpoint import Malformed, parse_vkey

POLICY_CHARACTERS_MAX = 1 << 18
NO_QUORUM = "none"

_WITNESS_KINDS = {0x04, 0x06}  # the kinds of tlog-cosignature: Ed25519 and ML-DSA-44
_SPACE = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,5}")


class Log(Struct, frozen=True, kw_only=True):
    """A log whose checkpoints are accepted; the name of its key is the log's origin."""

    vkey: str
    url: str | None = None


class Witness(Struct, frozen=True, kw_only=True):
    """A witness. ``name`` means something inside the policy only, and need not be the name of the key."""

    name: str
    vkey: str
    url: str | None = None


class Group(Struct, frozen=True, kw_only=True):
    """Met when at least ``threshold`` of its members, witnesses or earlier groups, are met."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Policy(Struct, frozen=True, kw_only=True):
    """A policy; ``quorum`` names a witness or a group, or is ``none``. Groups stand in the order of the file."""

    logs: tuple[Log, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NO_QUORUM

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a policy file. Raises Malformed."""
        if len(text) > POLICY_CHARACTERS_MAX or _FORBIDDEN.search(text) or not text.endswith("\n"):
            raise Malformed("A policy has at most 262,144 characters, no control character but tab, and whole lines.")
        draft = _Draft()
        for line in text.split("\n"):
            words = _SPACE.split(line.strip(" \t"))
            if words[0] and not words[0].startswith("#"):
                draft.read(words)
        if draft.quorum is None:
            raise Malformed("The policy has no quorum. Add a line such as: quorum none.")
        draft.check_counted_once()
        logs, witnesses, groups = tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups)
        return cls(logs=logs, witnesses=witnesses, groups=groups, quorum=draft.quorum)


def satisfied(policy: Policy, names: Collection[str]) -> bool:
    """Whether the witnesses of these names (names of the policy, not of keys) are a quorum."""
    met = {witness.name for witness in policy.witnesses}.intersection(names)
    for group in policy.groups:  # members stand on earlier lines, so one pass in order is enough
        if len(met.intersection(group.members)) >= group.threshold:
            met.add(group.name)
    return policy.quorum == NO_QUORUM or policy.quorum in met


class _Draft:
    """What the lines read so far have defined."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._defined: set[str] = set()
        self._grouped: set[str] = set()
        self._keys: set[tuple[str, bytes]] = set()

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._add_key("log", vkey)
                self.logs.append(Log(vkey=vkey, url=url[0] if url else None))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._define(name)
                self._add_key("witness", vkey)
                self.witnesses.append(Witness(name=name, vkey=vkey, url=url[0] if url else None))
            case ["group", name, threshold, *members]:
                self._take_members(members)
                self._define(name)
                self.groups.append(Group(name=name, threshold=_count(threshold, members), members=tuple(members)))
            case ["quorum", name] if self.quorum is None:
                if name != NO_QUORUM and name not in self._defined:
                    raise Malformed("The quorum must be none, or a witness or group of an earlier line.")
                self.quorum = name
            case _:
                raise Malformed("A line of the policy is not log, witness, group or the one quorum in its right form.")

    def check_counted_once(self) -> None:
        """Keys of one name, such as one of each kind, are one witness and one vote. Raises Malformed."""
        group_of = {member: group for group in self.groups for member in group.members}
        joined: dict[str, list[Group]] = {}
        for witness in self.witnesses:
            if witness.name in group_of:
                joined.setdefault(parse_vkey(witness.vkey)[0], []).append(group_of[witness.name])
        for first, *others in joined.values():
            if others and (first.threshold > 1 or any(other != first for other in others)):
                raise Malformed("Two keys of one witness must stand in one group, of any, so that they count once.")

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self._defined:
            raise Malformed("Each witness and group needs a name of its own, and none is taken.")
        self._defined.add(name)

    def _take_members(self, members: list[str]) -> None:
        """Each name may be a member once in the whole policy, so that no witness counts twice."""
        for member in members:
            if member not in self._defined or member in self._grouped:
                raise Malformed("A group's members must stand on earlier lines, and each in one group only.")
            self._grouped.add(member)

    def _add_key(self, role: str, vkey: str) -> None:
        _, kind, public = parse_vkey(vkey)
        if role == "witness" and kind not in _WITNESS_KINDS:
            raise Malformed("The key of a witness must be one for cosignatures.")
        if (role, public) in self._keys:
            raise Malformed("A log or a witness is listed twice: two lines have one public key.")
        self._keys.add((role, public))


def _count(threshold: str, members: list[str]) -> int:
    counts = {"any": 1, "all": len(members)}
    count = int(threshold) if _THRESHOLD.fullmatch(threshold) else counts.get(threshold, 0)
    if not 1 <= count <= len(members):
        raise Malformed("A group needs any, all, or a number from 1 to that of its members, and then its members.")
    return count
