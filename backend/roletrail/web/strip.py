"""The strip of the data page: one row an account, one slot an hour or a day, from the coverage view. Knows no HTML."""

from __future__ import annotations

import time
from calendar import timegm
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from roletrail.usecases.chains.views import CoverageView, GapView

HOUR, DAY = 3_600, 86_400
MOST_HOURS = 72
"""A longer window is shown by days."""
MOST_ROWS = 40
BAD = ("altered", "file missing")


class Slot(NamedTuple):
    level: str  # none | writes | reads | data
    digest: str  # bad | proved | ""
    gap: bool
    title: str


class Row(NamedTuple):
    account: str
    regions: list[str]
    slots: list[Slot]


class Strip(NamedTuple):
    unit: str  # hour | day
    first: str
    last: str
    rows: list[Row]
    left_out: int  # accounts


class _Said(NamedTuple):
    """An hour or day of one account, regions together."""

    reads: int
    writes: int
    data: int
    digests: set[str]


def strip_of(view: CoverageView) -> Strip:
    since, until = _seconds(view.since), _seconds(view.until)
    step = HOUR if until - since <= MOST_HOURS * HOUR and not view.hours_left_out else DAY
    begins = list(range(since // step * step, until, step)) if since else []
    said = _by_hour(view) if step == HOUR else _by_day(view)
    regions: defaultdict[str, list[str]] = defaultdict(list)
    for one in view.regions:
        regions[one.account].append(one.region)
    rows = [_row(account, regions[account], said, view.gaps, begins, step) for account in sorted(regions)[:MOST_ROWS]]
    first, last = (_label(begins[place], step) if begins else "" for place in (0, -1))
    return Strip("hour" if step == HOUR else "day", first, last, rows, max(0, len(regions) - MOST_ROWS))


def _by_hour(view: CoverageView) -> dict[tuple[str, int], _Said]:
    found: dict[tuple[str, int], _Said] = {}
    for hour in view.hours:
        place = (hour.account, _seconds(hour.hour))
        reads, writes, data, digests = found.get(place, (0, 0, 0, set[str]()))
        more = (reads + hour.management_read, writes + hour.management_write, data + hour.data + hour.network)
        found[place] = _Said(*more, digests | {hour.digest})
    return found


def _by_day(view: CoverageView) -> dict[tuple[str, int], _Said]:
    return {
        (one.account, _seconds(one.day)): _Said(
            one.management_read, one.management_write, one.data + one.network, set(one.digests)
        )
        for one in view.days
    }


def _row(
    account: str,
    regions: list[str],
    said: Mapping[tuple[str, int], _Said],
    gaps: Sequence[GapView],
    begins: Sequence[int],
    step: int,
) -> Row:
    spans = [(_seconds(gap.since), _seconds(gap.until) or begins[-1] + step) for gap in gaps if gap.account == account]
    return Row(account, regions, [_slot(begin, said.get((account, begin)), spans, step) for begin in begins])


def _slot(begin: int, said: _Said | None, spans: Sequence[tuple[int, int]], step: int) -> Slot:
    reads, writes, data, states = said or _Said(0, 0, 0, set())
    level = "data" if data else "reads" if reads else "writes" if writes else "none"
    digest = "bad" if states.intersection(BAD) else "proved" if states and states <= {"proved complete", "quiet"} else ""
    gap = any(since < begin + step and begin < until for since, until in spans)
    words = [f"{reads:,} reads, {writes:,} writes, {data:,} data events" if level != "none" else "no events"]
    words += [f"digest: {state}" for state in sorted(states & {*BAD, "proved complete", "quiet"})]
    words += ["not everything was logged"] if gap else []
    return Slot(level, digest, gap, f"{_label(begin, step)}: {', '.join(words)}")


def _seconds(iso: str) -> int:
    return timegm(time.strptime(iso, "%Y-%m-%dT%H:%M:%SZ")) if iso else 0


def _label(at: int, step: int) -> str:
    return time.strftime("%Y-%m-%d %H:00" if step == HOUR else "%Y-%m-%d", time.gmtime(at))
