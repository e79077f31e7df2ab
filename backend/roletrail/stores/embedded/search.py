"""Substring search over interned texts: a trigram index finds candidates, the text itself decides."""

from __future__ import annotations

from sqlite3 import Connection

from roletrail.stores.embedded.derived import home_text

MIN_LENGTH = 3


def homes_with(connection: Connection, q: str) -> set[int]:
    """Homes (role and account) whose text holds `q`, which is folded already."""
    found = _candidates(connection, "home_search", q, "JOIN home ON h = home_search.rowid", "h, role_arn, account")
    return {h for h, role_arn, account in found if q in home_text(role_arn, account)}


def names_with(connection: Connection, q: str) -> set[int]:
    found = _candidates(connection, "name_search", q, "JOIN name ON t = name_search.rowid", "t, name.text")
    return {t for t, text in found if q in text}


def _candidates(connection: Connection, index: str, q: str, join: str, columns: str) -> list[tuple]:
    """Rows with every trigram of `q`; none for a text too short to have one, or astride two of a node's texts."""
    if "\n" in q:
        return []
    trigrams = dict.fromkeys(q[i : i + MIN_LENGTH] for i in range(len(q) - MIN_LENGTH + 1))
    if not trigrams:
        return []
    match = " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
    return connection.execute(f"SELECT {columns} FROM {index} {join} WHERE {index} MATCH ?", (match,)).fetchall()
