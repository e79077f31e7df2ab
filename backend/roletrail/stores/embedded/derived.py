"""The cached columns of `stores.columns` as rows of the standing table: which change, and what is written of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Any, NamedTuple

from roletrail.lineage.model import Node, Standing
from roletrail.stores.columns import band, growth, seen_between, stretch, walk_down
from roletrail.stores.embedded.interned import Crossings, Texts
from roletrail.stores.embedded.numbers import Numbers, ids_of
from roletrail.stores.embedded.recent import Recent
from roletrail.stores.embedded.rows import (
    STANDING_COLUMNS,
    add_to_counters,
    insert,
    raise_counter,
    select_in,
    unpack_node,
)
from roletrail.stores.embedded.touched import touch
from roletrail.stores.lookups import default_standing


@dataclass(slots=True)
class Changes:
    """What one linking transaction has put, by number."""

    nodes: dict[int, Node] = field(default_factory=dict[int, Node])
    standings: dict[int, Standing] = field(default_factory=dict[int, Standing])
    removed: set[int] = field(default_factory=set[int])


class Row(NamedTuple):
    """A row of the standing table."""

    n: int
    id: str
    root: int
    parent: int
    sessions: int
    hops: int
    depth: int
    pivots: int
    segment: int
    reach: int
    confidence: float
    started: int
    last_pivot: int
    counts: int
    home: int
    name: int
    first_seen: int
    last_seen: int
    above: int
    crossing: int
    band: int


def standings_of(connection: Connection, names: dict[int, str]) -> dict[str, Standing]:
    """Stored standings; `names` are ids by number."""
    found = [Row(*row) for row in select_in(connection, f"SELECT {STANDING_COLUMNS} FROM standing WHERE n IN (?)", names)]
    return as_standings(connection, found)


def as_standings(connection: Connection, found: Collection[Row]) -> dict[str, Standing]:
    ids = ids_of(connection, {n for row in found for n in (row.root, row.parent, row.last_pivot)})
    return {row.id: Standing(ids[row.root], ids[row.parent], *row[4:12], ids[row.last_pivot]) for row in found}


def settle(connection: Connection, numbers: Numbers, changes: Changes, recent: Recent, linked: int) -> None:
    """`linked`: whoever has a number beyond has no row yet."""
    changes.removed -= changes.nodes.keys()
    if changes.nodes or changes.standings or changes.removed:
        _Settling(connection, numbers, changes, recent, linked).run()


class _Settling:
    def __init__(self, connection: Connection, numbers: Numbers, changes: Changes, recent: Recent, linked: int) -> None:
        self._connection = connection
        self._recent = recent
        self._linked = linked
        self._changes = changes
        self._texts = Texts(connection)
        self._crossings = Crossings(connection)
        self._old: dict[int, Row] = {}
        self._rows: dict[int, Row] = {}
        self._parents: dict[int, Row] = {}
        self._told: dict[int, tuple[int, ...]] = {}  # what children know or will be told
        ids = {id_ for s in changes.standings.values() for id_ in (s.root, s.parent, s.last_pivot)}
        self._numbers = numbers.give(connection, ids)
        self._numbers[""] = 0

    def run(self) -> None:
        dirty = self._changes.nodes.keys() | self._changes.standings.keys()
        self._load(dirty | self._changes.removed)
        self._compose(dirty)
        walk_down(set(self._rows), self._inherit, self._below)
        self._set_bands()
        self._write()

    # --- own columns ---

    def _load(self, numbers: Iterable[int]) -> None:
        missing = [n for n in numbers if n <= self._linked and n not in self._old]
        for row in select_in(self._connection, f"SELECT {STANDING_COLUMNS} FROM standing WHERE n IN (?)", missing):
            self._old[row[0]] = Row(*row)

    def _compose(self, dirty: Collection[int]) -> None:
        nodes = self._changes.nodes
        lost = [n for n in dirty if n not in nodes and (n not in self._old or not self._changes.standings[n].started)]
        stored = select_in(self._connection, "SELECT n, row FROM node WHERE n IN (?)", lost)
        nodes.update((n, unpack_node(row)) for n, row in stored)
        seen = self._seen(nodes)
        texts = self._texts.intern(nodes)
        for n in dirty:
            node, old, standing = nodes.get(n), self._old.get(n), self._changes.standings.get(n)
            if node is not None:
                self._rows[n] = self._of_node(n, node, old, standing, seen.get(n, (0, 0)), texts[n])
            elif old is not None and standing is not None:
                placed = self._placed(standing)
                self._rows[n] = Row._make((*old[:2], *placed, *old[13:16], standing.started, *old[17:]))

    def _seen(self, numbers: Collection[int]) -> dict[int, tuple[int, int]]:
        """First and last call of those that called."""
        kept = self._recent.seen
        found = {n: (kept[n].caller.first_at, kept[n].caller.last_at) for n in numbers if n in kept}
        others = [n for n in numbers if n not in kept]
        stored = select_in(self._connection, "SELECT n, first_at, last_at FROM caller WHERE n IN (?)", others)
        found.update((n, (first, last)) for n, first, last in stored)
        return found

    def _of_node(
        self, n: int, node: Node, old: Row | None, standing: Standing | None, seen: tuple[int, int], texts: tuple[int, int]
    ) -> Row:
        if standing is not None:
            placed = self._placed(standing)
        elif old is not None:
            placed = old[2:13]
        else:
            self._numbers.setdefault(node.id, n)
            placed = self._placed(default_standing(node))
        started = placed[9]
        return Row._make(
            (
                n,
                node.id,
                *placed,
                int(node.counts),
                *texts,
                *seen_between(started, node.issued_at, seen),
                0,
                0,
                0,
            )
        )

    def _placed(self, s: Standing) -> tuple[Any, ...]:
        """Columns `root` to `last_pivot` of a row."""
        return (self._numbers[s.root], self._numbers[s.parent], *s[2:10], self._numbers[s.last_pivot])

    # --- inherited columns ---

    def _inherit(self, numbers: set[int]) -> set[int]:
        """Sets above and crossing, parents first; numbers whose children must look again."""
        outside = {self._rows[n].parent for n in numbers}.difference(self._rows, self._parents, (0,))
        stored = [n for n in outside if n <= self._linked]
        for row in select_in(self._connection, f"SELECT {STANDING_COLUMNS} FROM standing WHERE n IN (?)", stored):
            self._parents[row[0]] = Row(*row)
        changed: set[int] = set()
        waiting = set(numbers)
        for n in numbers:
            for place in stretch(n, waiting, self._parent_of):
                waiting.discard(place)
                if self._inherit_one(place):
                    changed.add(place)
        return changed

    def _parent_of(self, n: int) -> int:
        return self._rows[n].parent

    def _inherit_one(self, n: int) -> bool:
        row = self._rows[n]
        parent = self._rows.get(row.parent) or self._parents.get(row.parent)
        above = 0
        if parent is not None and parent.segment == row.segment:
            above = parent.n if parent.counts else parent.above
        crossing = self._crossings.add(parent.crossing if parent else 0, self._texts.account(row.home))
        new = self._rows[n] = Row._make((*row[:18], above, crossing, row.band))
        told, self._told[n] = self._told.get(n), _handed_down(new)
        if told is None:
            told = _handed_down(self._old[n]) if n in self._old else None
        return told != self._told[n]

    def _below(self, numbers: set[int]) -> set[int]:
        stored = [n for n in numbers if n <= self._linked]
        found = select_in(self._connection, "SELECT n FROM standing WHERE parent > 0 AND parent IN (?)", stored)
        children = {n for (n,) in found} - self._changes.removed
        self._load(children)
        self._rows.update((n, self._old[n]) for n in children if n not in self._rows)
        return children

    # --- the chain list ---

    def _set_bands(self) -> None:
        """Last sessions of chains among all whose place, or whose children's place, changed."""
        old_above = {self._old[n].above for n in (*self._rows, *self._changes.removed) if n in self._old}
        concerned = (self._rows.keys() | old_above | {row.above for row in self._rows.values()}) - {0} - self._changes.removed
        continued = {row.above for row in self._rows.values() if row.counts}
        skip = self._rows.keys() | self._changes.removed
        open_ = [n for n in concerned - continued if n <= self._linked]
        found = select_in(
            self._connection, "SELECT above, n FROM standing WHERE counts = 1 AND above > 0 AND above IN (?)", open_
        )
        continued.update(above for above, n in found if n not in skip)
        self._load(concerned.difference(self._rows))
        for n in concerned:
            row = self._rows.get(n) or self._old.get(n)
            if row is not None:
                found_band = band(row.sessions, row.counts, continued=n in continued)
                self._rows[n] = row if row.band == found_band else Row._make((*row[:20], found_band))

    def _write(self) -> None:
        new = [row for n, row in sorted(self._rows.items()) if n not in self._old]
        changed = [row for n, row in sorted(self._rows.items()) if n in self._old and self._old[n] != row]
        gone = sorted(n for n in self._changes.removed if n in self._old)
        self._connection.executemany("DELETE FROM standing WHERE n = ?", [(n,) for n in gone])
        insert(self._connection, f"INSERT OR FAIL INTO standing ({STANDING_COLUMNS})", new)
        self._update(changed)
        touch(self._connection, [row.n for row in new + changed])
        self._count(new, changed, gone)

    def _update(self, changed: list[Row]) -> None:
        """Sets only what differs: every index over a column that is set is written again, whatever the value."""
        by_columns: defaultdict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for row in changed:
            pairs = zip(Row._fields, self._old[row.n], row, strict=True)
            names, values = zip(*((name, value) for name, before, value in pairs if before != value), strict=True)
            by_columns[names].append((*values, row.n))
        for names, rows in by_columns.items():
            self._connection.executemany(f"UPDATE standing SET {', '.join(f'{name} = ?' for name in names)} WHERE n = ?", rows)

    def _count(self, new: list[Row], changed: list[Row], gone: list[int]) -> None:
        before = [self._old[n] for n in gone] + [self._old[row.n] for row in changed]
        grown = growth(new, changed, before, len(gone))
        amounts = {"identities": grown.identities, "sessions": grown.sessions}
        add_to_counters(self._connection, amounts | {"chains_2": grown.chains2, "chains_3": grown.chains3})
        raise_counter(self._connection, "longest_chain", grown.longest)


def _handed_down(row: Row) -> tuple[int, ...]:
    """What children's inherited columns depend on."""
    return row.above, row.crossing, row.counts, row.segment
