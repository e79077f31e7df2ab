"""Everything the file was given, for another store to commit."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from sqlite3 import Connection
from typing import Any

from roletrail.lineage.model import CellEvents, CredentialUse, Digest, ListedFile, Part, Quarantined
from roletrail.stores.carry import Stream, bare_part, dealt, former_part
from roletrail.stores.embedded import ledger, rows
from roletrail.stores.folds import unpack_folds
from roletrail.stores.port import LedgerEntry

_ONE_BY_ONE = {
    "issuances": ("issuance", rows.unpack_issuance),
    "sign_ins": ("sign_in", rows.unpack_sign_in),
    "actions": ("action", rows.unpack_action),
    "attempts": ("attempt", rows.unpack_attempt),
}


def everything(connection: Connection) -> Iterator[Part]:
    yield from dealt(_parts(connection), dict(_streams(connection)), _digests(connection))


def _parts(connection: Connection) -> list[Part]:
    """Former parts first, then the current ones in the order of their objects."""
    numbers: dict[int, str] = dict(connection.execute("SELECT o, locator FROM object ORDER BY o").fetchall())
    entries = ledger.entries(connection, list(numbers.values()))
    bad: defaultdict[int, list[Quarantined]] = defaultdict(list)
    for o, *row in connection.execute("SELECT o, record, reason, detail FROM quarantine ORDER BY i"):
        bad[o].append(Quarantined(*row))
    attempts: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for o, k, attempt, current in connection.execute("SELECT o, k, attempt, current FROM part ORDER BY o, k"):
        attempts[current, o].append((k, attempt))
    found: list[Part] = []
    for o, locator in numbers.items():
        found += _of_object(entries[locator], attempts[0, o], attempts[1, o], bad[o])
    return found


def _of_object(
    entry: LedgerEntry, former: list[tuple[int, int]], current: list[tuple[int, int]], bad: list[Quarantined]
) -> Iterator[Part]:
    for _, attempt in former[:1]:
        yield former_part(entry, attempt)
    for place, (k, attempt) in enumerate(current):
        yield bare_part(entry, k, attempt, first=place == 0, quarantined=bad)


def _streams(connection: Connection) -> Iterator[tuple[str, Stream]]:
    def counted(table: str, found: Iterator[Any]) -> Stream:
        return Stream(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0], found)

    callers = connection.execute(f"SELECT id, {rows.CALLER_COLUMNS} FROM caller JOIN identity USING (n) ORDER BY n")
    yield "callers", counted("caller", (rows.caller_of(*row) for row in callers))
    uses = connection.execute(f"SELECT id, {rows.CREDENTIAL_COLUMNS} FROM credential JOIN identity USING (n) ORDER BY n")
    yield "credentials", counted("credential", (CredentialUse(*row) for row in uses))
    folds = [
        fold
        for id_, packed in connection.execute("SELECT id, folds FROM activity JOIN identity USING (n) ORDER BY i")
        for fold in unpack_folds(id_, packed)
    ]
    yield "activities", Stream(len(folds), iter(folds))
    touched = [
        use
        for id_, packed in connection.execute("SELECT id, folds FROM resource_use JOIN identity USING (n) ORDER BY i")
        for use in rows.unpack_resources(id_, packed)
    ]
    yield "resources", Stream(len(touched), iter(touched))
    for field, (table, unpack) in _ONE_BY_ONE.items():
        patched = connection.execute("SELECT row FROM version WHERE kind = ?", (table,)).fetchall()
        whole = connection.execute(
            f"SELECT row FROM {table} WHERE event_id NOT IN (SELECT event_id FROM version WHERE kind = ?) ORDER BY i", (table,)
        ).fetchall()
        found = [*whole, *patched]
        yield field, Stream(len(found), map(unpack, (row for (row,) in found)))
    addenda = connection.execute("SELECT row FROM addendum ORDER BY event_id").fetchall()
    yield "addenda", Stream(len(addenda), (rows.unpack_addendum(row) for (row,) in addenda))
    yield "cells", counted("cell", _cells(connection))


def _cells(connection: Connection) -> Iterator[CellEvents]:
    columns = "SELECT c, account, region, hour, counts, first_at, last_at FROM cell ORDER BY c"
    for c, account, region, hour, counts, first_at, last_at in connection.execute(columns).fetchall():
        runs = connection.execute("SELECT hashes FROM cell_hashes WHERE c = ?", (c,)).fetchall()
        hashes = sorted(run[i : i + 8][::-1] for (run,) in runs for i in range(0, len(run), 8))
        whole = b"".join(one[::-1] for one in hashes)
        yield CellEvents(account, region, hour, whole, json.loads(counts), first_at, last_at)


def _digests(connection: Connection) -> Iterator[Digest]:
    found = connection.execute("SELECT d, name, account, region, start, stop, previous FROM digest ORDER BY d").fetchall()
    for d, *place in found:
        files = connection.execute("SELECT name, sha256 FROM digest_file WHERE d = ? ORDER BY f", (d,)).fetchall()
        yield Digest._make((*place, tuple(ListedFile(*file) for file in files)))
