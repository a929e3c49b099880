"""What the benches have written, as one picture: bars with their figures, and a line where the goal is.

    python -m tests.bench.plots

Reads what lies in `build/`; a bench that has not been run is left out. Writes `build/speed.svg`. SVG by hand, black on
white; the tables are in `docs/results/`.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from msgspec import Struct

from tests.bench.accept import _build
from tests.faults.graph import STYLE

LEFT, WIDTH, ROW, HEAD, GAP = 250, 560, 24, 30, 26
HALO = 'stroke="#fff" stroke-width="4" paint-order="stroke"'


class Bars(Struct, frozen=True, kw_only=True):
    """A panel. `goal` is as long as a bar may be, in the bars' unit, and its words."""

    title: str
    bars: Sequence[tuple[str, float]]
    goal: tuple[float, str] | None = None


def panels() -> list[Bars]:
    """One for each bench that has been run."""
    made = {"bench": _message, "latency": _latency, "exchanges": _nodes}
    found = [
        draw(json.loads(file.read_text()))
        for name, draw in made.items()
        if (file := _build() / f"{name}.json").exists()
    ]
    logs = [json.loads(file.read_text()) for file in _build().glob("ledger-*.json")]
    return found + ([_logs(sorted(logs, key=lambda each: each["leaves"]))] if logs else [])


def _message(found: dict[str, Any]) -> Bars:
    floor, gateway = found["own_floor"]["floor_cpu_us"], found["own_floor"]["gateway_cpu_us"]
    bars = (("the floor", floor), ("the gateway", gateway))
    return Bars(
        title="Processor time of a message, µs", bars=bars, goal=(floor / 0.75, "what 0.75 of the floor's rate leaves")
    )


def _latency(found: dict[str, Any]) -> Bars:
    rows: dict[str, dict[str, float]] = found["rows"]
    bars = [(f"{name}, {quantile}", row[f"{quantile}_ms"]) for name, row in rows.items() for quantile in ("p50", "p99")]
    goal = (3 * rows["floor at 50%"]["p99_ms"], "3 × the floor's, for p99 at 50%")
    return Bars(title="From sending to the durable receipt, ms, by the share of saturation", bars=bars, goal=goal)


def _nodes(found: dict[str, Any]) -> Bars:
    bars = [(name, row["cpu_us_per_exchange"]) for name, row in found.items()]
    goal = (1.15 * found["PostgreSQL, 1 node"]["cpu_us_per_exchange"], "1.15 × one node's")
    return Bars(title="Processor time of a whole exchange, µs", bars=bars, goal=goal)


def _logs(found: list[dict[str, Any]]) -> Bars:
    bars = [("1,000 lines", 1.0), *((f"{each['leaves']:,} lines", each["append"]["cpu_ratio"]) for each in found)]
    title = f"Processor time of a message by that in a short log, with {found[-1]['open_exchanges']:,} open exchanges"
    return Bars(title=title, bars=bars, goal=(1.1, "1.1"))


def picture(drawn: Sequence[Bars]) -> str:
    """All of them under one another."""
    parts, top = list[str](), GAP
    for each in drawn:
        parts.append(_panel(each, top))
        top += HEAD + ROW * len(each.bars) + ROW + GAP
    title = "How fast the gateway is"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{top}" style="{STYLE}" '
        f'role="img"><title>{title}</title><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _panel(panel: Bars, top: float) -> str:
    longest = max([length for _, length in panel.bars] + ([panel.goal[0]] if panel.goal else []))
    scale, bottom = WIDTH / longest, top + HEAD + ROW * len(panel.bars)
    bars = [f'<text x="12" y="{top + 12}" font-size="15">{escape(panel.title)}</text>']
    figures = list[str]()
    for number, (name, length) in enumerate(panel.bars):
        y = top + HEAD + ROW * number
        bars.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        bars.append(f'<rect x="{LEFT}" y="{y + 2}" width="{length * scale:.1f}" height="{ROW - 8}" fill="#999"/>')
        figures.append(f'<text x="{LEFT + length * scale + 6:.1f}" y="{y + 14}" {HALO}>{length:,g}</text>')
    if panel.goal:
        x, words = LEFT + panel.goal[0] * scale, escape(panel.goal[1])
        bars.append(f'<path d="M{x:.1f} {top + HEAD - 4}V{bottom + 4}" stroke="#000" stroke-dasharray="5 4"/>')
        bars.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="end">goal: at most {words}</text>')
    return f"<g>{''.join(bars + figures)}</g>"


def main() -> None:
    (_build() / "speed.svg").write_text(picture(panels()))


if __name__ == "__main__":
    main()
