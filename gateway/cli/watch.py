"""`rj watch`: following a log from outside, for agencies, inspectors and anybody else."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import CROSS, TICK, clean, show, with_json
from gateway.cli.trusted import log_keys, policy_in, with_trust

if TYPE_CHECKING:
    from contracts.tlog_policy import Policy
    from gateway.ledger.directory_keys import KeyChange
    from gateway.ledger.watch import Alarm, Remembered, Told
    from keys.notes import VerifierKey

EVERY: Final = 60


@click.command()
@click.argument("where", metavar="URL|DIR")
@with_trust
@click.option("--state", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Where the last verified checkpoint is remembered. Without it, only while this runs.")  # fmt: skip
@click.option("--every", metavar="SECONDS", type=click.IntRange(1), default=EVERY, show_default=True,
              help="How often it looks.")  # fmt: skip
@click.option("--oldest", metavar="SECONDS", type=click.IntRange(1),
              help="Alarm when the quorum of the --policy is older than this.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look once, and end.")
@with_json
def watch(
    *, where: str, vkeys: tuple[str, ...], policy: Path | None, state: Path | None, every: int, oldest: int | None,
    once: bool,
) -> None:  # fmt: skip
    """Follow a log: check that it only grows, and print each line in clear.

    Those are new agreements, directories and keys of the log. Of a directory at an address, each key that came, went
    or was revoked is named.

    \b
    Examples:
      rj watch https://gateway.example --key ledger.vkey --state watch.json
      rj watch https://gateway.example --key ledger.vkey --state watch.json --once
    """
    if oldest and policy is None:
        raise click.UsageError("--oldest asks for the age of a quorum: name the --policy.")
    keys = log_keys(vkeys)
    with closing(_Watch(where, keys, policy_in(policy, keys), state, oldest)) as watching, suppress(KeyboardInterrupt):
        watching.look(stop=once)
        while not once:
            time.sleep(every)
            watching.look(stop=False)


class _Watch:
    """One log under watch."""

    def __init__(
        self,
        where: str,
        keys: "tuple[VerifierKey, ...]",
        policy: "Policy | None",
        state: Path | None,
        oldest: int | None,
    ) -> None:
        from gateway.ledger.source import source_of

        self._source, self._keys, self._policy = source_of(where), keys, policy
        self._state, self._oldest, self._serves = state, oldest, "://" in where
        self._known = _read_state(state, keys)

    def close(self) -> None:
        """Let go of the connection."""
        self._source.close()

    def look(self, *, stop: bool) -> None:
        """Look, tell, remember. Raises Stop for an alarm, and where `stop` says so if the log is away."""
        from gateway.ledger.source import SourceAway
        from gateway.ledger.watch import Alarm

        try:
            self._look()
        except Alarm as alarm:
            raise self._stop(alarm) from alarm
        except SourceAway as away:
            if stop:
                raise
            show({"away": str(away)}, lambda told: [f"{CROSS} {_now()} {clean(told['away'])}"])

    def _look(self) -> None:
        from gateway.ledger.head import quorum_time
        from gateway.ledger.watch import Alarm, Remembered, look

        known = self._known
        found = look(self._source, self._keys, self._policy, known)
        newest = quorum_time(self._policy, found.head.times) if self._policy else None
        if self._oldest and time.time() - (newest or 0) > self._oldest:
            raise Alarm("stale", "The quorum's cosignatures are older than --oldest allows.", found=found.head.note)
        tree, grown = found.head.tree, found.edge.size - (known.edge.size if known else 0)
        if grown or known is None:
            show({"origin": tree.origin, "lines": tree.size, "new": grown, "root": tree.root.hex()}, _grown)
        for told in found.told:
            show(_line(told), _drawn_line)
        now = Remembered(note=found.head.note, edge=found.edge) if known is None else known
        now = _replaced(now, note=found.head.note, edge=found.edge, **_directory(found.told))
        self._remember(self._keys_seen(now) if self._serves else now)

    def _keys_seen(self, known: "Remembered") -> "Remembered":
        """With the keys of the directory that the log has announced, if it has not been read yet. Raises Alarm."""
        from gateway.ledger import directory_keys
        from gateway.ledger.watch import Alarm

        if known.seen >= known.directory:
            return known
        served = directory_keys.served(self._source)
        if served is None:  # a copy of the log, such as a CDN has
            show({"directory": None}, lambda _: ["  No directory is served here: watch the gateway to see its keys."])
            return known
        if served.version > known.directory:  # its line is not published yet: the next look will have it
            return known
        if served.sha256 != known.sha256:
            raise Alarm("directory", f"The gateway does not serve the directory, version {known.directory}, that its "
                        "log has announced.", known.note)  # fmt: skip
        if known.seen:
            for change in directory_keys.changes(known.kids, served.kids):
                show(change, _drawn_change)
        else:
            agencies = len({key.agency for key in served.kids.values()})
            show({"keys": len(served.kids), "agencies": agencies, "version": served.version}, _drawn_keys)
        return _replaced(known, seen=served.version, kids=served.kids)

    def _remember(self, known: "Remembered") -> None:
        """Dying before this line, the next look tells the same again."""
        import msgspec

        from gateway.durable import write_whole

        self._known = known
        if self._state:
            write_whole(self._state, msgspec.json.format(msgspec.json.encode(known)) + b"\n")

    def _stop(self, alarm: "Alarm") -> Stop:
        """The end that an alarm makes, with both checkpoints kept as evidence beside the state file."""
        from gateway.durable import write_whole

        kept = []
        for name in ("known", "found"):
            note = getattr(alarm, name)
            if self._state and note:
                kept.append(self._state.with_name(f"{self._state.name}.{alarm.kind}.{int(time.time())}.{name}"))
                write_whole(kept[-1], note.encode())
        more = [f"Evidence: {path}" for path in kept]
        return Stop(str(alarm), Exit.NOT_VERIFIED, [*more, "Keep it, and ring the operator and an inspector."],
                    alarm=alarm.kind, known=alarm.known, found=alarm.found)  # fmt: skip


def _read_state(state: Path | None, keys: "tuple[VerifierKey, ...]") -> "Remembered | None":
    from contracts.checkpoint import Malformed
    from gateway.ledger.watch import remembered
    from keys.notes import NoteRefused

    if state is None or not state.exists():
        return None
    try:
        return remembered(state.read_bytes(), keys)
    except (Malformed, NoteRefused) as error:
        raise Stop(f"{state}: {error}", Exit.CONFIGURATION) from error


def _replaced(known: "Remembered", **changes: Any) -> "Remembered":
    from msgspec.structs import replace

    return replace(known, **changes)


def _directory(told: "list[Told]") -> dict[str, Any]:
    """The newest directory among lines in clear."""
    from contracts.event import DirectoryLeaf

    found = [line.leaf for line in told if isinstance(line.leaf, DirectoryLeaf)]
    return {"directory": found[-1].version, "sha256": found[-1].sha256} if found else {}


def _line(told: "Told") -> dict[str, Any]:
    import msgspec

    said = msgspec.to_builtins(told.leaf) if told.leaf else {"class": "unknown"}
    return {"line": told.line} | {name: value for name, value in said.items() if name != "v"}


def _now() -> str:
    return time.strftime("%H:%M:%S")


def _grown(found: dict[str, Any]) -> Iterator[str]:
    yield f"{TICK} {_now()} [bold]{clean(found['origin'])}[/] has {found['lines']} lines, {found['new']} of them new."


def _drawn_line(line: dict[str, Any]) -> Iterator[str]:
    said = ", ".join(f"{name} {value}" for name, value in line.items() if name not in ("line", "class"))
    yield f"  line {line['line']}: [bold]{clean(line['class'])}[/] {clean(said)}"


def _drawn_keys(found: dict[str, Any]) -> Iterator[str]:
    yield f"  directory {found['version']}: {found['keys']} keys of {found['agencies']} agencies, known from now on"


def _drawn_change(change: "KeyChange") -> Iterator[str]:
    yield f"  [bold]key {change.change}[/]: {clean(change.agency)}, {change.use}, {clean(change.kid)}"
