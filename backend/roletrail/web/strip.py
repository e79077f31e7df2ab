"""The strip of the data page: one row an account, one slot an hour or a day, from the coverage view. Knows no HTML."""

from __future__ import annotations

import time
from calendar import timegm
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from roletrail.usecases.views import CoverageHour, CoverageView, GapView

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


def strip_of(view: CoverageView) -> Strip:
    since, until = _seconds(view.since), _seconds(view.until)
    step = HOUR if until - since <= MOST_HOURS * HOUR else DAY
    begins = list(range(since // step * step, until, step)) if since else []
    by_account: defaultdict[str, list[CoverageHour]] = defaultdict(list)
    for hour in view.hours:
        by_account[hour.account].append(hour)
    accounts = sorted(by_account)
    rows = [_row(account, by_account[account], view.gaps, begins, step) for account in accounts[:MOST_ROWS]]
    first, last = (_label(begins[place], step) if begins else "" for place in (0, -1))
    return Strip("hour" if step == HOUR else "day", first, last, rows, max(0, len(accounts) - MOST_ROWS))


def _row(account: str, hours: Sequence[CoverageHour], gaps: Sequence[GapView], begins: Sequence[int], step: int) -> Row:
    slots: defaultdict[int, list[CoverageHour]] = defaultdict(list)
    for hour in hours:
        slots[_seconds(hour.hour) // step * step].append(hour)
    spans = [(_seconds(gap.since), _seconds(gap.until) or begins[-1] + step) for gap in gaps if gap.account == account]
    return Row(account, sorted({hour.region for hour in hours}), [_slot(begin, slots[begin], spans, step) for begin in begins])


def _slot(begin: int, hours: Sequence[CoverageHour], spans: Sequence[tuple[int, int]], step: int) -> Slot:
    reads, writes = sum(hour.management_read for hour in hours), sum(hour.management_write for hour in hours)
    data = sum(hour.data + hour.network for hour in hours)
    level = "data" if data else "reads" if reads else "writes" if writes else "none"
    states = {hour.digest for hour in hours}
    digest = "bad" if states.intersection(BAD) else "proved" if states and states <= {"proved complete", "quiet"} else ""
    gap = any(since < begin + step and begin < until for since, until in spans)
    said = [f"{reads:,} reads, {writes:,} writes, {data:,} data events" if level != "none" else "no events"]
    said += [f"digest: {state}" for state in sorted(states & {*BAD, "proved complete", "quiet"})]
    said += ["not everything was logged"] if gap else []
    return Slot(level, digest, gap, f"{_label(begin, step)}: {', '.join(said)}")


def _seconds(iso: str) -> int:
    return timegm(time.strptime(iso, "%Y-%m-%dT%H:%M:%SZ")) if iso else 0


def _label(at: int, step: int) -> str:
    return time.strftime("%Y-%m-%d %H:00" if step == HOUR else "%Y-%m-%d", time.gmtime(at))
