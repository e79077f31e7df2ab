"""Ordinary events to activities, callers and credential uses: counted by column, merged by key, order-free.

First and last of anything go by (time, event id), so no order of records or parts shows in a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class Group(NamedTuple):
    """Events alike in everything an activity is keyed by; `first` and `last` are their positions."""

    facts: Facts
    source: str
    user_agent: str
    vpce_id: str
    vpce_account: str
    cell: int
    events: int
    errors: int
    from_console: bool
    sources: list[tuple[str, int]]
    first: int
    last: int


class Folded(NamedTuple):
    callers: list[Caller]
    credentials: list[CredentialUse]
    activities: list[Activity]
    firsts: list[int]  # position of the first use of each identity


def fold(columns: Columns, facts: Sequence[Facts], who: np.ndarray, used: np.ndarray) -> Folded:
    """`who` numbers each event's entry in `facts`; `used` marks the events that are uses of a session or key."""
    where = np.flatnonzero(used)
    if not len(where):
        return Folded([], [], [], [])
    fold_ = _Fold(columns)
    for group in _groups(columns, facts, who, where):
        fold_.take(group)
    return fold_.result()


def _picked(values: Sequence, where: np.ndarray, total: int) -> Sequence:
    return values if len(where) == total else [values[at] for at in where.tolist()]


def _groups(columns: Columns, facts: Sequence[Facts], who: np.ndarray, where: np.ndarray) -> Iterable[Group]:
    total = len(columns.event_id)
    size = len(where)
    at = columns.at[where]
    keys = Codes()
    parts = [who[where].tolist(), (at // ACTIVITY_CELL_SECONDS).tolist()]
    parts += [_picked(values, where, total) for values in (columns.source, columns.user_agent)]
    parts += [_picked(values, where, total) if any(values) else [""] * size for values in (columns.vpce_id, columns.vpce_account)]
    code = keys.of(zip(*parts, strict=True), size)
    count = np.bincount(code)
    failed = np.fromiter(map(bool, _picked(columns.error_code, where, total)), bool, size)
    errors = np.bincount(code, failed).astype(np.int64)
    console = _console(columns, where, code, len(keys))
    first, last = _ends(columns, where, code, at, count)
    sources = _sources(_picked(columns.event_source, where, total), code, len(keys))
    for key, *rest in zip(
        keys, count.tolist(), errors.tolist(), console.tolist(), sources, first.tolist(), last.tolist(), strict=True
    ):
        index, cell, source, agent, vpce_id, vpce_account = key
        yield Group(facts[index], source, agent, vpce_id, vpce_account, cell * ACTIVITY_CELL_SECONDS, *rest)


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


def _sources(event_sources: Sequence[str], code: np.ndarray, groups: int) -> list[list[tuple[str, int]]]:
    """Events per event source of each group, sorted by source."""
    names = sorted(set(event_sources))
    printed = ["_".join(name.split()) for name in names]  # a blank would forge a pair of its own
    rank = {name: number for number, name in enumerate(names)}
    pair = code * len(names) + np.fromiter(map(rank.__getitem__, event_sources), np.int64, len(event_sources))
    found, counts = np.unique(pair, return_counts=True)
    result: list[list[tuple[str, int]]] = [[] for _ in range(groups)]
    for number, count in zip(found.tolist(), counts.tolist(), strict=True):
        group, source = divmod(number, len(names))
        result[group].append((printed[source], count))
    return result


class _Fold:
    """Merges groups into rows. Rows are lists while they grow."""

    def __init__(self, columns: Columns) -> None:
        self._ids = columns.event_id
        self._names = columns.event_name
        self._at: list[int] = columns.at.tolist()
        self._callers: dict[str, _CallerRow] = {}
        self._credentials: dict[tuple[str, str], _UseRow] = {}
        self._activities: dict[tuple, _ActivityRow] = {}

    def take(self, group: Group) -> None:
        facts = group.facts
        first = (self._at[group.first], self._ids[group.first], group.first)
        last = (self._at[group.last], self._ids[group.last], group.last)
        caller = self._callers.get(facts.identity)
        if caller is None:
            caller = self._callers[facts.identity] = _CallerRow(first, last)
        caller.add(group, first, last)
        if facts.access_key_id:
            key = (facts.identity, facts.access_key_id)
            use = self._credentials.get(key)
            if use is None:
                use = self._credentials[key] = _UseRow(first, last, facts.kind == "key")
            use.add(group, first, last)
        self._take_activity(group, first, last)

    def _take_activity(self, group: Group, first: Moment, last: Moment) -> None:
        facts = group.facts
        key = (
            facts.identity,
            group.cell,
            "" if facts.invoked_by else facts.access_key_id,
            addresses.normal(group.source),
            identifier(group.vpce_id) if group.vpce_id else "",
            text(group.vpce_account) if group.vpce_account else "",
            facts.delivery,
            facts.invoked_by,
            agents.family(group.user_agent),
            facts.source_identity,
            facts.mfa,
        )
        row = self._activities.get(key)
        if row is None:
            self._activities[key] = _ActivityRow(group.events, group.errors, group.sources, first, last)
        else:
            row.add(group, first, last)

    def result(self) -> Folded:
        return Folded(
            [row.caller(id_) for id_, row in self._callers.items()],
            [row.use(identity, key) for (identity, key), row in self._credentials.items()],
            [row.activity(key, self._names) for key, row in self._activities.items()],
            [row.first[2] for row in self._callers.values()],
        )


Moment = tuple[int, str, int]
"""Time, event id, position."""


class _CallerRow:
    __slots__ = ("count", "errors", "facts", "first", "internal", "last")

    def __init__(self, first: Moment, last: Moment) -> None:
        self.count = self.errors = self.internal = 0
        self.first, self.last = first, last
        self.facts: dict[int, Facts] = {}

    def add(self, group: Group, first: Moment, last: Moment) -> None:
        self.count += group.events
        self.errors += group.errors
        self.internal += group.events if group.facts.invoked_by else 0
        self.first = min(self.first, first)
        self.last = max(self.last, last)
        self.facts[id(group.facts)] = group.facts

    def caller(self, id_: str) -> Caller:
        said = list(self.facts.values())
        one = said[0]
        texts = [_greatest(said, at) for at in _CALLER_TEXTS] if len(said) > 1 else [one[at] for at in _CALLER_TEXTS]
        return Caller._make((
            id_, one.kind, one.partition, one.principal_id, one.created, *texts,
            self.internal, self.count, self.errors, self.first[0], self.first[1], self.last[0], self.last[1],
        ))  # fmt: skip


_CALLER_TEXTS = [
    Facts._fields.index(name) for name in Caller._fields[Caller._fields.index("type") : Caller._fields.index("internal")]
]


def _greatest(said: list[Facts], at: int) -> str | int:
    return max(facts[at] for facts in said)


class _UseRow:
    __slots__ = ("delivery", "direct", "first", "from_console", "last", "long_term")

    def __init__(self, first: Moment, last: Moment, long_term: bool) -> None:
        self.first, self.last = first, last
        self.long_term = long_term
        self.delivery = ""
        self.direct = self.from_console = False

    def add(self, group: Group, first: Moment, last: Moment) -> None:
        self.first = min(self.first, first)
        self.last = max(self.last, last)
        self.delivery = max(self.delivery, group.facts.delivery)
        self.direct = self.direct or not group.facts.invoked_by
        self.from_console = self.from_console or group.from_console

    def use(self, identity: str, access_key_id: str) -> CredentialUse:
        kind = "long_term" if self.long_term else "issued" if self.direct else "forward"
        return CredentialUse(
            identity, access_key_id, kind, self.delivery, "true" if self.from_console else "",
            self.first[0], self.first[1], self.last[0], self.last[1],
        )  # fmt: skip


class _ActivityRow:
    __slots__ = ("count", "errors", "first", "last", "sources")

    def __init__(self, count: int, errors: int, sources: list[tuple[str, int]], first: Moment, last: Moment) -> None:
        self.count, self.errors, self.sources, self.first, self.last = count, errors, sources, first, last

    def add(self, group: Group, first: Moment, last: Moment) -> None:
        self.count += group.events
        self.errors += group.errors
        self.first = min(self.first, first)
        self.last = max(self.last, last)
        merged = dict(self.sources)
        for source, count in group.sources:
            merged[source] = merged.get(source, 0) + count
        self.sources = sorted(merged.items())

    def activity(self, key: tuple, names: Sequence[str]) -> Activity:
        first, last = self.first, self.last
        sources = " ".join([f"{source}={count}" for source, count in self.sources])
        return Activity._make((
            *key, self.count, self.errors, sources,
            first[0], first[1], names[first[2]], last[0], last[1], names[last[2]],
        ))  # fmt: skip
