"""A soak as a picture: a panel for each figure, over messages. SVG by hand, black on white."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 900, 220, 80, 60, 70
STYLE = "font-family:'DejaVu Sans',Arial,sans-serif;font-size:13px"

Points = Sequence[tuple[float, float]]


def graph(title: str, panels: Mapping[str, Points]) -> str:
    """`panels`: by their names, what was measured at so many messages."""
    drawn = [_panel(TOP + n * (HEIGHT + GAP), *each) for n, each in enumerate(panels.items())]
    height = TOP + len(panels) * (HEIGHT + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 40}" height="{height}" style="{STYLE}" '
        f'role="img"><title>{escape(title)}</title><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="{LEFT}" y="28" font-size="17">{escape(title)}</text>{"".join(drawn)}</svg>\n'
    )


def _panel(top: float, name: str, points: Points) -> str:
    wide, high = max(x for x, _ in points) or 1, max(y for _, y in points) * 1.2 or 1
    line = " ".join(f"{LEFT + x / wide * WIDTH:.1f},{top + HEIGHT - y / high * HEIGHT:.1f}" for x, y in points)
    marks = []
    for part in range(5):
        y, x = top + HEIGHT * (1 - part / 4), LEFT + WIDTH * part / 4
        marks.append(f'<path d="M{LEFT} {y}h{WIDTH}" stroke="#ccc"/>')
        marks.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{high * part / 4:,.0f}</text>')
        marks.append(f'<text x="{x}" y="{top + HEIGHT + 20}" text-anchor="middle">{wide * part / 4:,.0f}</text>')
    return (
        f'<g>{"".join(marks)}<text x="{LEFT}" y="{top - 8}">{escape(name)}, over messages</text>'
        f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="2"/></g>'
    )
