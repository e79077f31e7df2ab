"""Exactly once: the hashes of every event taken, by cell, asked inside the transaction that takes more (ADR 0004).

An event delivered twice can only lie in the same cell: recipient account x region x hour of eventTime.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from sqlite3 import Connection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roletrail.lineage.model import CellEvents, Part
from roletrail.stores.embedded.rows import select_in

Hashes = NDArray[np.uint64]
Place = tuple[str, str, int]  # account, region, hour

MAX_CACHED = 4_000_000
"""Hashes remembered between commits: 32 MB."""


class _Cell(NamedTuple):
    number: int
    hashes: Hashes  # sorted
    counts: dict[str, int]
    first_at: int
    last_at: int


class Cells:
    """Cells as one writer sees them. What it remembers holds while no other connection has written."""

    def __init__(self) -> None:
        self._cells: dict[Place, _Cell] = {}
        self._size = 0
        self._version = -1
        self._top = 0  # number of the last cell
        self._changed: set[Place] = set()
        self._new_hashes: list[tuple[int, bytes]] = []

    def start(self, connection: Connection, parts: Iterable[Part]) -> None:
        """At the start of each write transaction: `data_version` moves when another connection has committed."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or self._size > MAX_CACHED:
            self.forget()
            self._version = version
            (self._top,) = connection.execute("SELECT coalesce(max(c), 0) FROM cell").fetchone()
        self._load(connection, {_place(cell) for part in parts for cell in part.cells} - self._cells.keys())

    def forget(self) -> None:
        self._cells.clear()
        self._changed.clear()
        self._new_hashes.clear()
        self._size = 0
        self._version = -1

    def doubles(self, part: Part) -> bytes:
        """Hashes of this part that are taken already, as CellEvents has them; empty when there are none."""
        found: list[Hashes] = []
        for cell in part.cells:
            known = self._cells.get(_place(cell))
            if known is not None and len(known.hashes):
                mine = np.frombuffer(cell.hashes, dtype="<u8")
                found.append(mine[_member(mine, known.hashes)])
        return np.unique(np.concatenate(found)).tobytes() if any(map(len, found)) else b""

    def take(self, cells: Iterable[CellEvents]) -> None:
        """Adds the events of a part that has no doubles."""
        for cell in cells:
            place, mine = _place(cell), np.frombuffer(cell.hashes, dtype="<u8")
            known = self._cells.get(place)
            if known is None:
                self._top += 1
                self._cells[place] = known = _Cell(self._top, mine, cell.counts, cell.first_at, cell.last_at)
            else:
                hashes = np.concatenate((known.hashes, mine))
                hashes.sort()
                times = min(known.first_at, cell.first_at), max(known.last_at, cell.last_at)
                self._cells[place] = _Cell(known.number, hashes, _sum(known.counts, cell.counts), *times)
            self._size += len(mine)
            self._changed.add(place)
            self._new_hashes.append((known.number, cell.hashes))

    def write(self, connection: Connection) -> None:
        """What was taken since `start`."""
        rows: list[tuple[int, str, str, int, str, int, int]] = []
        for place in sorted(self._changed):
            cell = self._cells[place]
            counts = json.dumps(cell.counts, separators=(",", ":"), sort_keys=True)
            rows.append((cell.number, *place, counts, cell.first_at, cell.last_at))
        connection.executemany(
            "INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (c) DO UPDATE"
            " SET counts = excluded.counts, first_at = excluded.first_at, last_at = excluded.last_at",
            rows,
        )
        connection.executemany("INSERT INTO cell_hashes (c, hashes) VALUES (?, ?)", self._new_hashes)
        self._changed.clear()
        self._new_hashes.clear()

    def _load(self, connection: Connection, places: Iterable[Place]) -> None:
        hours: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for account, region, hour in places:
            hours[account, region].append(hour)
        found: dict[int, tuple[Place, dict[str, int], int, int]] = {}
        for (account, region), some in hours.items():
            sql = "SELECT c, hour, counts, first_at, last_at FROM cell WHERE account = ? AND region = ? AND hour IN (?)"
            for c, hour, counts, first_at, last_at in select_in(connection, sql, some, (account, region)):
                found[c] = ((account, region, hour), json.loads(counts), first_at, last_at)
        runs: defaultdict[int, list[Hashes]] = defaultdict(list)
        for c, hashes in select_in(connection, "SELECT c, hashes FROM cell_hashes WHERE c IN (?)", found):
            runs[c].append(np.frombuffer(hashes, dtype="<u8"))
        for c, (place, counts, first_at, last_at) in found.items():
            self._cells[place] = _Cell(c, np.sort(np.concatenate(runs[c])), counts, first_at, last_at)
            self._size += len(self._cells[place].hashes)


def _place(cell: CellEvents) -> Place:
    return cell.account, cell.region, cell.hour


def _member(values: Hashes, taken: Hashes) -> NDArray[np.bool_]:
    at = np.searchsorted(taken, values)
    at[at == len(taken)] = 0
    return taken[at] == values


def _sum(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {*a, *b}}


def hours_of(connection: Connection, event_hash: int) -> list[int]:
    """Hours whose cells hold a hash. Reads every cell: for a bare event id only, never for a page's usual path."""
    wanted = np.uint64(event_hash)
    hours: set[int] = set()
    for hour, hashes in connection.execute("SELECT cell.hour, hashes FROM cell_hashes JOIN cell USING (c)"):
        run = np.frombuffer(hashes, dtype="<u8")
        at = int(np.searchsorted(run, wanted))
        if at < len(run) and run[at] == wanted:
            hours.add(hour)
    return sorted(hours)
