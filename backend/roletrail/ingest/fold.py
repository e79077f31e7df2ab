"""Ordinary events to activities, callers and credential uses: counted by column, merged by key, order-free.

First and last of anything go by (time, event id), so no order of records or parts shows in a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from roletrail.ingest import addresses, agents
from roletrail.ingest.coded import Coded, combined
from roletrail.ingest.columns import Columns
from roletrail.ingest.identity import Facts
from roletrail.ingest.members import identifier, text
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Activity, Caller, CredentialUse


class Folded(NamedTuple):
    callers: list[Caller]
    credentials: list[CredentialUse]
    activities: list[Activity]


Key = tuple[int, int, str, str, str, str]
"""number of the facts, begin of the cell, address, endpoint id, endpoint account, family of the user agent"""


class Groups(NamedTuple):
    """Events alike in everything their record says that an activity is keyed by, one entry a group in each list.

    `first` and `last` are positions among the columns.
    """

    keys: Iterable[Key]
    events: list[int]
    errors: list[int]
    from_console: list[bool]
    sources: list[str]
    names: Iterable[tuple[str, str]]  # of the first and last event
    first: list[int]
    last: list[int]


def fold(columns: Columns, facts: Sequence[Facts], used: np.ndarray) -> Folded:
    """`facts` are those of each entry in the table of `columns.who`; `used` marks the events that are uses of a session or key."""
    where = np.flatnonzero(used)
    if not len(where):
        return Folded([], [], [])
    fold_ = _Fold(columns, facts)
    fold_.take(_groups(columns, where))
    return fold_.result()


def _groups(columns: Columns, where: np.ndarray) -> Groups:
    at = columns.at[where]
    cells = at // ACTIVITY_CELL_SECONDS
    low = int(cells.min())
    alike = (columns.who, columns.source, columns.user_agent, columns.vpce_id, columns.vpce_account)
    parts = [(column.codes[where], len(column.table)) for column in alike]
    code, count = combined([*parts, (cells - low, int(cells.max()) - low + 1)])
    events = np.bincount(code)
    errors = np.bincount(code, columns.error_code.marks(bool)[where]).astype(np.int64)
    console = np.bincount(code, columns.from_console.marks("true".__eq__)[where]) > 0
    first, last = _ends(columns, where, code, at, events)
    names = zip(columns.event_name.only(first).texts(), columns.event_name.only(last).texts(), strict=True)
    sources = _sources(columns.event_source.only(where), code, count)
    keys = _keys(columns, first)
    return Groups(keys, events.tolist(), errors.tolist(), console.tolist(), sources, names, first.tolist(), last.tolist())


def _keys(columns: Columns, first: np.ndarray) -> Iterable[Key]:
    """What the events of each group share, told from the first of each."""
    return zip(
        columns.who.codes[first].tolist(),
        (columns.at[first] // ACTIVITY_CELL_SECONDS * ACTIVITY_CELL_SECONDS).tolist(),
        columns.source.mapped(addresses.normal).only(first).texts(),
        columns.vpce_id.mapped(identifier).only(first).texts(),
        columns.vpce_account.mapped(text).only(first).texts(),
        columns.user_agent.mapped(agents.family).only(first).texts(),
        strict=True,
    )


def _ends(
    columns: Columns, where: np.ndarray, code: np.ndarray, at: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the least and greatest (time, event id) of each group."""
    low = at.min()
    span = int(at.max() - low) + 1
    keyed = code * span + (at - low)
    order = np.argsort(keyed, kind="stable")
    keyed = keyed[order]
    stop = np.cumsum(count)
    start = stop - count
    first, last = order[start], order[stop - 1]
    tied = np.flatnonzero((count > 1) & (keyed[start] == keyed[np.minimum(start + 1, len(keyed) - 1)]))
    for group in tied.tolist():
        end = int(np.searchsorted(keyed, keyed[start[group]], "right"))
        first[group] = min(order[start[group] : end].tolist(), key=lambda p: columns.event_id[int(where[p])])
    tied = np.flatnonzero((count > 1) & (keyed[stop - 1] == keyed[stop - 2]))
    for group in tied.tolist():
        begin = int(np.searchsorted(keyed, keyed[stop[group] - 1], "left"))
        last[group] = max(order[begin : stop[group]].tolist(), key=lambda p: columns.event_id[int(where[p])])
    return where[first], where[last]


def _sources(event_source: Coded, code: np.ndarray, groups: int) -> list[str]:
    """Events per event source of each group, as in Activity.sources."""
    order = sorted(range(len(event_source.table)), key=event_source.table.__getitem__)
    printed = ["_".join(event_source.table[number].split()) + "=" for number in order]  # a blank would forge a pair of its own
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    found, counts = np.unique(code * len(order) + rank[event_source.codes], return_counts=True)
    group, source = np.divmod(found, len(order))
    result = [""] * groups
    for number, name, count in zip(group.tolist(), source.tolist(), counts.tolist(), strict=True):
        said = result[number]
        result[number] = f"{said} {printed[name]}{count}" if said else f"{printed[name]}{count}"
    return result


Tail = tuple[int, int, str, int, str, str, int, str, str]
"""What of an Activity is not its key."""


class _Fold:
    """Merges groups into rows. What grows is in lists: callers and credential uses have few rows and many groups."""

    def __init__(self, columns: Columns, facts: Sequence[Facts]) -> None:
        self._ids = columns.event_id
        self._at: list[int] = columns.at.tolist()
        self._facts = facts
        self._callers: dict[str, _CallerRow] = {}
        self._uses: dict[tuple[str, str], _UseRow] = {}
        self._activities: dict[tuple, Tail] = {}

    def take(self, groups: Groups) -> None:
        at, event_ids = self._at, self._ids
        rows = zip(*groups, strict=True)
        for key, events, errors, console, sources, (first_name, last_name), first, last in rows:
            index, cell, address, vpce_id, vpce_account, agent = key
            facts = self._facts[index]
            identity, key_id, invoked_by = facts.identity, facts.access_key_id, facts.invoked_by
            caller = self._callers.get(identity)
            if caller is None:
                caller = self._callers[identity] = _CallerRow(first, last)
            caller.add(self, index, events, errors, bool(invoked_by), first, last)
            if key_id:
                use = self._uses.get((identity, key_id))
                if use is None:
                    use = self._uses[identity, key_id] = _UseRow(facts.kind == "key", first, last)
                use.add(self, facts, console, first, last)
            activity = (
                identity, cell, "" if invoked_by else key_id, address, vpce_id, vpce_account,
                facts.delivery, invoked_by, agent, facts.source_identity, facts.mfa,
            )  # fmt: skip
            tail = (events, errors, sources, at[first], event_ids[first], first_name, at[last], event_ids[last], last_name)
            before = self._activities.get(activity)
            self._activities[activity] = tail if before is None else _joined(before, tail)

    def earlier(self, a: int, b: int) -> int:
        """Position of the lesser of two events by (time, event id)."""
        if self._at[a] != self._at[b]:
            return a if self._at[a] < self._at[b] else b
        return a if self._ids[a] <= self._ids[b] else b

    def later(self, a: int, b: int) -> int:
        return b if self.earlier(a, b) == a else a

    def result(self) -> Folded:
        return Folded(
            [self._caller(id_, row) for id_, row in self._callers.items()],
            [self._use(identity, key, row) for (identity, key), row in self._uses.items()],
            [Activity._make(key + tail) for key, tail in self._activities.items()],
        )

    def _caller(self, id_: str, row: _CallerRow) -> Caller:
        one, *others = [self._facts[index] for index in row.facts]
        texts, principal_id = one[_TEXTS], one.principal_id
        for other in others:
            texts = tuple(map(max, texts, other[_TEXTS]))
            principal_id = max(principal_id, other.principal_id)  # a key that a sample gives to several users
        ends = (self._at[row.first], self._ids[row.first], self._at[row.last], self._ids[row.last])
        counts = (row.internal, row.events, row.errors)
        return Caller._make((id_, one.kind, one.partition, principal_id, one.created, *texts, *counts, *ends))

    def _use(self, identity: str, access_key_id: str, row: _UseRow) -> CredentialUse:
        kind = "long_term" if row.long_term else "issued" if row.direct else "forward"
        ends = (self._at[row.first], self._ids[row.first], self._at[row.last], self._ids[row.last])
        return CredentialUse(identity, access_key_id, kind, row.delivery, "true" if row.from_console else "", *ends)


_TEXTS = slice(Facts._fields.index("type"), Facts._fields.index("sign_in_session") + 1)
"""Texts of Facts that are texts of Caller too, in its order; checked by a test."""


def _joined(a: Tail, b: Tail) -> Tail:
    """Two groups with one key: user agents of one family, forms of one address."""
    counts: dict[str, int] = {}
    for pair in (a[2] + " " + b[2]).split(" "):
        source, _, count = pair.rpartition("=")
        counts[source] = counts.get(source, 0) + int(count)
    sources = " ".join([f"{source}={count}" for source, count in sorted(counts.items())])
    first = min(a[3:6], b[3:6])
    last = max(a[6:], b[6:])
    return (a[0] + b[0], a[1] + b[1], sources, *first, *last)


class _CallerRow:
    __slots__ = ("errors", "events", "facts", "first", "internal", "last")

    def __init__(self, first: int, last: int) -> None:
        self.events = self.errors = self.internal = 0
        self.first, self.last = first, last
        self.facts: dict[int, None] = {}

    def add(self, fold_: _Fold, index: int, events: int, errors: int, internal: bool, first: int, last: int) -> None:
        self.events += events
        self.errors += errors
        if internal:
            self.internal += events
        if self.facts:
            self.first = fold_.earlier(self.first, first)
            self.last = fold_.later(self.last, last)
        self.facts[index] = None


class _UseRow:
    __slots__ = ("delivery", "direct", "first", "from_console", "last", "long_term")

    def __init__(self, long_term: bool, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.long_term = long_term
        self.delivery = ""
        self.direct = self.from_console = False

    def add(self, fold_: _Fold, facts: Facts, console: bool, first: int, last: int) -> None:
        if self.first != first:
            self.first = fold_.earlier(self.first, first)
        if self.last != last:
            self.last = fold_.later(self.last, last)
        self.delivery = max(self.delivery, facts.delivery)
        self.direct = self.direct or not facts.invoked_by
        self.from_console = self.from_console or console
