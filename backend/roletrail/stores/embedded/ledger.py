"""The ledger: which parts of which objects went in, what was refused, and the archive files that are visible."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from sqlite3 import Connection
from typing import Any

import msgspec

from roletrail.lineage.model import Part
from roletrail.stores.cursors import foreign_cursor, read_position
from roletrail.stores.embedded.rows import select_in
from roletrail.stores.port import ArchiveFile, CoverageRow, LedgerEntry

_counts = msgspec.json.Decoder(dict[str, int]).decode
_ENTRY = "locator, size, version, sha256, kind, parts, taken, doubles, ignored, quarantined, ingested_at"


class ObjectLedger:
    """Ledger rows of one write transaction. An object gets a row with its first part, not before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._done: dict[str, set[int]] = {}

    def is_done(self, part: Part) -> bool:
        """Is this part of this very object in already? Other bytes, or another cut, under its locator are not it; a file
        that was only touched is, and the next run need not read it again."""
        info = part.object
        done = self._done.get(info.locator)
        if done is None:
            row = self._connection.execute("SELECT sha256, parts, o FROM object WHERE locator = ?", (info.locator,)).fetchone()
            done = self._done[info.locator] = set()
            if row is not None and row[:2] == (info.sha256, part.n):
                done.update(k for (k,) in self._connection.execute("SELECT k FROM part WHERE o = ? AND current = 1", row[2:]))
                self._connection.execute("UPDATE object SET size = ?, version = ? WHERE o = ?", (info.size, info.version, row[2]))
        return part.k in done

    def enter(self, part: Part) -> None:
        number = self._numbers.get(part.object.locator)
        if number is None:
            number = self._numbers[part.object.locator] = self._open(part)
        self._done[part.object.locator].add(part.k)
        self._connection.execute("INSERT INTO part VALUES (?, ?, ?, 1)", (number, part.k, part.attempt))
        self._connection.execute(
            "UPDATE object SET taken = taken + ?, doubles = doubles + ?, ignored = ignored + ?, quarantined = quarantined + ? WHERE o = ?",
            (part.taken, part.doubles, part.ignored, len(part.quarantined), number),
        )
        self._connection.executemany(
            "INSERT INTO quarantine (o, record, reason, detail) VALUES (?, ?, ?, ?)", [(number, *bad) for bad in part.quarantined]
        )

    def _open(self, part: Part) -> int:
        """Row of the object. What is known of other bytes, or of another cut, under its locator is past."""
        info = part.object
        facts = (info.size, info.version, info.sha256, info.kind, part.n, int(time.time()))
        row = self._connection.execute("SELECT o, sha256, parts FROM object WHERE locator = ?", (info.locator,)).fetchone()
        if row is None:
            cursor = self._connection.execute(
                f"INSERT INTO object ({_ENTRY}) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)", (info.locator, *facts)
            )
            return cursor.lastrowid or 0
        number = row[0]
        self._connection.execute(
            "UPDATE object SET size = ?, version = ?, sha256 = ?, kind = ?, parts = ?, ingested_at = ? WHERE o = ?",
            (*facts, number),
        )
        if row[1:] != (info.sha256, part.n):
            self._connection.execute(
                "UPDATE object SET taken = 0, doubles = 0, ignored = 0, quarantined = 0 WHERE o = ?", (number,)
            )
            self._connection.execute("UPDATE part SET current = 0 WHERE o = ?", (number,))
            self._connection.execute("DELETE FROM quarantine WHERE o = ?", (number,))
        return number


def register_files(connection: Connection, files: Iterable[ArchiveFile]) -> None:
    connection.executemany("INSERT OR REPLACE INTO archive_file VALUES (?, ?, ?, ?)", files)


def exclude_attempts(connection: Connection, attempts: Iterable[int]) -> None:
    connection.executemany("INSERT OR IGNORE INTO excluded_attempt VALUES (?)", [(attempt,) for attempt in attempts])


def swap_files(connection: Connection, remove: Collection[str], add: Collection[ArchiveFile]) -> bool:
    """False, and nothing changed, when another run has swapped one of these files already."""
    named = sum(1 for _ in select_in(connection, "SELECT name FROM archive_file WHERE name IN (?)", set(remove)))
    if named != len(set(remove)):
        return False
    connection.executemany("DELETE FROM archive_file WHERE name = ?", [(name,) for name in remove])
    register_files(connection, add)
    return True


def entries(connection: Connection, locators: Collection[str]) -> dict[str, LedgerEntry]:
    rows = list(select_in(connection, f"SELECT o, {_ENTRY} FROM object WHERE locator IN (?)", locators))
    return {entry.locator: entry for entry in _entries(connection, rows)}


def _entries(connection: Connection, rows: list[tuple[Any, ...]]) -> list[LedgerEntry]:
    done: dict[int, list[int]] = {}
    numbers = [row[0] for row in rows]
    for number, k in select_in(connection, "SELECT o, k FROM part WHERE current = 1 AND o IN (?)", numbers):
        done.setdefault(number, []).append(k)
    return [LedgerEntry._make((*row[1:6], tuple(sorted(done.get(row[0], ()))), *row[6:])) for row in rows]


def objects(connection: Connection, limit: int, after: str) -> tuple[list[LedgerEntry], str]:
    """Newest object first; the cursor is the locator of the last one."""
    before = _number_before(connection, after)
    rows = connection.execute(
        f"SELECT o, {_ENTRY} FROM object WHERE o < ? ORDER BY o DESC LIMIT ?", (before, limit + 1)
    ).fetchall()
    page = _entries(connection, rows[:limit])
    return page, page[-1].locator if len(rows) > limit and page else ""


def _number_before(connection: Connection, locator: str) -> int:
    if not locator:
        return 1 << 62
    row = connection.execute("SELECT o FROM object WHERE locator = ?", (locator,)).fetchone()
    if row is None:
        raise foreign_cursor()
    return row[0]


def quarantine(connection: Connection, limit: int, after: str) -> tuple[list[tuple[str, int, str, str]], str]:
    """Newest object first, in it by record; the cursor is `position` of the last row."""
    o, record, i = read_position(after)
    rows = connection.execute(
        "SELECT locator, record, reason, detail, quarantine.o, i FROM quarantine JOIN object USING (o)"
        " WHERE (quarantine.o < ?1 OR (quarantine.o = ?1 AND (record, i) > (?2, ?3)))"
        " ORDER BY quarantine.o DESC, record, i LIMIT ?4",
        (o, record, i, limit + 1),
    ).fetchall()
    page = rows[:limit]
    cursor = ".".join(map(str, (page[-1][4], page[-1][1], page[-1][5]))) if len(rows) > limit and page else ""
    return [(locator, record, reason, detail) for locator, record, reason, detail, _, _ in page], cursor


def quarantine_reasons(connection: Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason"))


def coverage(connection: Connection, from_: int = 0, to: int = 0, account: str = "") -> Iterator[CoverageRow]:
    where, values = ("account = ? AND ", (account,)) if account else ("", ())
    for account_, region, hour, counts, first_at, last_at in connection.execute(
        "SELECT account, region, hour, counts, first_at, last_at FROM cell"
        f" WHERE {where}hour >= ? AND hour < ? ORDER BY account, region, hour",
        (*values, from_, to or 1 << 62),
    ):
        yield CoverageRow(account_, region, hour, _counts(counts), first_at, last_at)
