"""The few shapes that the pictures are made of, and the scales that put them in their place."""

from collections.abc import Iterable, Iterator
from html import escape
from math import floor, log10
from typing import Final, Literal

from msgspec import Struct

FONT: Final = "Arial, 'DejaVu Sans', sans-serif"
INK: Final = "#0b0c0c"
SOFT: Final = "#505a5f"
STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)

Anchor = Literal["start", "middle", "end"]
Dash = Literal["none", "12 5", "2 4"]


class Scale(Struct, frozen=True, kw_only=True):
    """From values to places on the sheet."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands; what is beyond the scale stands at its end."""
        kept = min(max(value, self.low), self.high)
        width = self.high - self.low
        return self.begin + (self.end - self.begin) * ((kept - self.low) / width if width else 0.0)


def ticks(high: float, count: int = 6) -> list[float]:
    """Round numbers from 0 to just over the highest value, about so many."""
    if high <= 0:
        return [0.0, 1.0]
    raw = high / count
    size = 10.0 ** floor(log10(raw))
    step = next(each * size for each in STEPS if each * size >= raw * 0.999)
    last = 0
    while last * step < high * 0.999:
        last += 1
    return [n * step for n in range(last + 1)]


def sheet(width: int, height: int, title: str, told: str, drawn: Iterable[str]) -> str:
    """A whole picture: an image with a name and a description in words, on white."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="picture-title picture-told" lang="en-GB" font-family="{FONT}">\n'
        f'<title id="picture-title">{escape(title)}</title>\n<desc id="picture-told">{escape(told)}</desc>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def write(
    x: float, y: float, text: str, *, size: int = 15, anchor: Anchor = "start", bold: bool = False, soft: bool = False
) -> str:
    """Words."""
    weight, fill = ' font-weight="bold"' if bold else "", SOFT if soft else INK
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>'
        f"{escape(text, quote=False)}</text>"
    )


def turned(x: float, y: float, text: str) -> str:
    """Words from below to above, along an axis."""
    return (
        f'<text transform="translate({x:.1f} {y:.1f}) rotate(-90)" font-size="15" text-anchor="middle" fill="{INK}">'
        f"{escape(text, quote=False)}</text>"
    )


def line(begin: tuple[float, float], end: tuple[float, float], *, width: float = 1.5, soft: bool = False) -> str:
    """A straight line."""
    return (
        f'<line x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
        f'stroke="{"#d8dadc" if soft else INK}" stroke-width="{width}"/>'
    )


def curve(points: Iterable[tuple[float, float]], dash: Dash) -> str:
    """A line through many points; whole, in long strokes, or in dots."""
    along = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{along}" fill="none" stroke="{INK}" stroke-width="2" stroke-dasharray="{dash}"/>'


def circle(x: float, y: float) -> str:
    """An open ring: nothing out of the ordinary."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="#ffffff" stroke="{INK}" stroke-width="2"/>'


def triangle(x: float, y: float, *, up: bool, filled: bool) -> str:
    """A triangle that points where it is out."""
    tip, foot = (-9, 6) if up else (9, -6)
    fill = INK if filled else "#ffffff"
    return (
        f'<path d="M {x:.1f} {y + tip:.1f} L {x - 9:.1f} {y + foot:.1f} L {x + 9:.1f} {y + foot:.1f} Z" '
        f'fill="{fill}" stroke="{INK}" stroke-width="2"/>'
    )


def frame(x: float, y: float) -> str:
    """A square around the area that is looked at."""
    place = f'x="{x - 14:.1f}" y="{y - 14:.1f}"'
    return f'<rect {place} width="28" height="28" fill="none" stroke="{INK}" stroke-width="2.5"/>'


def box(x: float, y: float, width: float, height: float) -> str:
    """An open box."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" fill="#ffffff" '
        f'stroke="{INK}" stroke-width="2"/>'
    )


def apart(places: Iterable[tuple[float, str]], least: float) -> Iterator[tuple[float, str]]:
    """Labels from above to below, moved down where they would stand on one another."""
    last = float("-inf")
    for place, text in sorted(places):
        last = max(place, last + least)
        yield last, text
