"""What `rj verify receipt` says of a line: that it is in the log, how it stands, and who has cosigned."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.cli.screen import CROSS, TICK, clean, facts

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.cli.receipts import Proven


def missing(proven: "Sequence[Proven]") -> list[int]:
    """The lines that neither open nor were erased."""
    return [each.index for each in proven if each.standing == "missing"]


def drawn(proven: "Sequence[Proven]") -> "Iterator[RenderableType]":
    """For people: each receipt in a few lines."""
    for each in proven:
        yield f"{TICK} Line {each.index} is in the log [bold]{clean(each.origin)}[/], which then had {each.size} lines."
        if each.cosigned is not None:
            yield f"  {TICK} Cosigned by {clean(', '.join(each.cosigned)) or 'nobody: the policy asks for none'}."
        yield f"  {_standing(each)}"
        if shared := each.shared:
            names = ("event", "iss", "to", "exchange", "decision")
            yield facts([(name, getattr(shared, name)) for name in names])
        if exact := each.exact:
            yield facts([("code", exact.code), ("clauses", ", ".join(exact.clauses)), ("purpose", exact.purpose)])
        if each.decision:
            yield f"  {TICK} The log signed the decision: {each.decision.decision}."


def _standing(each: "Proven") -> str:
    match each.standing:
        case "clear":
            return f"{TICK} It says in clear what it is: {clean(each.kind)}."
        case "opened":
            return f"{TICK} It opens to what it committed to."
        case "erased":
            rule, by = (each.erased.rule, each.erased.by) if each.erased else ("", "")
            return f"{TICK} Its record was erased under clause {clean(rule)}: line {by} says so."
        case "recovered":
            return f"{TICK} It was put back from the public log after the database was lost: what it stood for is gone."
        case "closed":
            return "It is not opened to this reader, says whoever gave the proof. Nothing else vouches for that."
        case "missing":
            return f"{CROSS} It does not open, and nothing says that it was erased."
