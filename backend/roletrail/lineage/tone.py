"""The only place that says what colour an ordinal has: 2nd role session orange, 3rd and later red."""

from __future__ import annotations

CONTEXT = "context"
CALM = "calm"
WATCH = "watch"
ALARM = "alarm"
TONES = (CONTEXT, CALM, WATCH, ALARM)


def tone(ordinal: int) -> str:
    """Tone of the n-th role session of a segment: 0 context, 1 calm, 2 watch (orange), 3 and more alarm (red)."""
    if ordinal <= 0:
        return CONTEXT
    if ordinal == 1:
        return CALM
    return WATCH if ordinal == 2 else ALARM


def sessions_range(tone_name: str) -> tuple[int, int | None]:
    """Inclusive range of ordinals a tone stands for; None means no upper bound. Raises KeyError for no tone."""
    return {CONTEXT: (0, 0), CALM: (1, 1), WATCH: (2, 2), ALARM: (3, None)}[tone_name]
