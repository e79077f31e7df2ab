"""What is loaded, hour by hour, and what these logs cannot show: cells, digests, gaps, unknown parents, quarantine.

Everything is computed when read (ADR 0008), over one window of hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage.gaps import Gap, gaps
from roletrail.lineage.model import Addendum, event_ref
from roletrail.stores.port import CoverageRow, Digested, GraphStore
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import (
    CoverageDay,
    CoverageHour,
    CoverageView,
    GapView,
    QuarantineCount,
    RegionCoverageView,
    UnknownParents,
    UnknownReason,
    UnloadedAccount,
)

HOUR, DAY = 3_600, 86_400
WINDOW_HOURS = 35 * 24
"""Hours shown unless a window is asked for: the newest five weeks."""
MOST_HOURS = 20_000
"""Hour rows of one answer, the newest of them; what is left out is counted."""
MOST_LOST = 500
"""Unknown parents whose reason is worked out for one answer: the newest."""
MOST_FILES = 20
MOST_DIGESTS = 100
MOST_EXAMPLES = 3

PROVED, MISSING, ALTERED, QUIET, NO_DIGEST = "proved complete", "file missing", "altered", "quiet", "no digest"
_WORST = (QUIET, PROVED, NO_DIGEST, MISSING, ALTERED)

Place = tuple[str, str]  # account, region


class _Hour(NamedTuple):
    counts: dict[str, int]
    digests: list[Digested]


def show_coverage(graph: GraphStore, actor: Actor, from_: int = 0, to: int = 0, account: str = "") -> CoverageView:
    """Coverage of a window: hours that begin in it. Without bounds, the newest five weeks of the store."""
    require(actor, "coverage.read")
    from_, to = _window(graph, from_, to)
    cells = list(graph.coverage(from_, to, account))
    digests = graph.digests(from_, to, account)
    grid = _grid(cells, digests)
    accounts = sorted({place[0] for place in grid})
    hours = [(at, place) for place, found in grid.items() for at in found]
    shown = sorted((place, at) for at, place in nlargest(MOST_HOURS, hours))
    return CoverageView(
        since=iso(from_),
        until=iso(to if from_ else 0),
        banners=_banners(cells),
        regions=[_region_view(place, grid[place]) for place in sorted(grid)],
        days=_days(grid),
        hours=[_hour_view(place, at, grid[place][at]) for place, at in shown],
        hours_left_out=len(hours) - len(shown),
        digests_missing=_missing_digests(digests),
        gaps=_gap_views(graph, accounts, cells, from_, to),
        accounts_not_loaded=[
            UnloadedAccount(one, count, "ACCOUNT_NOT_LOADED") for one, count in graph.accounts_not_loaded().items()
        ],
        unknown_parents=_unknown_parents(graph),
        quarantine=[QuarantineCount(reason, count) for reason, count in graph.quarantine_reasons().items()],
    )


def _window(graph: GraphStore, from_: int, to: int) -> tuple[int, int]:
    totals, (first_digest, last_digest) = graph.totals(), graph.digest_span()
    first = min((at for at in (totals.first_at, first_digest) if at), default=0)
    to = to or (max(totals.last_at, last_digest - 1) // HOUR + 1) * HOUR
    return from_ or max(first // HOUR * HOUR, to - WINDOW_HOURS * HOUR, 0), to


# --- cells and digests ---


def _grid(cells: Iterable[CoverageRow], digests: Sequence[Digested]) -> dict[Place, dict[int, _Hour]]:
    """Every hour with events or a digest; where an account and region have digests at all, also the hours between them."""
    grid: defaultdict[Place, dict[int, _Hour]] = defaultdict(dict)
    for row in cells:
        grid[row.account, row.region][row.hour] = _Hour(row.counts, [])
    spans: dict[Place, tuple[int, int]] = {}
    for digest in digests:
        place = (digest.account, digest.region)
        first = digest.start // HOUR * HOUR
        for hour in range(first, digest.end, HOUR):
            grid[place].setdefault(hour, _Hour({}, [])).digests.append(digest)
        low, high = spans.get(place, (first, digest.end))
        spans[place] = (min(low, first), max(high, digest.end))
    for place, (low, high) in spans.items():
        for hour in range(low, high, HOUR):
            grid[place].setdefault(hour, _Hour({}, []))
    return grid


def _missing_digests(digests: Sequence[Digested]) -> list[str]:
    """Digests that their successors name. The predecessor of the first one loaded is outside of what was loaded."""
    names = {digest.name for digest in digests}
    begun: set[tuple[str, str, str]] = set()
    missing: list[str] = []
    for digest in digests:
        trail = digest.name.rpartition("/")[2].rpartition("_")[0]  # the name ends in the time
        place = (digest.account, digest.region, trail)
        if place in begun and digest.previous and digest.previous not in names:
            missing.append(digest.previous)
        begun.add(place)
    return missing[:MOST_DIGESTS]


def _state(hour: _Hour) -> str:
    """Of the digests of every trail that speaks for the hour, the worst."""
    if len(hour.digests) < 2:
        return _digest_state(hour.digests[0]) if hour.digests else NO_DIGEST
    return max(map(_digest_state, hour.digests), key=_WORST.index)


def _digest_state(digest: Digested) -> str:
    if digest.altered:
        return ALTERED
    if digest.missing:
        return MISSING
    return PROVED if digest.files else QUIET


def _hour_view(place: Place, at: int, hour: _Hour) -> CoverageHour:
    count = hour.counts.get
    return CoverageHour(
        account=place[0],
        region=place[1],
        hour=iso(at),
        management_read=count("management_read", 0),
        management_write=count("management_write", 0),
        data=count("data", 0),
        network=count("network", 0),
        digest=_state(hour),
        files_missing=[name for one in hour.digests for name in one.missing][:MOST_FILES],
        files_altered=[name for one in hour.digests for name in one.altered][:MOST_FILES],
    )


def _region_view(place: Place, hours: dict[int, _Hour]) -> RegionCoverageView:
    totals = _sum(hour.counts for hour in hours.values())
    with_events = [at for at, hour in hours.items() if hour.counts]
    states = Counter(_state(hour) for hour in hours.values())
    return RegionCoverageView(
        account=place[0],
        region=place[1],
        first_hour=iso(min(with_events, default=0)),
        last_hour=iso(max(with_events, default=0)),
        hours_with_events=len(with_events),
        management_read=totals["management_read"],
        management_write=totals["management_write"],
        data=totals["data"],
        network=totals["network"],
        digests={state: states[state] for state in _WORST if states[state]},
    )


def _days(grid: Mapping[Place, Mapping[int, _Hour]]) -> list[CoverageDay]:
    """Every account's days, regions together: nothing is left out of these."""
    found: defaultdict[tuple[str, int], list[_Hour]] = defaultdict(list)
    for (account, _), hours in grid.items():
        for at, hour in hours.items():
            found[account, at // DAY * DAY].append(hour)
    days: list[CoverageDay] = []
    for (account, day), hours in sorted(found.items()):
        totals = _sum(hour.counts for hour in hours)
        states = {_state(hour) for hour in hours}
        counts = (totals["management_read"], totals["management_write"], totals["data"], totals["network"])
        days.append(CoverageDay(account, iso(day), *counts, [state for state in _WORST if state in states]))
    return days


def _sum(many: Iterable[Mapping[str, int]]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for counts in many:
        for category, count in counts.items():
            totals[category] += count
    return totals


def _banners(cells: Iterable[CoverageRow]) -> list[str]:
    """One banner for all accounts whose trails leave reads out: their role sessions cannot be told from one another's."""
    read: Counter[str] = Counter()
    written: Counter[str] = Counter()
    for row in cells:
        read[row.account] += row.counts.get("management_read", 0)
        written[row.account] += row.counts.get("management_write", 0)
    accounts = sorted(account for account in written if written[account] and not read[account])
    if not accounts:
        return []
    named = ", ".join(accounts[:10]) + (f" and {len(accounts) - 10} more" if len(accounts) > 10 else "")
    what = "account" if len(accounts) == 1 else "accounts"
    return [f"Reads are not logged in {what} {named}: AssumeRole is a read, so these logs hold no role lineage of it."]


# --- gaps ---


def _gap_views(graph: GraphStore, accounts: Iterable[str], cells: Sequence[CoverageRow], from_: int, to: int) -> list[GapView]:
    by_account: defaultdict[str, list[CoverageRow]] = defaultdict(list)
    for row in cells:
        by_account[row.account].append(row)
    found: list[GapView] = []
    for account in accounts:
        changes = gaps(graph.logging_changes(account))
        found += [
            _gap_view(gap, by_account[account]) for gap in changes if gap.since < to and (not gap.until or gap.until > from_)
        ]
        found += [_outage_view(outage) for outage in graph.outages(account) if from_ <= outage.at < to]
    return sorted(found, key=lambda view: (view.since, view.account, view.reason))


def _gap_view(gap: Gap, cells: Iterable[CoverageRow]) -> GapView:
    began, ended = gap.began, gap.ended
    inside = [row for row in cells if row.first_at > gap.since and (not gap.until or row.last_at < gap.until)]
    return GapView(
        reason=gap.reason,
        account=gap.account,
        region="",
        since=iso(gap.since),
        until=iso(gap.until),
        what=f"{began.event_name} {began.target}".strip(),
        event_refs=[event_ref(one.at, one.event_id) for one in (began, ended) if one is not None],
        events=sum(sum(row.counts.values()) for row in inside),
    )


def _outage_view(outage: Addendum) -> GapView:
    return GapView(
        reason="SERVICE_OUTAGE",
        account=outage.account,
        region=outage.region,
        since=iso(outage.at // HOUR * HOUR),
        until=iso(outage.at // HOUR * HOUR + HOUR),
        what=f"{outage.event_source} could not log",
        event_refs=[event_ref(outage.at, outage.event_id)],
        events=0,
    )


# --- unknown parents ---


def _unknown_parents(graph: GraphStore) -> UnknownParents:
    """By reason, worked out as on their pages. Bounded: of many, the newest are a sample, and the answer says so."""
    ids, total = graph.lost(MOST_LOST)
    origins = Origins(graph)
    found: dict[str, list[tuple[str, str]]] = {}
    for id_, row in graph.rows(ids).items():
        node = origins.unknown_parent(row)
        if node is not None:
            found.setdefault(node.reason_code, []).append((id_, node.reason))
    reasons = [
        UnknownReason(code, len(rows), min(rows)[1], [id_ for id_, _ in sorted(rows)[:MOST_EXAMPLES]])
        for code, rows in found.items()
    ]
    return UnknownParents(total, len(ids), len(ids) < total, sorted(reasons, key=lambda one: (-one.count, one.code)))
