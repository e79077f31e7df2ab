"""What commits of this process wrote and linking has not taken yet, kept as it was: reading it back would decode it again.

Holds while no other connection has written. Knows no rule, and nothing that is not in the file as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from sqlite3 import Connection
from typing import Any

from roletrail.lineage.model import Caller, CredentialUse, Seen
from roletrail.stores.embedded.rows import select_in

MOST = 200_000
"""Callers and rows kept: linking holds as many at once anyway."""


class Recent:
    def __init__(self) -> None:
        self.linked = 0
        """Number that linking has written nothing beyond: who got a number since has no node, edge, alias or standing."""
        self.seen: dict[int, Seen] = {}
        self._rows: dict[str, dict[int, Any]] = {"issuance": {}, "sign_in": {}, "action": {}}
        self._version = -1

    def start(self, connection: Connection) -> None:
        """At the start of each write transaction: `data_version` moves when another connection has committed."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        size = len(self.seen) + sum(map(len, self._rows.values()))
        if version != self._version or size > MOST:
            self.forget()
        if version != self._version:
            self._version = version
            self.all_linked(connection)

    def all_linked(self, connection: Connection) -> None:
        """Linking may have written of everybody who has a number by now."""
        (self.linked,) = connection.execute("SELECT coalesce(max(n), 0) FROM identity").fetchone()

    def forget(self) -> None:
        self.seen.clear()
        for rows in self._rows.values():
            rows.clear()

    def keep_rows(self, table: str, rows: Iterable[tuple[int, Any]]) -> None:
        self._rows[table].update(rows)

    def keep_seen(self, callers: dict[int, Caller], uses: dict[int, list[CredentialUse]], whole: Callable[[int], bool]) -> None:
        """Callers as written, with their uses by key; `whole` says of whom these are all uses."""
        for n, mine in uses.items():
            if n not in callers:
                self.seen.pop(n, None)
            else:
                self.seen[n] = Seen(callers[n], tuple(mine))
        for n in callers.keys() - uses.keys():
            if whole(n):
                self.seen[n] = Seen(callers[n], ())
            else:
                self.seen.pop(n, None)

    def rows(self, connection: Connection, table: str, unpack: Callable[[bytes], Any], numbers: Collection[int]) -> list[Any]:
        """Rows of these numbers, in their order as far as they are kept."""
        kept = self._rows[table]
        found = [kept[i] for i in numbers if i in kept]
        if len(found) < len(numbers):
            missing = [i for i in numbers if i not in kept]
            found += [unpack(row) for (row,) in select_in(connection, f"SELECT row FROM {table} WHERE i IN (?)", missing)]
        return found
