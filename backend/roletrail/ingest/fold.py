"""Ordinary events to activities, callers and credential uses: counted by column, merged by key, order-free.

First and last of anything go by (time, event id), so no order of records or parts shows in a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from roletrail.ingest import addresses, agents
from roletrail.ingest.columns import Columns
from roletrail.ingest.identity import Facts
from roletrail.ingest.members import identifier, text
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Activity, Caller, CredentialUse


class Codes(dict):
    """Numbers distinct values in the order they are met."""

    def __missing__(self, value: object) -> int:
        number = self[value] = len(self)
        return number

    def of(self, values: Iterable[object], count: int) -> np.ndarray:
        return np.fromiter(map(self.__getitem__, values), np.int64, count)


class Folded(NamedTuple):
    callers: list[Caller]
    credentials: list[CredentialUse]
    activities: list[Activity]


class Groups(NamedTuple):
    """Events alike in everything their record says that an activity is keyed by, one entry a group in each list.

    `keys` are (number of the facts, cell, address, user agent, endpoint id, endpoint account), `first` and `last`
    positions among the columns.
    """

    keys: list[tuple[int, int, str, str, str, str]]
    events: list[int]
    errors: list[int]
    from_console: list[bool]
    sources: list[str]
    first: list[int]
    last: list[int]


def fold(columns: Columns, facts: Sequence[Facts], who: np.ndarray, used: np.ndarray) -> Folded:
    """`who` numbers each event's entry in `facts`; `used` marks the events that are uses of a session or key."""
    where = np.flatnonzero(used)
    if not len(where):
        return Folded([], [], [])
    fold_ = _Fold(columns, facts)
    fold_.take(_groups(columns, who, where))
    return fold_.result()


def _picked(values: Sequence, where: np.ndarray, total: int) -> Sequence:
    return values if len(where) == total else [values[at] for at in where.tolist()]


def _groups(columns: Columns, who: np.ndarray, where: np.ndarray) -> Groups:
    total = len(columns.event_id)
    size = len(where)
    at = columns.at[where]
    keys = Codes()
    parts: list[Iterable] = [who[where].tolist(), (at // ACTIVITY_CELL_SECONDS).tolist()]
    parts += [_picked(values, where, total) for values in (columns.source, columns.user_agent)]
    parts += [
        _picked(values, where, total) if any(values) else repeat("", size) for values in (columns.vpce_id, columns.vpce_account)
    ]
    code = keys.of(zip(*parts, strict=True), size)
    count = np.bincount(code)
    failed = np.fromiter(map(bool, _picked(columns.error_code, where, total)), bool, size)
    errors = np.bincount(code, failed).astype(np.int64)
    console = _console(columns, where, code, len(keys))
    first, last = _ends(columns, where, code, at, count)
    sources = _sources(_picked(columns.event_source, where, total), code, len(keys))
    return Groups(list(keys), count.tolist(), errors.tolist(), console.tolist(), sources, first.tolist(), last.tolist())


def _console(columns: Columns, where: np.ndarray, code: np.ndarray, groups: int) -> np.ndarray:
    found = np.zeros(groups, bool)
    if any(columns.from_console):
        said = np.fromiter((columns.from_console[at] == "true" for at in where.tolist()), bool, len(where))
        found[code[said]] = True
    return found


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


def _sources(event_sources: Sequence[str], code: np.ndarray, groups: int) -> list[str]:
    """Events per event source of each group, as in Activity.sources."""
    names = sorted(set(event_sources))
    printed = ["_".join(name.split()) + "=" for name in names]  # a blank would forge a pair of its own
    rank = {name: number for number, name in enumerate(names)}
    pair = code * len(names) + np.fromiter(map(rank.__getitem__, event_sources), np.int64, len(event_sources))
    found, counts = np.unique(pair, return_counts=True)
    group, source = np.divmod(found, len(names))
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
        self._names = columns.event_name
        self._at: list[int] = columns.at.tolist()
        self._facts = facts
        self._address = {source: addresses.normal(source) for source in set(columns.source)}
        self._agent = {agent: agents.family(agent) for agent in set(columns.user_agent)}
        self._callers: dict[str, _CallerRow] = {}
        self._uses: dict[tuple[str, str], _UseRow] = {}
        self._activities: dict[tuple, Tail] = {}

    def take(self, groups: Groups) -> None:
        at: list[int] = self._at
        event_ids, names = self._ids, self._names
        first: int
        last: int
        rows = zip(
            groups.keys, groups.events, groups.errors, groups.from_console, groups.sources, groups.first, groups.last, strict=True
        )  # fmt: skip
        for key, events, errors, console, sources, first, last in rows:
            index, cell, source, agent, vpce_id, vpce_account = key
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
                identity, cell * ACTIVITY_CELL_SECONDS, "" if invoked_by else key_id, self._address[source],
                identifier(vpce_id) if vpce_id else "", text(vpce_account) if vpce_account else "",
                facts.delivery, invoked_by, self._agent[agent], facts.source_identity, facts.mfa,
            )  # fmt: skip
            tail = (events, errors, sources, at[first], event_ids[first], names[first], at[last], event_ids[last], names[last])
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
