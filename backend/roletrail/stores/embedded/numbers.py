"""Small numbers for ids, given in order of arrival. They never leave the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from sqlite3 import Connection

from roletrail.stores.embedded.rows import insert, select_in

MAX_REMEMBERED = 20_000
"""Some 7 MB. What a round of linking asks about is held however much it is."""


class Numbers:
    """Numbers of ids inside write transactions. Numbers are never given twice, so what was committed stays true."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def forget(self) -> None:
        """After a rollback: numbers given since may be given again."""
        self._known.clear()
        self._names.clear()

    def find(self, connection: Connection, ids: Iterable[str]) -> dict[str, int]:
        """Numbers of those ids that have one."""
        known = self._known
        wanted = set(ids)
        missing = wanted.difference(known)  # `- known.keys()` would walk over all that is known
        if missing:
            if len(known) + len(missing) > MAX_REMEMBERED:
                self.forget()
                missing = wanted
            self._learn(select_in(connection, "SELECT id, n FROM identity WHERE id IN (?)", missing))
        return {id_: known[id_] for id_ in wanted if id_ in known}

    def give(self, connection: Connection, ids: Iterable[str]) -> dict[str, int]:
        """Numbers of all these ids; new ones get the next, in the order of their ids."""
        wanted = set(ids)
        wanted.discard("")
        numbers = self.find(connection, wanted)
        new = sorted(wanted.difference(numbers))
        if new:
            (top,) = connection.execute("SELECT coalesce(max(n), 0) FROM identity").fetchone()
            added = {id_: top + 1 + offset for offset, id_ in enumerate(new)}
            insert(connection, "INSERT OR FAIL INTO identity (id, n)", list(added.items()))
            self._learn(added.items())
            numbers.update(added)
        return numbers

    def names(self, connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
        """Ids of numbers."""
        wanted = set(numbers)
        missing = wanted.difference(self._names)
        if missing:
            if len(self._names) + len(missing) > MAX_REMEMBERED:
                self.forget()
                missing = wanted
            self._learn((id_, n) for n, id_ in select_in(connection, "SELECT n, id FROM identity WHERE n IN (?)", missing))
        names = self._names
        return {n: names[n] for n in wanted}

    def _learn(self, pairs: Iterable[tuple[str, int]]) -> None:
        for id_, n in pairs:
            self._known[id_] = n
            self._names[n] = id_


def ids_of(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """Ids of numbers; 0 stands for none."""
    found: dict[int, str] = {0: ""}
    found.update(select_in(connection, "SELECT n, id FROM identity WHERE n IN (?)", numbers))
    return found
