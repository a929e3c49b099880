"""`rj verify evidence`: a bundle checked offline, step by step, as a court would."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import CROSS, TICK, clean, console, facts, put_json, table, wants_json, with_json
from gateway.cli.trusted import FILE, log_keys, with_trust

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.evidence_bundle.case import Case

BUNDLES_OWN: Final = "those in the bundle, chosen by whoever made it: name --officers to check with your own"


@click.command()
@click.argument("file", metavar="FILE.zip", type=FILE)
@with_trust
@click.option(
    "--officers", "officers_file", type=FILE, metavar="FILE", help="Both parties' officers' keys, a line each."
)
@with_json
def evidence(file: Path, vkeys: tuple[str, ...], officers_file: Path | None, policy: Path | None) -> None:
    """Check a bundle of evidence offline.

    Each signature, proof and file; the documents as they stood; then the order: asked, decided, delivered, consented,
    shared, opened, erased.

    \b
    Example:
      rj verify evidence evidence.zip --key ledger.vkey --officers officers.vkeys
    """
    from gateway.config import read_file, read_officers
    from gateway.evidence_bundle import words
    from gateway.evidence_bundle.archive import NotABundle
    from gateway.evidence_bundle.check import check
    from gateway.evidence_bundle.material import NotProved

    officers = read_officers(officers_file) if officers_file else None
    quorum = read_file(policy, "the policy").decode("utf-8", "replace") if policy else None
    try:
        case = check(file.read_bytes(), log_keys(vkeys), officers, quorum)
    except NotABundle as error:
        raise Stop(str(error), Exit.TYPED) from error
    except NotProved as error:
        raise Stop(f"The evidence does not hold. {error}", Exit.NOT_VERIFIED) from error
    told = _report(case, own_officers=officers is not None, cosigned=quorum is not None)
    if wants_json():
        put_json(told)
    else:
        for part in _drawn(told):
            console().print(part)
    if case.faults:
        wrong = words.counted(len(case.faults), "thing is", "things are")
        raise Stop(f"The signatures hold, and {wrong} not in order.", Exit.NOT_VERIFIED, told["faults"])


def _report(case: "Case", *, own_officers: bool, cosigned: bool) -> dict[str, Any]:
    from gateway.evidence_bundle import timeline, words

    material, newest = case.material, case.newest.tree
    lines = [
        {
            "index": line.index,
            "at": line.shared.at if line.shared else None,
            "event": line.shared.event if line.shared else None,
            "route": timeline.route(case, line),
            "name": words.name(line),
            "says": words.sentence(case, line),
            "when": words.when(line.shared.at) if line.shared else None,
            "faults": case.faults_at(line.index),
        }
        for line in case.lines
    ]
    return {
        "exchange": material.exchange,
        "origin": material.origin,
        "reader": material.reader,
        "side": case.side,
        "requester": case.requester,
        "holder": case.holder,
        "size": newest.size,
        "officers": list(material.officers),
        "officers_given": own_officers,
        "cosigners_checked": cosigned,
        "documents": [f"{each.stood.kind} version {each.stood.version}" for each in material.documents],
        "lines": lines,
        "faults": [f"line {fault.line}: {fault.words}" for fault in case.faults],
        "partial": case.partial,
    }


def _drawn(told: dict[str, Any]) -> "Iterator[RenderableType]":
    yield facts([(name, told[name]) for name in ("exchange", "requester", "holder")])
    yield facts([("made for", f"{told['reader']}, as {told['side']}")])
    yield from (f"{TICK} {step}" for step in _steps(told))
    yield table(
        ("", "line", "when (London)", "what", "from and to"),
        [
            ("✗" if line["faults"] else "✓", *(line[name] for name in ("index", "when", "name", "route")))
            for line in told["lines"]
        ],
    )
    yield _order(told)
    yield "[dim]It proves what is in it, not that it is all: only a scan of the whole log can show that.[/]"


def _order(told: dict[str, Any]) -> str:
    if told["faults"]:
        return f"{CROSS} Not everything is in order."
    if told["partial"]:
        return f"{TICK} What is erased was erased under a rule. The order cannot be judged from what is left."
    return f"{TICK} Asked, decided, delivered, consented, shared, opened, erased: each came after what it rests on."


def _steps(told: dict[str, Any]) -> Iterator[str]:
    own = "your officers' keys" if told["officers_given"] else BUNDLES_OWN
    yield "Every file is the one that the manifest names, and says what the signed lines say."
    yield f"Each of {len(told['lines'])} lines is in the log [bold]{clean(told['origin'])}[/], of {told['size']} lines."
    yield "Each message is signed by a key that was valid then, each decision and notice by the log."
    yield f"Signed by both parties and announced: {clean(', '.join(told['documents']))} (officers: {own})."
    if told["cosigners_checked"]:
        yield "Enough cosigners vouch for the log."
    else:
        yield "Cosigners were not asked for: name --policy to check theirs too."
