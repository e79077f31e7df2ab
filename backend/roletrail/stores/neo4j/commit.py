"""Commit: parts go in with their ledger rows, dedupe cells and archive files in one transaction (ADR 0004)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from roletrail.lineage.model import Part
from roletrail.stores.neo4j import digests, ledger, versions
from roletrail.stores.neo4j.cells import Cells
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.observing import Observing
from roletrail.stores.neo4j.recent import Recent
from roletrail.stores.port import ArchiveFile, CommitResult, Overlap


class Kept(NamedTuple):
    """What a writer remembers between its transactions."""

    cells: Cells
    recent: Recent

    def start(self, cypher: Cypher) -> Lease:
        """Take the lease; what another writer has made stale is forgotten."""
        lease = Lease(cypher)
        self.cells.pass_turn(lease)
        self.recent.start(lease)
        return lease

    def forget(self) -> None:
        self.cells.forget()
        self.recent.forget()


class Delivery(NamedTuple):
    """What one commit is about. `again` when an earlier try of the same commit may have gone through unheard."""

    parts: Collection[Part]
    files: Collection[ArchiveFile]
    excluded: Collection[int]
    again: bool


def commit(cypher: Cypher, lease: Lease, kept: Kept, delivery: Delivery) -> CommitResult:
    """One batch inside an open write transaction."""
    kept.cells.start(cypher, lease, delivery.parts)
    admitting = _Admitting(cypher, lease, kept.cells, delivery)
    admitting.run()
    if admitting.admitted:
        kept.cells.write(cypher, lease)
        digests.write(cypher, [part.digest for part in admitting.admitted if part.digest is not None])
        patched = versions.patched(cypher, admitting.admitted)
        if patched is not admitting.admitted:
            kept.recent.forget()
        Observing(cypher, lease, kept.recent, patched).run()
        lease.add(_totals(admitting.admitted))
        _widen_times(lease, admitting.admitted)
    ledger.register_files(cypher, delivery.files)
    ledger.exclude_attempts(cypher, {*admitting.refused, *delivery.excluded})
    return CommitResult(len(admitting.admitted) + admitting.heard, tuple(admitting.overlaps))


class _Admitting:
    """Which parts to write; those with doubles of the store or of an earlier part; attempts whose archive rows do not count."""

    def __init__(self, cypher: Cypher, lease: Lease, cells: Cells, delivery: Delivery) -> None:
        self._objects = ledger.ObjectLedger(cypher, lease, delivery.parts)
        self._cells = cells
        self._delivery = delivery
        self.admitted: list[Part] = []
        self.overlaps: list[Overlap] = []
        self.refused: list[int] = []
        self.heard = 0  # parts that an earlier try of this very commit brought in

    def run(self) -> None:
        for part in self._delivery.parts:
            if self._objects.is_done(part):
                if self._delivery.again and self._objects.attempt_of(part) == part.attempt:
                    self.heard += 1
                else:
                    self.refused.append(part.attempt)
                continue
            doubles = self._cells.doubles(part)
            if doubles:
                self.overlaps.append(Overlap(part.object.locator, part.k, doubles))
                self.refused.append(part.attempt)
                continue
            self._cells.take(part.cells)
            self._objects.enter(part)
            self.admitted.append(part)
        self._objects.write()


def _totals(parts: Collection[Part]) -> dict[str, int]:
    return {
        "events": sum(part.taken for part in parts),
        "doubles": sum(part.doubles for part in parts),
    }


def _widen_times(lease: Lease, parts: Iterable[Part]) -> None:
    """The store's first and last event time."""
    cells: list[Any] = [cell for part in parts for cell in part.cells]
    if cells:
        lease.at_most("firstAt", min(cell.first_at for cell in cells))
        lease.at_least("lastAt", max(cell.last_at for cell in cells))
