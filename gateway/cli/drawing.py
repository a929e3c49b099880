"""How a case, and what was opened of it, looks to the person who works on it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.screen import TICK, clean, facts, table

if TYPE_CHECKING:
    from rich.console import RenderableType

PAGE: Final = 100
"""Cases on a page: after one that is not full there is no other."""

HINTS: Final = {
    "open": "Open the details: rj open {exchange} --why contact-victim --no-conflict",
    "acknowledge-recall": "Stop all contact, destroy what you copied, then: rj recall {exchange} --acknowledge",
    "read": "Read who it is about: rj open {exchange} --why read-request --no-conflict",
    "answer": "Say what the victim chose: rj answer {exchange} answer.json",
    "recall": "If the victim changes their mind: rj recall {exchange}",
}
"""What of `next` can be done here, and how."""


def said(answer: dict[str, Any]) -> "Iterator[RenderableType]":
    """What came of saying something, and the case as it is now."""
    if answer.get("queued"):
        yield "[bold yellow]… Not sent yet.[/] It is kept, encrypted, and goes out later, once. Do not type it again."
    else:
        yield f"{TICK} On record, line {answer.get('leaf')} of the log. Receipt: {clean(answer.get('jti'))}"
    if withheld := answer.get("withheld"):
        dropped = clean(", ".join(withheld))
        yield f"  Dropped by the gateway and never stored, as the agreement does not permit it: {dropped}."
    yield from case(answer.get("case") or {})


def recalled(answer: dict[str, Any]) -> "Iterator[RenderableType]":
    """What came of a recall: one that waits protects nobody yet."""
    if answer.get("queued"):
        yield f"[bold red]The recall is waiting to be sent.[/] {_ring(answer.get('case') or {})}"
    yield from said(answer)


def _waiting(found: dict[str, Any]) -> "Iterator[RenderableType]":
    """Why something that was said on the case has not left yet."""
    waiting = found.get("waiting")
    if not waiting:
        return
    yield f"[bold yellow]Waiting to be sent[/] ({clean(waiting.get('why'))}). {clean(waiting.get('words'))}"
    # The case does not say what waits; where there is something to recall, it may be the recall.
    if "recall" in (found.get("next") or ()):
        yield f"[bold red]If it is a recall:[/] {_ring(found)}"


def _ring(found: dict[str, Any]) -> str:
    phone = (found.get("ring") or {}).get("phone")
    return f"Until then the prison can still open the details: ring them now{f', {clean(phone)}' if phone else ''}."


def case(found: dict[str, Any]) -> "Iterator[RenderableType]":
    """One case: where it is, what is due, whom to ring, what may be told, what can be done."""
    yield from _waiting(found)
    due, ring = found.get("due") or {}, found.get("ring") or found.get("office") or {}
    yield facts(
        [
            ("exchange", found.get("exchange")),
            ("state", found.get("state_words") or found.get("state")),
            ("asked by", found.get("requester_name") or found.get("requester")),
            ("held by", found.get("holder_name") or found.get("holder")),
            ("purpose", found.get("purpose")),
            ("due", f"{due.get('what')} {due.get('words')}" if due else None),
            ("review", found.get("review")),
            ("missing", ", ".join(found.get("missing") or ())),
            ("can be opened", ", ".join(found.get("shared") or ())),
            ("ring", ", ".join(str(ring[name]) for name in ("name", "phone", "hours") if ring.get(name))),
            ("may be told", found.get("what_may_be_told")),
            ("asked again as", found.get("followed_by")),
            ("next", ", ".join(found.get("next") or ()) or None),
        ]
    )
    for step in found.get("next") or ():
        if step in HINTS:
            yield f"  {HINTS[step].format(exchange=clean(found.get('exchange')))}"


def cases(page: dict[str, Any]) -> "Iterator[RenderableType]":
    """A page of cases."""
    listed = page.get("cases") or []
    if not listed:
        yield "No cases here."
        return
    columns = ("exchange", "state", "purpose", "with", "due", "next")
    yield table(columns, [_row(each) for each in listed])
    more = f" More: rj inbox --after {page.get('next')}" if len(listed) >= PAGE else ""
    yield f"[dim]One in full: rj inbox EXCHANGE.{more}[/]"


def _row(case: dict[str, Any]) -> tuple[object, ...]:
    other = case.get("holder") if case.get("side") == "requester" else case.get("requester")
    due = (case.get("due") or {}).get("words")
    state = case.get("state_words") or case.get("state")
    return case.get("exchange"), state, case.get("purpose"), other, due, ", ".join(case.get("next") or ())


def events(page: dict[str, Any]) -> "Iterator[RenderableType]":
    """What happened, line by line."""
    columns = ("n", "exchange", "event", "state")
    yield table(columns, [[event.get(column) for column in columns] for event in page.get("events") or []])
    yield f"[dim]What comes next: rj inbox --events --after {page.get('next')} --wait 25[/]"


def opened(answer: dict[str, Any]) -> "Iterator[RenderableType]":
    """What was opened: the one place where values are shown."""
    yield f"{TICK} Opened; line {answer.get('leaf')} of the log says who, when and why. It is not kept here."
    if "reasons" in answer:
        yield facts([("reasons", answer["reasons"])])
    yield facts((answer.get("values") or {}).items())
    for name, part in (answer.get("subject") or {}).items():
        yield facts([(name, _words(part))])
    for finding in answer.get("findings") or ():
        code = finding.get("code")
        warning = f"[bold red]Approach nobody.[/] {clean(code)}:" if code else "[bold yellow]Check first.[/]"
        yield f"  {warning} {clean(finding.get('words'))}"
    if answer.get("review") == "needed":
        yield "  A sensitive case: a reviewer with advanced training decides before the victim is approached."


def _words(part: object) -> str:
    if isinstance(part, dict):
        return ", ".join(f"{name} {_words(value)}" for name, value in part.items() if value)
    return ", ".join(map(str, part)) if isinstance(part, list) else str(part or "")
