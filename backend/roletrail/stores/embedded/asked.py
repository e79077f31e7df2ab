"""Numbers of the ids that were asked about last: whoever gathers asks a dozen questions about the same identities."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from roletrail.stores.embedded.rows import select_in

MOST = 10_000
"""Some 2 MB."""


class Asked:
    """Of what was committed: a number is never given twice, and its id never goes away. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def names(self, connection: Connection, ids: Iterable[str]) -> dict[int, str]:
        """Ids of those that are known to the store, by number, in the order they lie in."""
        known, wanted = self._known, set(ids)
        new = dict(select_in(connection, "SELECT id, n FROM identity WHERE id IN (?)", wanted.difference(known)))
        found = [(new[id_] if id_ in new else known[id_], id_) for id_ in wanted if id_ in new or id_ in known]
        if len(known) + len(new) <= MOST:
            known.update(new)
        else:
            self._known = new if len(new) <= MOST else {}
        return dict(sorted(found))
