"""Exactly once: the hashes of every event taken, by cell, asked inside the transaction that takes more (ADR 0004).

An event delivered twice can only lie in the same cell: recipient account x region x hour of eventTime.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from sqlite3 import Connection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roletrail.lineage.model import CellEvents, Part

Hashes = NDArray[np.uint64]
Place = tuple[str, str, int]  # account, region, hour

MAX_CACHED = 4_000_000
"""Hashes remembered between commits: 32 MB."""

_NONE = np.empty(0, dtype="<u8")


class _Cell(NamedTuple):
    number: int  # 0: not stored yet
    hashes: Hashes  # sorted


class Cells:
    """Cells as one writer sees them. What it remembers holds while no other connection has written."""

    def __init__(self) -> None:
        self._cells: OrderedDict[Place, _Cell] = OrderedDict()
        self._size = 0
        self._version = -1

    def start(self, connection: Connection) -> None:
        """At the start of each write transaction: `data_version` moves when another connection has committed."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._version or self._size > MAX_CACHED:
            self.forget()
            self._version = version

    def forget(self) -> None:
        self._cells.clear()
        self._size = 0

    def doubles(self, connection: Connection, part: Part) -> bytes:
        """Hashes of this part that are taken already, as CellEvents has them; empty when there are none."""
        found: list[Hashes] = []
        for cell in part.cells:
            taken = self._cell(connection, _place(cell)).hashes
            if len(taken):
                mine = np.frombuffer(cell.hashes, dtype="<u8")
                found.append(mine[_member(mine, taken)])
        return np.unique(np.concatenate(found)).tobytes() if any(map(len, found)) else b""

    def take(self, connection: Connection, cells: list[CellEvents]) -> None:
        """Adds the events of a part that has no doubles."""
        for cell in cells:
            place = _place(cell)
            known = self._cell(connection, place)
            number = _store(connection, known.number, cell)
            merged = np.concatenate((known.hashes, np.frombuffer(cell.hashes, dtype="<u8")))
            merged.sort()  # two sorted runs: radix or timsort does this in one pass
            self._remember(place, _Cell(number, merged))

    def _cell(self, connection: Connection, place: Place) -> _Cell:
        cell = self._cells.get(place)
        if cell is None:
            cell = _load(connection, place)
            self._remember(place, cell)
        return cell

    def _remember(self, place: Place, cell: _Cell) -> None:
        old = self._cells.get(place)
        self._size += len(cell.hashes) - (len(old.hashes) if old else 0)
        self._cells[place] = cell


def _place(cell: CellEvents) -> Place:
    return cell.account, cell.region, cell.hour


def _member(values: Hashes, taken: Hashes) -> NDArray[np.bool_]:
    at = np.searchsorted(taken, values)
    at[at == len(taken)] = 0
    return taken[at] == values


def _load(connection: Connection, place: Place) -> _Cell:
    row = connection.execute("SELECT c FROM cell WHERE account = ? AND region = ? AND hour = ?", place).fetchone()
    if row is None:
        return _Cell(0, _NONE)
    runs = [
        np.frombuffer(hashes, dtype="<u8") for (hashes,) in connection.execute("SELECT hashes FROM cell_hashes WHERE c = ?", row)
    ]
    return _Cell(row[0], np.sort(np.concatenate(runs)) if runs else _NONE)


def _store(connection: Connection, number: int, cell: CellEvents) -> int:
    """Counts and hashes of one cell of one part; the cell's number."""
    if number:
        (counts,) = connection.execute("SELECT counts FROM cell WHERE c = ?", (number,)).fetchone()
        connection.execute(
            "UPDATE cell SET counts = ?, first_at = min(first_at, ?), last_at = max(last_at, ?) WHERE c = ?",
            (_counts_text(json.loads(counts), cell.counts), cell.first_at, cell.last_at, number),
        )
    else:
        number = (
            connection.execute(
                "INSERT INTO cell (account, region, hour, counts, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)",
                (*_place(cell), _counts_text({}, cell.counts), cell.first_at, cell.last_at),
            ).lastrowid
            or 0
        )
    connection.execute("INSERT INTO cell_hashes (c, hashes) VALUES (?, ?)", (number, cell.hashes))
    return number


def _counts_text(a: dict[str, int], b: dict[str, int]) -> str:
    return json.dumps({name: a.get(name, 0) + b.get(name, 0) for name in sorted({*a, *b})}, separators=(",", ":"))


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
