"""`rj search`: an inspector looks into the log. Each search is itself a line of it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from contracts.vocabulary import Purpose, SealedField, SearchReason
from gateway.cli.exits import Exit, Stop
from gateway.cli.local import CASE, Discreet, LocalApi, staff_in, through_a_desk, with_staff
from gateway.cli.screen import show, table, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType


OF_THE_GATEWAY: Final = (
    "window-ended",
    "expired",
    "time-checked",
    "overdue",
    "outcome-overdue",
    "erased",
    "record-erased",
)
"""Events that nobody said: what time does, and erasure (`gateway.decide.due`, `gateway.recording`)."""

CLAUSE: Final = r"[1-9][0-9]?(\.[1-9][0-9]?){0,2}\Z"


@click.command(cls=Discreet)
@click.option("--why", type=click.Choice(get_args(SearchReason)), required=True, help="Recorded with the search.")
@click.option("--of-agency", "wanted_agency", metavar="ID", help="Lines of this agency.")
@click.option("--person", metavar="PSEUDONYM", help="Lines of this member of staff.")
@click.option("--about", metavar="EXCHANGE", type=CASE, help="Lines of one case.")
@click.option("--event", metavar="NAME", help="Such as open or contact-answer.")
@click.option("--purpose", type=click.Choice(get_args(Purpose)))
@click.option("--code", metavar="R01…R21", help="Lines with this reason code.")
@click.option("--clause", metavar="N", help="Lines decided under this clause.")
@click.option("--field", type=click.Choice(get_args(SealedField)), help="Lines about this detail.")
@click.option("--state", metavar="STATE", help="Lines after which the exchange stood so, such as withdrawn.")
@click.option("--since", type=click.DateTime(), help="From this moment (UTC).")
@click.option("--until", type=click.DateTime(), help="Up to this moment (UTC).")
@click.option("--after", type=int, default=-1, help="Only lines after this index: the way to the next page.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@with_staff
@through_a_desk
@with_json
def search(
    *,
    url: str,
    agency: str,
    key: Path,
    staff: Path | None,
    wanted_agency: str | None,
    since: datetime | None,
    until: datetime | None,
    event: str | None,
    clause: str | None,
    **wanted: object,
) -> None:
    """Search the log as an inspector.

    Who asked, opened or refused what, when, under which clause; never a sealed value.

    \b
    Examples:
      rj search --why inspection --code R19 --staff me.json
      rj search --why complaint --about 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b --staff me.json
    """
    _known(event, clause)
    body = {
        **wanted,
        "event": event,
        "clause": clause,
        "agency": wanted_agency,
        "since": _instant(since),
        "until": _instant(until),
    }
    given = {name: value for name, value in body.items() if value is not None}
    page = LocalApi(url, agency, key).post("searches", {"staff": staff_in(staff), **given})
    show(page, _found)


def _known(event: str | None, clause: str | None) -> None:
    """A misspelt name would find nothing, and look like an answer. Raises Stop with what there is."""
    from contracts.messages import SPECS

    names = (*(spec.name for spec in SPECS), *OF_THE_GATEWAY)
    if event is not None and event not in names:
        raise Stop(f"There is no event of this name. There are: {', '.join(names)}.", Exit.TYPED)
    if clause is not None and not re.match(CLAUSE, clause):
        raise Stop("A clause is a number such as 8 or 8.5: see `rj agreement show FILE`.", Exit.TYPED)


def _instant(moment: datetime | None) -> int | None:
    return int(moment.replace(tzinfo=UTC).timestamp()) if moment else None


def _found(page: dict[str, Any]) -> "Iterator[RenderableType]":
    columns = ("line", "when (UTC)", "event", "from", "to", "exchange", "decision", "code", "clauses")
    lines = page.get("lines") or []
    yield table(columns, [_line(line) for line in lines]) if lines else "No line matches."
    more = "" if page.get("complete") else f" Next page: --after {page.get('next')}."
    yield f"[dim]This search is line {page.get('leaf')} of the log.{more}[/]"
    yield "[dim]An index shows what fits, not that it is all: only a scan of the whole log can.[/]"


def _line(line: dict[str, Any]) -> tuple[object, ...]:
    shared, exact = line.get("shared") or {}, line.get("exact") or {}
    at = shared.get("at")
    when = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}" if isinstance(at, int) else "erased"
    named = [shared.get(name) for name in ("event", "iss", "to", "exchange", "decision")]
    return line.get("index"), when, *named, exact.get("code"), ", ".join(exact.get("clauses") or ())
