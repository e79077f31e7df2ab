"""Digests and the files they list, against the objects that went in."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from roletrail.lineage.model import Digest
from roletrail.stores.embedded.rows import select_in
from roletrail.stores.port import Digested

_FILES = "SELECT d, count(*) FROM digest_file WHERE d IN (?) GROUP BY d"
_NOT_IN = """
SELECT d, digest_file.name,
    EXISTS (SELECT 1 FROM object WHERE object.name = substr(digest_file.name, length(rtrim(digest_file.name, replace(digest_file.name, '/', ''))) + 1))
FROM digest_file WHERE d IN (?) AND NOT EXISTS (SELECT 1 FROM object WHERE object.sha256 = digest_file.sha256) ORDER BY d, f
"""


def write(connection: Connection, digests: Iterable[Digest]) -> None:
    """A digest that comes again, under whatever name its copy has, replaces itself."""
    for digest in digests:
        connection.execute("DELETE FROM digest_file WHERE d IN (SELECT d FROM digest WHERE name = ?)", (digest.name,))
        connection.execute("DELETE FROM digest WHERE name = ?", (digest.name,))
        place = (digest.name, digest.account, digest.region, digest.start, digest.end, digest.previous)
        number = connection.execute(
            "INSERT INTO digest (name, account, region, start, stop, previous) VALUES (?, ?, ?, ?, ?, ?)", place
        ).lastrowid
        rows = [(number, f, file.name, file.sha256) for f, file in enumerate(digest.files)]
        connection.executemany("INSERT INTO digest_file VALUES (?, ?, ?, ?)", rows)


def digests(connection: Connection, from_: int, to: int, account: str = "") -> list[Digested]:
    """Those whose hour begins in the window, by (account, region, start, name)."""
    found = connection.execute(
        "SELECT d, name, account, region, start, stop, previous FROM digest"
        " WHERE start >= ?1 AND start < ?2 AND (?3 = '' OR account = ?3) ORDER BY account, region, start, name",
        (from_, to, account),
    ).fetchall()
    missing: dict[int, list[str]] = {}
    altered: dict[int, list[str]] = {}
    numbers = [row[0] for row in found]
    files = dict(select_in(connection, _FILES, numbers))
    for d, name, named in select_in(connection, _NOT_IN, numbers):
        (altered if named else missing).setdefault(d, []).append(name)
    counted = [(row, (files.get(row[0], 0), tuple(missing.get(row[0], ())), tuple(altered.get(row[0], ())))) for row in found]
    return [Digested._make((*row[1:], *rest)) for row, rest in counted]


def span(connection: Connection) -> tuple[int, int]:
    return connection.execute("SELECT coalesce(min(start), 0), coalesce(max(stop), 0) FROM digest").fetchone()
