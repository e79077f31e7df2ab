"""When each credential of a chain was valid, used, refused, and made another: the waterfall's answer, as JSON and as a chart."""

from __future__ import annotations

import time
from calendar import timegm
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.lineage.gaps import gaps
from roletrail.lineage.model import Activity, event_ref
from roletrail.render import waterfall
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.fold import fold_siblings
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import SessionView, TreeRow

MOST_ROWS = 80
MOST_SPANS = 120
MOST_MARKS = 60
JOINED = 300
"""Seconds between two uses that are drawn as one."""
LONGEST = 14 * 86_400
"""Window of a chain whose credentials last longer than two weeks: its newest two weeks."""


@dataclass(frozen=True, slots=True)
class Use:
    first_seen: str
    last_seen: str
    count: int
    errors: int


@dataclass(frozen=True, slots=True)
class Mark:
    """`kind`: call (first and last of a quarter of an hour) | notable | denied | mint (a child was issued, `child_id`)."""

    at: str
    kind: str
    what: str
    event_ref: str
    child_id: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    id: str
    label: str
    kind: str
    level: int
    ordinal: int
    tone: str
    issued_at: str
    expires_at: str
    uses: list[Use]
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class NotLogged:
    since: str
    until: str  # "" not ended
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """Rows in tree order, equal siblings folded into one as on the page."""

    id: str
    since: str
    until: str
    rows: list[TimelineRow]
    rows_left_out: int
    gaps: list[NotLogged]


def show_timeline(graph: GraphStore, actor: Actor, view: SessionView, tree: Sequence[TreeRow] | None = None) -> TimelineView:
    """The waterfall of a session's page. `tree` is the page's own, when it shows other rows than the folded ones."""
    require(actor, "sessions.read", view.id)
    rows = list(tree if tree is not None else fold_siblings(view.tree))
    shown = _most_telling(rows)
    since, until = _window(rows, view.id)
    known = [row.node.id for row in shown if row.node.kind in ("session", "key")]
    used: defaultdict[str, list[Activity]] = defaultdict(list)
    for activity in graph.activities_of(known, since - 900, until + 1) if known else ():
        used[activity.identity].append(activity)
    stories = _stories(graph, known)
    minted = _minted(rows)
    return TimelineView(
        id=view.id,
        since=iso(since),
        until=iso(until),
        rows=[_row(row, used[row.node.id], stories[row.node.id] + minted[row.node.id], since, until) for row in shown],
        rows_left_out=len(rows) - len(shown),
        gaps=_not_logged(graph, view.chain.accounts, since, until),
    )


def _most_telling(rows: Sequence[TreeRow]) -> list[TreeRow]:
    """The path and the reddest first; in tree order."""
    ranked = sorted(range(len(rows)), key=lambda n: (not rows[n].on_path, -rows[n].node.ordinal, n))[:MOST_ROWS]
    return [rows[n] for n in sorted(ranked)]


def _window(rows: Sequence[TreeRow], id_: str) -> tuple[int, int]:
    """From the first issue to the last use or expiry of the path and what hangs below the session asked for."""
    below = {id_}
    for row in rows:
        if row.parent_id in below:
            below.add(row.node.id)
    mine = [row for row in rows if (row.on_path or row.node.id in below) and row.node.kind == "session"]
    story = mine or [row for row in rows if row.first_seen] or list(rows)
    begins = [at for row in story if (at := _began(row))]
    ends = [at for row in story for at in (seconds(row.node.expires_at), seconds(row.last_seen), _began(row)) if at]
    begin, end = min(begins, default=0), max(ends, default=0)
    if end - begin > LONGEST:
        begin = end - LONGEST
    margin = max(30, (end - begin) // 40)
    return max(0, begin - margin), end + margin


def _began(row: TreeRow) -> int:
    return seconds(row.node.issued_at) or seconds(row.first_seen)


def _stories(graph: GraphStore, ids: Sequence[str]) -> defaultdict[str, list[Mark]]:
    found: defaultdict[str, list[Mark]] = defaultdict(list)
    for action in graph.actions_of(ids, MOST_ROWS * MOST_MARKS) if ids else ():
        what = f"{action.event_name} {action.target}".strip() + (f": {action.error_code}" if action.error_code else "")
        kind = "denied" if action.error_code else "notable"
        found[action.identity].append(Mark(iso(action.at), kind, what, event_ref(action.at, action.event_id), ""))
    for attempt in graph.attempts_of(ids, MOST_ROWS * MOST_MARKS) if ids else ():
        what = f"{attempt.event_name} {attempt.target}: {attempt.error_code}"
        found[attempt.identity].append(Mark(iso(attempt.at), "denied", what, event_ref(attempt.at, attempt.event_id), ""))
    return found


def _minted(rows: Iterable[TreeRow]) -> defaultdict[str, list[Mark]]:
    """On the parent's row: when it obtained or made each child."""
    found: defaultdict[str, list[Mark]] = defaultdict(list)
    for row in rows:
        at = row.node.edge.at if row.node.edge else row.node.issued_at if row.node.kind == "folded" else ""
        if at and row.parent_id:
            proof = row.node.edge.evidence_refs[0] if row.node.edge and row.node.edge.evidence_refs else ""
            found[row.parent_id].append(Mark(at, "mint", row.node.label, proof, row.node.id))
    return found


def _row(row: TreeRow, used: Sequence[Activity], marks: Sequence[Mark], since: int, until: int) -> TimelineRow:
    node = row.node
    uses = _uses(used)
    if not uses and node.kind == "folded" and row.first_seen:
        uses = [Use(row.first_seen, row.last_seen, row.uses, row.errors)]
    found = sorted([*marks, *_calls(used)], key=lambda mark: (mark.kind == "call", mark.at, mark.event_ref))
    within = [mark for mark in found if since <= seconds(mark.at) <= until]
    return TimelineRow(
        id=node.id,
        label=node.label,
        kind=node.kind,
        level=row.level,
        ordinal=node.ordinal,
        tone=node.tone,
        issued_at=node.issued_at,
        expires_at=node.expires_at,
        uses=uses[:MOST_SPANS],
        marks=within[:MOST_MARKS],
    )


def _uses(used: Sequence[Activity]) -> list[Use]:
    spans: list[tuple[int, int, int, int]] = []
    for activity in sorted(used, key=lambda one: (one.first_at, one.last_at)):
        if spans and activity.first_at <= spans[-1][1] + JOINED:
            first, last, count, errors = spans[-1]
            spans[-1] = (first, max(last, activity.last_at), count + activity[11], errors + activity.errors)
        else:
            spans.append((activity.first_at, activity.last_at, activity[11], activity.errors))
    return [Use(iso(first), iso(last), count, errors) for first, last, count, errors in spans]


def _calls(used: Iterable[Activity]) -> Iterable[Mark]:
    for one in used:
        yield Mark(iso(one.first_at), "call", one.first_name, event_ref(one.first_at, one.first_event), "")
        if one.last_event != one.first_event:
            yield Mark(iso(one.last_at), "call", one.last_name, event_ref(one.last_at, one.last_event), "")


def _not_logged(graph: GraphStore, accounts: Iterable[str], since: int, until: int) -> list[NotLogged]:
    found = [gap for account in accounts for gap in gaps(graph.logging_changes(account))]
    return [
        NotLogged(iso(gap.since), iso(gap.until), gap.account, gap.reason)
        for gap in found
        if gap.since < until and (not gap.until or gap.until > since)
    ]


# --- as a chart ---


def chart(view: TimelineView) -> waterfall.Chart:
    lanes = tuple(_lane(row) for row in view.rows)
    hatched = tuple(
        waterfall.Hatched(seconds(gap.since), seconds(gap.until), f"{gap.reason.replace('_', ' ').lower()} in {gap.account}")
        for gap in view.gaps
    )
    caption = f"When each of {len(lanes)} credentials was valid and used, {view.since} to {view.until}."
    return waterfall.Chart(seconds(view.since), seconds(view.until), lanes, hatched, caption)


def _lane(row: TimelineRow) -> waterfall.Lane:
    end = seconds(row.expires_at)
    if not end and row.kind != "key" and row.uses:
        end = seconds(row.uses[-1].last_seen)
    return waterfall.Lane(
        id=row.id,
        label=row.label,
        level=row.level,
        digit=row.ordinal,
        tone=row.tone,
        begin=seconds(row.issued_at),
        end=end,
        used=tuple((seconds(use.first_seen), seconds(use.last_seen), _said(use)) for use in row.uses),
        dots=tuple(_dot(mark) for mark in reversed(row.marks)),  # what matters most is painted last
    )


def _said(use: Use) -> str:
    calls = f"{use.count:,} call{'s' * (use.count != 1)}" + (f", {use.errors:,} failed" if use.errors else "")
    return f"{calls}, {use.first_seen} to {use.last_seen}"


def _dot(mark: Mark) -> waterfall.Dot:
    what = f"issued {mark.what}" if mark.kind == "mint" else mark.what
    href = f"/events/{quote(mark.event_ref, safe='', errors='replace')}" if mark.event_ref else ""
    return waterfall.Dot(seconds(mark.at), mark.kind, f"{mark.at} {what}", href)


def seconds(iso_text: str) -> int:
    return timegm(time.strptime(iso_text, "%Y-%m-%dT%H:%M:%SZ")) if iso_text else 0
