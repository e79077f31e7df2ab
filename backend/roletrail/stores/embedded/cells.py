"""Dedupe cells in the file: loaded when a commit asks about them, their new hashes appended."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from sqlite3 import Connection

import numpy as np

from roletrail.lineage.model import Part
from roletrail.stores.cells import Hashes, Place, TakenCells, holds
from roletrail.stores.embedded.rows import select_in


class Cells(TakenCells):
    def start(self, connection: Connection, parts: Iterable[Part]) -> None:
        """At the start of each write transaction: `data_version` moves when another connection has committed."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        self.make_room(parts)
        if version != self._version:
            self.forget()
            self._version = version
            (self._top,) = connection.execute("SELECT coalesce(max(c), 0) FROM cell").fetchone()
        self._load(connection, self.unknown(parts))

    def write(self, connection: Connection) -> None:
        """What was taken since `start`."""
        changed, hashes = self.taken()
        rows: list[tuple[int, str, str, int, str, int, int]] = []
        for place, cell in changed:
            counts = json.dumps(cell.counts, separators=(",", ":"), sort_keys=True)
            rows.append((cell.number, *place, counts, cell.first_at, cell.last_at))
        connection.executemany(
            "INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (c) DO UPDATE"
            " SET counts = excluded.counts, first_at = excluded.first_at, last_at = excluded.last_at",
            rows,
        )
        connection.executemany("INSERT INTO cell_hashes (c, hashes) VALUES (?, ?)", hashes)

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
            self.remember(place, c, runs[c], counts, first_at, last_at)


def hours_of(connection: Connection, event_hash: int) -> list[int]:
    """Hours whose cells hold a hash. Reads every cell: for a bare event id only, never for a page's usual path."""
    found = connection.execute("SELECT cell.hour, hashes FROM cell_hashes JOIN cell USING (c)")
    return sorted({hour for hour, hashes in found if holds(hashes, event_hash)})
