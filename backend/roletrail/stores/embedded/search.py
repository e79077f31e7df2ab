"""Substring search over interned texts: a trigram index finds candidates, the text itself decides."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection
from typing import Any, Protocol, TypeVar

from roletrail.stores.embedded.rows import select_in
from roletrail.stores.lookups import MIN_LENGTH, home_text

ANY = 1 << 62


class Numbered(Protocol):
    @property
    def n(self) -> int: ...


N = TypeVar("N", bound=Numbered)


def homes_with(connection: Connection, q: str, most: int = ANY) -> set[int] | None:
    """Homes (role and account) whose text holds `q`, which is folded already; None when more than `most` may."""
    rows = _candidates(
        connection, "h, role_arn, account FROM home_search JOIN home ON h = home_search.rowid WHERE home_search", q, most
    )
    return None if rows is None else {h for h, role_arn, account in rows if q in home_text(role_arn, account)}


def names_with(connection: Connection, q: str, most: int = ANY) -> set[int] | None:
    """Names whose text holds `q`, in the same way."""
    rows = _candidates(connection, "t, name.text FROM name_search JOIN name ON t = name_search.rowid WHERE name_search", q, most)
    return None if rows is None else {t for t, text in rows if q in text}


def _candidates(connection: Connection, source: str, q: str, most: int) -> list[tuple[Any, ...]] | None:
    """Rows with every trigram of `q`; none for a text too short to have one, or astride two of a node's texts."""
    trigrams = dict.fromkeys(q[i : i + MIN_LENGTH] for i in range(len(q) - MIN_LENGTH + 1))
    if not trigrams or "\n" in q:
        return []
    match = " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
    rows = connection.execute(f"SELECT {source} MATCH ? LIMIT ?", (match, most + 1)).fetchall()
    return rows if len(rows) <= most else None


class TextFilter:
    """Nodes whose own texts, or whose root's, hold a text."""

    def __init__(self, connection: Connection, q: str) -> None:
        self._connection = connection
        self._q = q
        self._hopeless = len(q) < MIN_LENGTH or "\n" in q
        self._homes: dict[int, bool] = {}
        self._names: dict[int, bool] = {}
        self._roots: dict[int, bool] = {}

    def admitted(self, places: Iterable[N], wanted: int) -> list[N]:
        """The first `wanted` of these that pass; looks at them in batches, so that a common text is found soon."""
        found: list[N] = []
        left = list(places)
        step = 128
        while left and len(found) < wanted and not self._hopeless:
            some, left = left[:step], left[step:]
            passing = self._passing([place.n for place in some])
            found += [place for place in some if place.n in passing]
            step *= 4
        return found[:wanted]

    def _passing(self, numbers: list[int]) -> set[int]:
        rows = select_in(self._connection, "SELECT n, home, name, root FROM standing WHERE n IN (?)", numbers)
        self._read(rows)
        own = {n for n, home, name, _ in rows if self._homes[home] or self._names[name]}
        roots = {root for n, _, _, root in rows if n not in own}.difference(self._roots)
        above = select_in(self._connection, "SELECT n, home, name, root FROM standing WHERE n IN (?)", roots)
        self._read(above)
        self._roots.update((root, False) for root in roots)
        self._roots.update((n, self._homes[home] or self._names[name]) for n, home, name, _ in above)
        return own | {n for n, _, _, root in rows if n not in own and self._roots[root]}

    def _read(self, rows: Iterable[tuple[Any, ...]]) -> None:
        rows = list(rows)
        homes = {row[1] for row in rows}.difference(self._homes)
        for h, role_arn, account in select_in(self._connection, "SELECT h, role_arn, account FROM home WHERE h IN (?)", homes):
            self._homes[h] = self._q in home_text(role_arn, account)
        names = {row[2] for row in rows}.difference(self._names)
        for t, text in select_in(self._connection, "SELECT t, text FROM name WHERE t IN (?)", names):
            self._names[t] = self._q in text

    def numbers(self, most: int) -> set[int] | None:
        """All nodes that pass, by the search index; None when there are too many to bother."""
        homes, names = (look(self._connection, self._q, most) for look in (homes_with, names_with))
        if homes is None or names is None:
            return None
        found: set[int] = set()
        for column, values in (("home", homes), ("name", names)):
            for value in values:
                rows = self._connection.execute(f"SELECT n FROM standing WHERE {column} = ? LIMIT ?", (value, most + 1))
                found.update(n for (n,) in rows)
                if len(found) > most:
                    return None
        for root in list(found):
            rows = self._connection.execute("SELECT n FROM standing WHERE root = ? AND band > 0 LIMIT ?", (root, most + 1))
            found.update(n for (n,) in rows)
            if len(found) > most:
                return None
        return found
