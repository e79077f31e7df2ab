"""The credential waterfall as SVG: a lane for each credential, from its issue to its expiry, over one axis of time.

Shapes say the same as colours: a pale bar is validity, a solid one use, a dot an event, a tick a refused call, a diamond
the mint of a child. A script may move marks along the axis: each carries its times in `data-a`, `data-b` and `data-at`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from roletrail.render.plain import clip, markup

WIDTH, GUTTER, RIGHT = 960, 214, 16
LANE, TOP = 26, 28
BAR = 10
LEAST = 3.0
"""Narrowest bar in CSS pixels: a session of a second is seen too."""
MOST_TICKS = 7
LABEL = 26
TONES = {"context": "#6b7280", "calm": "#3b6ea8", "watch": "#d97a00", "alarm": "#9b0020"}
"""The light palette, for documents without our stylesheet; on pages the classes win."""


class Dot(NamedTuple):
    at: int
    kind: str  # call | notable | denied | mint
    title: str
    href: str = ""


class Lane(NamedTuple):
    """`begin` 0 is before the picture, `end` 0 after it: a key does not expire."""

    id: str
    label: str
    level: int
    digit: int
    tone: str
    begin: int
    end: int
    used: tuple[tuple[int, int, str], ...]  # from, to, title
    dots: tuple[Dot, ...]


class Hatched(NamedTuple):
    begin: int
    end: int
    title: str


class Chart(NamedTuple):
    since: int
    until: int
    lanes: tuple[Lane, ...]
    gaps: tuple[Hatched, ...]
    caption: str


def draw(chart: Chart, *, standing_alone: bool = False) -> str:
    """The chart as an SVG element; `standing_alone` for a document of its own, where links would lead nowhere."""
    height = TOP + LANE * len(chart.lanes) + 8
    name = ' xmlns="http://www.w3.org/2000/svg"' if standing_alone else ""
    parts = [
        (
            f'<svg{name} class="fall" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="group"'
            f' aria-label="{markup(chart.caption)}" font-family="sans-serif" font-size="12"'
            f' data-since="{chart.since}" data-until="{chart.until}" data-gutter="{GUTTER}" data-right="{RIGHT}">'
        ),
        (
            '<defs><pattern id="fall-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<path class="fall-hatch" d="M0 0V6" stroke="#d97a00" stroke-width="2"/></pattern></defs>'
        ),
        *_axis(chart, height),
        *_gaps(chart, height),
    ]
    for n, lane in enumerate(chart.lanes):
        parts += _lane(chart, lane, TOP + n * LANE, linked=not standing_alone)
    return "".join([*parts, "</svg>"])


def x_of(chart: Chart, at: int) -> float:
    """Place of a time, kept within the picture."""
    inner = WIDTH - GUTTER - RIGHT
    share = (at - chart.since) / max(1, chart.until - chart.since)
    return round(GUTTER + inner * min(1.0, max(0.0, share)), 1)


# --- axis ---

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAY = 86_400


def ticks(since: int, until: int) -> list[int]:
    """At most seven round times between two."""
    span = max(1, until - since)
    step = next((step for step in _STEPS if span / step <= MOST_TICKS), 0)
    if not step:
        step = _DAY * -(-span // (_DAY * MOST_TICKS))
    first = -(-since // step) * step
    return list(range(first, until + 1, step))


def _axis(chart: Chart, height: int) -> Iterator[str]:
    times = ticks(chart.since, chart.until)
    form = "%m-%d %H:%M" if chart.until - chart.since > _DAY else "%H:%M:%S" if chart.until - chart.since < 600 else "%H:%M"
    day = time.strftime("%Y-%m-%d", time.gmtime(chart.since))
    yield f'<text class="fall-day" x="0" y="16" fill="#565f6d">{day} UTC</text><g class="fall-axis">'
    for at in times:
        label = time.strftime(form, time.gmtime(at))
        yield (
            f'<g transform="translate({x_of(chart, at)} 0)"><path class="fall-line" d="M0 {TOP - 6}V{height}" stroke="#dfe3e8"/>'
            f'<text class="fall-tick" y="16" text-anchor="middle" fill="#565f6d">{label}</text></g>'
        )
    yield "</g>"


def _gaps(chart: Chart, height: int) -> Iterator[str]:
    for gap in chart.gaps:
        begin, end = max(gap.begin, chart.since), min(gap.end or chart.until, chart.until)
        if end > begin:
            yield _bar("fall-gap", chart, begin, end, TOP, height - TOP - 8, 'fill="url(#fall-hatch)"', gap.title)


# --- lanes ---


def _lane(chart: Chart, lane: Lane, y: int, *, linked: bool) -> Iterator[str]:
    colour = TONES[lane.tone]
    middle = y + LANE // 2
    yield f'<g class="fall-lane tone-lane-{lane.tone}" data-lane="{markup(lane.id)}">'
    yield f'<rect class="fall-hit" x="0" y="{y}" width="{WIDTH}" height="{LANE}" fill="none" pointer-events="all"/>'
    shift, chip = min(lane.level - 1, 6) * 9, 10 + 7 * len(str(lane.digit))
    if lane.digit:
        yield (
            f'<rect class="fall-chip" x="{shift}" y="{middle - 8}" width="{chip}" height="16" rx="4" fill="{colour}"/>'
            f'<text class="fall-digit" x="{shift + chip / 2:g}" y="{middle + 4}" text-anchor="middle" font-weight="700"'
            f' fill="{"#111111" if lane.tone == "watch" else "#ffffff"}">{lane.digit}</text>'
        )
    else:
        yield f'<circle class="fall-root" cx="{shift + 8.5}" cy="{middle}" r="4" fill="none" stroke="#6b7280" stroke-width="1.5"/>'
    label = markup(clip(lane.label, max(8, LABEL - shift // 7)))
    yield f'<text class="fall-label" x="{shift + chip + 7}" y="{middle + 4}" fill="#14171c">{label}</text>'
    begin, end = lane.begin or chart.since, lane.end or chart.until
    if begin < chart.until and end > chart.since:
        words = f"valid {_clock(lane.begin) or 'before'} to {_clock(lane.end) or 'later'}"
        yield _bar("fall-valid", chart, begin, end, middle - BAR // 2, BAR, f'rx="3" fill="{colour}" fill-opacity="0.25"', words)
    for since, until, title in lane.used:
        yield _bar("fall-used", chart, since, until, middle - BAR // 2, BAR, f'rx="2" fill="{colour}"', title)
    for dot in lane.dots:
        yield _dot(chart, dot if linked else dot._replace(href=""), middle)
    yield "</g>"


def _bar(name: str, chart: Chart, begin: int, end: int, y: int, height: int, paint: str, title: str) -> str:
    x = x_of(chart, begin)
    width = max(LEAST, round(x_of(chart, end) - x, 1))
    return (
        f'<rect class="{name}" data-a="{begin}" data-b="{end}" x="{x}" y="{y}" width="{width}" height="{height}" {paint}>'
        f"<title>{markup(title)}</title></rect>"
    )


_SHAPES = {
    "call": '<circle class="fall-dot" r="2.6" fill="#ffffff" stroke="#14171c"/>',
    "notable": '<circle class="fall-dot fall-notable" r="4" fill="#14171c" stroke="#ffffff"/>',
    "denied": '<path class="fall-denied" d="M0 -9V9" stroke="#9b0020" stroke-width="2.5"/>',
    "mint": '<path class="fall-mint" d="M0 -6.5 6.5 0 0 6.5 -6.5 0Z" fill="#ffffff" stroke="#14171c" stroke-width="1.5"/>',
}


def _dot(chart: Chart, dot: Dot, y: int) -> str:
    shape = f"<title>{markup(dot.title)}</title>{_SHAPES[dot.kind]}"
    if dot.href:
        shape = f'<a href="{markup(dot.href)}" tabindex="-1">{shape}</a>'
    return f'<g class="fall-at" data-at="{dot.at}" data-y="{y}" transform="translate({x_of(chart, dot.at)} {y})">{shape}</g>'


def _clock(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) if at else ""


# --- the overview above it ---

MINI_HEIGHT = 40


def overview(chart: Chart) -> str:
    """All lanes at once, as thin as they must be: what a brush is drawn over. It stretches to any width."""
    tall = max(1.0, min(6.0, (MINI_HEIGHT - 4) / max(1, len(chart.lanes))))
    rects: list[str] = []
    for n, lane in enumerate(chart.lanes):
        y = round(2 + n * tall, 2)
        spans = [(lane.begin or chart.since, lane.end or chart.until, "0.25"), *((a, b, "1") for a, b, _ in lane.used)]
        rects += [_thin(chart, lane.tone, y, tall, *span) for span in spans]
    return (
        f'<svg class="fall-mini" viewBox="0 0 1000 {MINI_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        + "".join(rects)
        + "</svg>"
    )


def _thin(chart: Chart, tone: str, y: float, tall: float, begin: int, end: int, opacity: str) -> str:
    span = max(1, chart.until - chart.since)
    left, right = (min(1000.0, max(0.0, 1000 * (at - chart.since) / span)) for at in (begin, end))
    width = max(2.0, right - left)
    return (
        f'<rect class="tone-lane-{tone}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{tall * 0.8:.2f}"'
        f' fill="{TONES[tone]}" fill-opacity="{opacity}"/>'
    )
