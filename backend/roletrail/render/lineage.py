"""A lineage as SVG: the canvas's picture made by the server. Left to right, a column for each level; text stays text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from roletrail.render.plain import clip, markup

LINES = {"context": "#6b7280", "calm": "#3b6ea8", "watch": "#d97a00", "alarm": "#9b0020"}
TEXTS = {"context": "#ffffff", "calm": "#ffffff", "watch": "#111111", "alarm": "#ffffff"}
WIDTHS = {"context": 1.5, "calm": 2.0, "watch": 3.5, "alarm": 5.0}
HALF = 24
"""Half the width of a session's shape: where edges begin and end."""
TURN, CHIP = 40, 52
MARGIN, BELOW = 96, 84
WORDS = 24
LINE = 15


class Mark(NamedTuple):
    """A node with the edge that leads to it. `lines` are printed under it."""

    id: str
    parent: str
    shape: str  # session | key | workload | unknown | folded | address
    tone: str
    digit: int
    lines: tuple[str, ...]
    x: float
    y: float
    uncertain: bool = False


def draw(marks: Sequence[Mark], caption: str) -> str:
    """The picture as a standing-alone SVG element."""
    placed = {mark.id: mark for mark in marks}
    left, right = min(m.x for m in marks) - MARGIN, max(m.x for m in marks) + MARGIN
    top, bottom = min(m.y for m in marks) - 36, max(m.y for m in marks) + BELOW
    size = f'viewBox="{left:g} {top:g} {right - left:g} {bottom - top:g}" width="{right - left:g}" height="{bottom - top:g}"'
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tree-svg" {size} role="img" aria-label="{markup(caption)}"'
            ' font-family="sans-serif" font-size="12">'
        )
    ]
    # Grey first: where lines of one parent share their way, the deeper one is seen.
    for mark in sorted(marks, key=lambda one: one.digit):
        parts += _edge(placed, mark)
    for mark in marks:
        parts += _chip(placed, mark)
        parts += _node(mark)
    return "".join([*parts, "</svg>"])


def _edge(placed: Mapping[str, Mark], mark: Mark) -> Iterator[str]:
    parent = placed.get(mark.parent)
    if parent is None:
        return
    colour, width = LINES[mark.tone], WIDTHS[mark.tone]
    start, end = parent.x + HALF, mark.x - HALF - 9
    turn = start + TURN
    way = f"M{start:g} {parent.y:g}H{turn:g}V{mark.y:g}H{end:g}" if parent.y != mark.y else f"M{start:g} {parent.y:g}H{end:g}"
    dash = ' stroke-dasharray="2 5"' if mark.uncertain else ""
    yield f'<path class="edge-{mark.tone}" d="{way}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dash}/>'
    tip = mark.x - HALF
    half = 4 + width / 2
    yield f'<path class="tip-{mark.tone}" d="M{tip:g} {mark.y:g}l-11 {-half:g}v{2 * half:g}z" fill="{colour}"/>'


def _chip(placed: Mapping[str, Mark], mark: Mark) -> Iterator[str]:
    if not mark.digit or mark.parent not in placed:
        return
    x, wide = mark.x - HALF - CHIP, 9 + 7 * len(str(mark.digit))
    yield f'<rect class="tip-{mark.tone}" x="{x - wide / 2:g}" y="{mark.y - 9:g}" width="{wide}" height="18" rx="4" fill="{LINES[mark.tone]}"/>'
    yield (
        f'<text class="digit-{mark.tone}" x="{x:g}" y="{mark.y + 4:g}" text-anchor="middle" font-weight="700"'
        f' fill="{TEXTS[mark.tone]}">{mark.digit}</text>'
    )


def _node(mark: Mark) -> Iterator[str]:
    stroke = LINES[mark.tone] if mark.shape == "session" else LINES["context"]
    paint = (
        f'class="node-{mark.tone if mark.shape == "session" else "context"}" fill="#ffffff" stroke="{stroke}" stroke-width="2"'
    )
    yield _outline(mark, paint)
    for n, line in enumerate(mark.lines):
        text = markup(clip(line, WORDS))
        colour = "#14171c" if n == 0 else "#565f6d"
        yield (
            f'<text class="label-{min(n, 1)}" x="{mark.x:g}" y="{mark.y + 34 + n * LINE:g}" text-anchor="middle"'
            f' fill="{colour}">{text}</text>'
        )


def _outline(mark: Mark, paint: str) -> str:
    x, y = mark.x, mark.y
    match mark.shape:
        case "session":
            return f'<rect x="{x - 24:g}" y="{y - 18:g}" width="48" height="36" rx="9" {paint}/>'
        case "folded":
            return f'<rect x="{x - 24:g}" y="{y - 14:g}" width="48" height="28" stroke-dasharray="4 3" {paint}/>'
        case "workload":
            return f'<path d="M{x - 12:g} {y - 19:g}h24l11 19l-11 19h-24l-11 -19z" {paint}/>'
        case "unknown":
            return f'<path d="M{x - 8:g} {y - 19:g}h16l11 11v16l-11 11h-16l-11 -11v-16z" stroke-dasharray="4 3" {paint}/>'
        case "address":
            return f'<path d="M{x:g} {y - 18:g}l18 18l-18 18l-18 -18z" {paint}/>'
        case _:
            return f'<ellipse cx="{x:g}" cy="{y:g}" rx="24" ry="18" {paint}/>'
