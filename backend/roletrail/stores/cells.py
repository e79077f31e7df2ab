"""Exactly once: the hashes of every event taken, by cell, as a writer keeps them between commits (ADR 0004).

An event delivered twice can only lie in the same cell: recipient account x region x hour of eventTime. Knows no store:
each loads what is stored of the cells it is asked about, and writes what was taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roletrail.lineage.model import CellEvents, Part

Hashes = NDArray[np.uint64]
Place = tuple[str, str, int]  # account, region, hour

MAX_CACHED = 1_000_000
"""Hashes remembered between commits: 8 MB. Those of the hours a commit asks about are held however many they are. With a quarter
of it the commits of 100,000 sessions into Neo4j took 219 s instead of 93."""

MOST_RUN = 1 << 20
"""Hashes that are sorted together, 8 MB: what a part adds to a busy hour must not cost a pass over the hour."""


class Cell(NamedTuple):
    number: int
    runs: tuple[Hashes, ...]  # each sorted, and each at least twice the next one or as long as runs get
    counts: dict[str, int]
    first_at: int
    last_at: int


class TakenCells:
    """Cells as one writer sees them. What it remembers holds while no other writer has written."""

    def __init__(self) -> None:
        self._cells: dict[Place, Cell] = {}
        self._size = 0
        self._version = -1
        self._top = 0  # number of the last cell
        self._changed: set[Place] = set()
        self._new_hashes: list[tuple[int, bytes]] = []

    def forget(self) -> None:
        self._cells.clear()
        self._changed.clear()
        self._new_hashes.clear()
        self._size = 0
        self._version = -1

    def make_room(self, parts: Iterable[Part]) -> None:
        """When too much is remembered, forget what these parts do not ask about."""
        if self._size > MAX_CACHED:
            self._cells = {place: self._cells[place] for place in _places(parts) if place in self._cells}
            self._size = sum(len(run) for cell in self._cells.values() for run in cell.runs)

    def unknown(self, parts: Iterable[Part]) -> set[Place]:
        """Cells of these parts that are not remembered."""
        return _places(parts).difference(self._cells)

    def remember(
        self, place: Place, number: int, runs: list[Hashes], counts: dict[str, int], first_at: int, last_at: int
    ) -> None:
        """A cell as it is stored; `runs` are the hashes of each commit that took of it."""
        hashes = np.sort(np.concatenate(runs))
        self._cells[place] = Cell(number, (hashes,), counts, first_at, last_at)
        self._size += len(hashes)

    def doubles(self, part: Part) -> bytes:
        """Hashes of this part that are taken already, as CellEvents has them; empty when there are none."""
        found: list[Hashes] = []
        for cell in part.cells:
            known = self._cells.get(place_of(cell))
            if known is not None:
                mine = np.frombuffer(cell.hashes, dtype="<u8")
                found += [mine[_member(mine, run)] for run in known.runs if len(run)]
        return np.unique(np.concatenate(found)).tobytes() if any(map(len, found)) else b""

    def take(self, cells: Iterable[CellEvents]) -> None:
        """Adds the events of a part that has no doubles."""
        for cell in cells:
            place, mine = place_of(cell), np.frombuffer(cell.hashes, dtype="<u8")
            known = self._cells.get(place)
            if known is None:
                self._top += 1
                self._cells[place] = known = Cell(self._top, (mine,), cell.counts, cell.first_at, cell.last_at)
            else:
                times = min(known.first_at, cell.first_at), max(known.last_at, cell.last_at)
                self._cells[place] = Cell(known.number, _with(known.runs, mine), _sum(known.counts, cell.counts), *times)
            self._size += len(mine)
            self._changed.add(place)
            self._new_hashes.append((known.number, cell.hashes))

    def taken(self) -> tuple[list[tuple[Place, Cell]], list[tuple[int, bytes]]]:
        """Cells that changed since the last call, by place, and the hashes that came to them, with their cell's number."""
        changed = [(place, self._cells[place]) for place in sorted(self._changed)]
        hashes = list(self._new_hashes)
        self._changed.clear()
        self._new_hashes.clear()
        return changed, hashes


def place_of(cell: CellEvents) -> Place:
    return cell.account, cell.region, cell.hour


def _places(parts: Iterable[Part]) -> set[Place]:
    return {place_of(cell) for part in parts for cell in part.cells}


def _with(runs: tuple[Hashes, ...], mine: Hashes) -> tuple[Hashes, ...]:
    """One run more; short ones become longer ones as digits carry, so that each hash is sorted a few times in all."""
    *longer, last = *runs, mine
    while longer and len(longer[-1]) < 2 * len(last) and len(longer[-1]) + len(last) <= MOST_RUN:
        last = np.concatenate((longer.pop(), last))
        last.sort()
    return *longer, last


def holds(hashes: bytes, event_hash: int) -> bool:
    """Whether a run of sorted hashes has this one."""
    run = np.frombuffer(hashes, dtype="<u8")
    at = int(np.searchsorted(run, np.uint64(event_hash)))
    return at < len(run) and bool(run[at] == np.uint64(event_hash))


def _member(values: Hashes, taken: Hashes) -> NDArray[np.bool_]:
    at = np.searchsorted(taken, values)
    at[at == len(taken)] = 0
    return taken[at] == values


def _sum(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {name: a.get(name, 0) + b.get(name, 0) for name in {*a, *b}}
