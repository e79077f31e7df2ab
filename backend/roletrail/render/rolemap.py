"""Roles that assume roles, as SVG: boxes in columns, lines as wide as they are used, cycles dashed and said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import NamedTuple

from roletrail.render.plain import clip, markup

WIDE, TALL = 190, 40
COLUMN, ROW = 300, 62
LETTERS = 22


class Box(NamedTuple):
    id: str
    label: str
    account: str
    sessions: int  # of this role, obtained by anybody
    role: bool
    focus: bool
    cycle: bool
    column: int
    row: int


class Line(NamedTuple):
    source: str
    target: str
    sessions: int
    cycle: bool


def draw(boxes: Sequence[Box], lines: Sequence[Line]) -> str:
    """Boxes are links to the map around them; empty text when there is nothing to draw."""
    if not boxes:
        return ""
    placed = {box.id: box for box in boxes}
    width = COLUMN * max(box.column for box in boxes) + WIDE + 20
    height = ROW * max(box.row for box in boxes) + TALL + 40
    says = f"{len(boxes)} roles and {len(lines)} ways from one to another. The table below says the same."
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="map" viewBox="-10 -20 {width} {height}" width="{width}"'
            f' height="{height}" role="group" aria-label="{markup(says)}" font-family="sans-serif" font-size="12">'
        )
    ]
    for line in sorted(lines, key=lambda one: (one.cycle, one.sessions)):
        parts += _line(placed, line)
    for box in boxes:
        parts += _box(box)
    return "".join([*parts, "</svg>"])


def _line(placed: Mapping[str, Box], line: Line) -> Iterator[str]:
    way, (x, y) = _way(placed[line.source], placed[line.target])
    name = "map-line map-cycle" if line.cycle else "map-line"
    colour = "#d97a00" if line.cycle else "#6b7280"
    dash = ' stroke-dasharray="6 4"' if line.cycle else ""
    thick = round(1.2 + 1.3 * log10(max(1, line.sessions)), 1)
    words = f"{line.sessions:,} session{'s' * (line.sessions != 1)}{', part of a cycle' * line.cycle}"
    yield (
        f'<path class="{name}" data-from="{line.source}" data-to="{line.target}" d="{way}" fill="none" stroke="{colour}"'
        f' stroke-width="{thick}"{dash}><title>{words}</title></path>'
    )
    text = f"{'↻ ' * line.cycle}{line.sessions:,}"
    wide = 8 + 7 * len(text)
    yield f'<rect class="map-count" x="{x - wide / 2:g}" y="{y - 9:g}" width="{wide}" height="18" rx="9" fill="#ffffff"/>'
    yield f'<text class="map-number" x="{x:g}" y="{y + 4:g}" text-anchor="middle" fill="#14171c">{text}</text>'


def _way(source: Box, target: Box) -> tuple[str, tuple[float, float]]:
    """A line's path and the place of its count. A box's own line and those of one column bend around the right."""
    right, top = source.column * COLUMN + WIDE, source.row * ROW + TALL / 2
    left, end = target.column * COLUMN, target.row * ROW + TALL / 2
    if source.column + 1 < target.column:
        lane = target.row * ROW - (ROW - TALL) / 2  # between two rows: no line runs behind a box it has nothing to do with
        first, last = right + 90, left - 40
        return (
            f"M{right:g} {top:g}C{right + 50:g} {top:g} {right + 40:g} {lane:g} {first:g} {lane:g}H{last:g}"
            f"C{left - 20:g} {lane:g} {left - 25:g} {end:g} {left:g} {end:g}"
        ), (first + 30, lane)
    if source.column < target.column:
        bend = (left - right) / 2
        near = 0.62  # nearer to what is assumed: lines of one source part there
        x, y = right + (left - right) * near, top + (end - top) * (near * near * (3 - 2 * near))
        return f"M{right:g} {top:g}C{right + bend:g} {top:g} {left - bend:g} {end:g} {left:g} {end:g}", (x, y)
    far = max(right, left + WIDE) + 46 + 6 * abs(source.row - target.row)
    if source is target:
        return f"M{right:g} {top - 8:g}C{far:g} {top - 26:g} {far:g} {top + 26:g} {right:g} {top + 8:g}", (far - 10, top)
    edge = left + WIDE
    return f"M{right:g} {top:g}C{far:g} {top:g} {far:g} {end:g} {edge:g} {end:g}", (far - 12, (top + end) / 2)


def _box(box: Box) -> Iterator[str]:
    x, y = box.column * COLUMN, box.row * ROW
    name = "map-box" + " map-focus" * box.focus + " map-in-cycle" * box.cycle
    radius = 6 if box.role else 20
    yield f'<a href="/roles?focus={markup(box.id)}">'
    yield (
        f'<rect class="{name}" x="{x}" y="{y}" width="{WIDE}" height="{TALL}" rx="{radius}" fill="#ffffff"'
        f' stroke="{"#d97a00" if box.cycle else "#6b7280"}" stroke-width="{2.5 if box.focus else 1.5}"/>'
    )
    yield f'<text class="map-label" x="{x + 12}" y="{y + 17}" fill="#14171c" font-weight="600">{markup(clip(box.label, LETTERS))}</text>'
    yield f'<text class="map-account" x="{x + 12}" y="{y + 32}" fill="#565f6d">{markup(box.account or "no account")}</text>'
    if box.sessions:
        count = f"{box.sessions:,} session{'s' * (box.sessions != 1)}"
        yield f'<text class="map-account" x="{x + WIDE - 10}" y="{y + 32}" text-anchor="end" fill="#565f6d">{count}</text>'
    yield "</a>"
