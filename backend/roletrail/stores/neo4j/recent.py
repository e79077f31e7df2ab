"""What commits of this process wrote and linking has not taken yet, kept as it was: fetching it again would decode it again.

Holds while nobody else has written, which the lease's turn tells. Knows nothing that is not in the database as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from roletrail.lineage.model import Seen
from roletrail.stores.neo4j.lease import Lease

MOST = 200_000
"""Callers and rows kept: linking holds as many at once anyway."""

OBSERVED = ("issuance", "sign_in", "action")


class Recent:
    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}
        self.rows: dict[str, dict[int, Any]] = {kind: {} for kind in OBSERVED}
        self._turn = -1

    def start(self, lease: Lease) -> None:
        """At the start of each write transaction."""
        size = len(self.seen) + sum(map(len, self.rows.values()))
        if not lease.follows(self._turn) or size > MOST:
            self.forget()
        self._turn = lease.turn

    def forget(self) -> None:
        self.seen.clear()
        for rows in self.rows.values():
            rows.clear()

    def keep_rows(self, kind: str, rows: Iterable[tuple[int, Any]]) -> None:
        self.rows[kind].update(rows)

    def kept(self, kind: str, numbers: Collection[int]) -> dict[int, Any]:
        mine = self.rows[kind]
        return {number: mine[number] for number in numbers if number in mine}
