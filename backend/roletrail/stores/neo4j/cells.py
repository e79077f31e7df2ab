"""Dedupe cells in the database: loaded when a commit asks about them, their new hashes appended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from roletrail.lineage.model import Part
from roletrail.stores.cells import Hashes, TakenCells, holds
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.statements import statements

_Q = statements("commit")


class Cells(TakenCells):
    def start(self, cypher: Cypher, lease: Lease, parts: Iterable[Part]) -> None:
        self.make_room(parts)
        if self._version != lease.turn:
            self.forget()
            self._top = lease.counter("cells")
            self._version = lease.turn
        self._load(cypher, sorted(self.unknown(parts)))

    def pass_turn(self, lease: Lease) -> None:
        """At the start of each write transaction: what is remembered holds on unless another writer came between."""
        if lease.follows(self._version):
            self._version = lease.turn

    def write(self, cypher: Cypher, lease: Lease) -> None:
        """What was taken since `start`."""
        changed, hashes = self.taken()
        rows = [
            {
                "number": cell.number, "account": account, "region": region, "hour": hour, "categories": sorted(cell.counts),
                "counts": [cell.counts[name] for name in sorted(cell.counts)], "firstAt": cell.first_at, "lastAt": cell.last_at,
            }
            for (account, region, hour), cell in changed
        ]  # fmt: skip
        cypher.write(_Q["write_cells"], rows)
        cypher.write(_Q["write_hashes"], [[number, run] for number, run in hashes])
        lease.set("cells", self._top)

    def _load(self, cypher: Cypher, places: list[tuple[str, str, int]]) -> None:
        if not places:
            return
        found = cypher.rows_of(_Q["cells"], [list(place) for place in places])
        runs: defaultdict[int, list[Hashes]] = defaultdict(list)
        for number, hashes in cypher.rows_of(_Q["hashes"], [row[0] for row in found]) if found else ():
            runs[number].append(np.frombuffer(hashes, dtype="<u8"))
        for number, account, region, hour, categories, counts, first_at, last_at in found:
            counted = dict(zip(categories, counts, strict=True))
            self.remember((account, region, hour), number, runs[number], counted, first_at, last_at)


def hours_of(cypher: Cypher, event_hash: int) -> list[int]:
    """Hours whose cells hold a hash. Reads every cell: for a bare event id only, never for a page's usual path."""
    return sorted({hour for hour, hashes in cypher.rows(_Q["all_hashes"]) if holds(hashes, event_hash)})
