"""`rj request`, `inbox`, `answer`, `open`, `recall`: a case, through the agency's own desk."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from contracts.vocabulary import OpenReason
from gateway.cli import drawing
from gateway.cli.exits import Exit, Stop
from gateway.cli.local import CASE, FILE, MESSAGE, Discreet, LocalApi, read_object, staff_in, through_a_desk, with_staff
from gateway.cli.screen import put_json, put_pretty, show, with_json

F = TypeVar("F", bound=Callable[..., Any])

REQUEST: Final = {
    "holder": "police-13",
    "purpose": "conference",
    "fields": ["preferred_name", "contact_channel", "safe_times"],
    "grounds": [{"ground": "responsibility-accepted"}, {"ground": "risk-assessment"}],
    "sensitivities": [],
    "needed_by": "2027-03-01",
    "offender": {"name": "…", "prison_number": "A1234BC", "pnc_id": "1979/0163001B"},
    "offence": {"codes": ["TH68001"], "date": "2021-07-20", "crime_reference": "…"},
    "victim": {"name": None, "known": None},
    "note": None,
}
"""What `rj request --example` prints; `docs/local-api.md` says what each member means."""

ANSWER: Final = {
    "outcome": "shared",
    "values": {"preferred_name": "…", "contact_channel": "…", "safe_times": "…"},
    "consent": {
        "given_at": 1790000000,
        "given_by": "victim",
        "how": "by-phone",
        "informed": ["what-rj-is", "what-they-may-gain", "may-stop-at-any-time"],
        "valid_until": 1797000000,
    },
}
"""What `rj answer --example` prints: a yes. A no needs `--outcome cannot-proceed --code R19` and no file."""

NO_CONFLICT: Final = "You know neither the victim nor the offender, nor anybody close to them"


def example(value: object) -> Callable[[F], F]:
    """Give a command the option that prints a file to start from."""

    def print_it(context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted:
            put_pretty(value)
            context.exit()

    return click.option("--example", is_flag=True, is_eager=True, expose_value=False, callback=print_it,
                        help="Print a file to start from.")  # fmt: skip


@click.command(cls=Discreet)
@click.argument("file", type=FILE)
@example(REQUEST)
@with_staff
@through_a_desk
@with_json
def request(url: str, agency: str, key: Path, staff: Path | None, file: Path) -> None:
    """Ask the police or a victim liaison unit to ask the victim.

    FILE says who it is about; `-` reads standard input.

    \b
    Example:
      rj request --example > request.json
      rj request request.json --staff me.json
    """
    body = {"staff": staff_in(staff), **read_object(file, "the request")}
    _say(LocalApi(url, agency, key).post("requests", body))


@click.command(cls=Discreet)
@click.argument("exchange", type=CASE, required=False)
@click.option("--state", help="Only cases in this state, such as with-police.")
@click.option("--side", type=click.Choice(["requester", "holder"]), help="Only cases that we asked about, or hold.")
@click.option("--events", is_flag=True, help="What happened, line by line, in place of cases.")
@click.option(
    "--receipt", metavar="JTI", type=MESSAGE, help="The receipt of a message of ours, for `rj verify receipt`."
)
@click.option("--after", type=int, default=0, help="Only what came after this number.")
@click.option("--wait", type=click.IntRange(0, 30), default=0, help="With --events: wait up to this many seconds.")
@through_a_desk
@with_json
def inbox(
    *,
    url: str,
    agency: str,
    key: Path,
    exchange: str | None,
    state: str | None,
    side: str | None,
    events: bool,
    receipt: str | None,
    after: int,
    wait: int,
) -> None:
    """See the agency's cases and what has just happened.

    With an EXCHANGE that case in full, with --events what happened line by line.

    \b
    Examples:
      rj inbox
      rj inbox 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b
      rj inbox --events --after 12 --wait 25
      rj inbox --receipt 0197f3b0-8e11-7c33-b0aa-4d1f6e7a8b9c > receipt.json
    """
    desk = LocalApi(url, agency, key)
    if receipt:
        put_json(desk.get(f"receipts/{receipt}"))
    elif exchange:
        show(desk.get(f"cases/{exchange}", fresh=1), drawing.case)
    elif events:
        show(desk.get("events", after=after, wait=wait), drawing.events)
    else:
        show(desk.get("cases", state=state, side=side, after=after, limit=drawing.PAGE), drawing.cases)


@click.command(cls=Discreet)
@click.argument("exchange", type=CASE)
@click.argument("file", type=FILE, required=False)
@example(ANSWER)
@click.option("--outcome", type=click.Choice(["shared", "agreed", "cannot-proceed", "held-elsewhere"]))
@click.option("--code", metavar="R01…R21", help="The true reason. Only inspectors learn it.")
@click.option("--held-by", metavar="AGENCY", help="With held-elsewhere: who holds the case.")
@click.option("--standing-instruction", type=click.Choice(["whole-case", "this-purpose", "none"]),
              help="With R19: how far the victim's no goes.")  # fmt: skip
@with_staff
@through_a_desk
@with_json
def answer(
    *,
    url: str,
    agency: str,
    key: Path,
    staff: Path | None,
    exchange: str,
    file: Path | None,
    **said: str | None,
) -> None:
    """Say what the victim chose.

    Details and consent come from FILE, never from the command line.

    \b
    Examples:
      rj answer --example > answer.json
      rj answer 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b answer.json --staff me.json
      rj answer 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --outcome cannot-proceed --code R19 --staff me.json
    """
    body = read_object(file, "the answer") if file else {}
    body |= {name: value for name, value in said.items() if value is not None}
    if "outcome" not in body:
        raise click.UsageError("Say the outcome: --outcome, or a FILE that names it.")
    body["staff"] = staff_in(staff) if staff else None
    desk = LocalApi(url, agency, key)
    try:
        _say(desk.post(f"cases/{exchange}/answer", body))
    except Stop as stop:
        if stop.facts.get("status") == HTTPStatus.CONFLICT and desk.get(f"cases/{exchange}").get("read") is False:
            stop.more = [*stop.more, drawing.HINTS["read"].format(exchange=exchange)]
        raise


@click.command("open", cls=Discreet)
@click.argument("exchange", type=CASE)
@click.option(
    "--why", type=click.Choice(get_args(OpenReason)), required=True, help="Recorded before anything is shown."
)
@click.option("--field", "fields", multiple=True, help="Only this detail. Repeat it. Otherwise all that are shared.")
@click.option("--no-conflict", is_flag=True, help=f"Declare: {NO_CONFLICT[0].lower()}{NO_CONFLICT[1:]}.")
@click.option(
    "--reasons-of", metavar="JTI", type=MESSAGE, help="As an inspector: the review whose reasons are to be opened."
)
@with_staff
@through_a_desk
@with_json
def open_(
    *,
    url: str,
    agency: str,
    key: Path,
    staff: Path | None,
    exchange: str,
    why: str,
    fields: tuple[str, ...],
    no_conflict: bool,
    reasons_of: str | None,
) -> None:
    """Open what is sealed for this agency.

    The details that were shared, the subject of a request, a reviewer's reasons.
    A line of the log is written first, and the agency that sealed it is told. What is opened appears here once and is
    not kept.

    \b
    Examples:
      rj open --example-staff > me.json
      rj open 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --why read-request --no-conflict --staff me.json
      rj open 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --why contact-victim --no-conflict --staff me.json
    """
    body = {"staff": staff_in(staff), "why": why, "no_conflict": _declared(no_conflict)}
    desk = LocalApi(url, agency, key)
    if reasons_of:
        show(desk.post(f"exchanges/{exchange}/open-reasons", {**body, "of": reasons_of}), drawing.opened)
        return
    case = desk.get(f"cases/{exchange}")
    if case.get("side") == "holder":
        show(desk.post(f"cases/{exchange}/read", body), drawing.opened)
    else:
        _can_be_opened(fields, case.get("shared") or ())
        show(desk.post(f"cases/{exchange}/open", {**body, "fields": list(fields) or None}), drawing.opened)


@click.command(cls=Discreet)
@click.argument("exchange", type=CASE)
@click.option("--acknowledge", is_flag=True, help="As the requester: contact has stopped and copies are destroyed.")
@click.option("--contact", type=click.Choice(["stopped", "none-begun"]), default="stopped", show_default=True)
@click.option("--copies", type=click.Choice(["destroyed", "none-made"]), default="destroyed", show_default=True)
@with_staff
@through_a_desk
@with_json
def recall(
    *,
    url: str,
    agency: str,
    key: Path,
    staff: Path | None,
    exchange: str,
    acknowledge: bool,
    contact: str,
    copies: str,
) -> None:
    """Withdraw the details of a case at once, or acknowledge it.

    No reason is asked or given.

    \b
    Examples:
      rj recall 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --staff me.json
      rj recall 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --acknowledge --staff me.json
    """
    desk = LocalApi(url, agency, key)
    if acknowledge:
        body = {"staff": staff_in(staff), "contact": contact, "copies": copies, "at": None}
        _say(desk.post(f"cases/{exchange}/acknowledge-recall", body))
    else:
        _say(desk.post(f"cases/{exchange}/recall", {"staff": staff_in(staff) if staff else None}), drawing.recalled)


def _say(answer: dict[str, Any], draw: Callable[[dict[str, Any]], Iterator[Any]] = drawing.said) -> None:
    """Show what came of saying something. What waits to be sent is not done, and ends with a number of its own."""
    show(answer, draw)
    if answer.get("queued"):
        click.get_current_context().exit(Exit.WAITING)


def _can_be_opened(fields: Iterable[str], shared: Sequence[str]) -> None:
    """Where nothing is shared any more, the desk says why."""
    if shared and not set(fields) <= set(shared):
        raise Stop(f"A --field names nothing that can be opened here. What can be: {', '.join(shared)}.", Exit.TYPED)


def _declared(no_conflict: bool) -> bool:
    """The declaration of agreement clause 8.3, asked where a person is there to answer."""
    if no_conflict or (sys.stdin.isatty() and click.confirm(f"{NO_CONFLICT}?", err=True)):
        return True
    raise Stop("Nothing is opened without --no-conflict. If you know them, ask a colleague to open it.", Exit.REFUSED)
