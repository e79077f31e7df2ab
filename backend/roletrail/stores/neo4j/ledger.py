"""The ledger: which parts of which objects went in, what was refused, and the archive files that are visible."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from roletrail.lineage.model import Part
from roletrail.stores.cursors import foreign_cursor, read_position
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import ArchiveFile, CoverageRow, LedgerEntry

_Q = statements("ledger")
_COUNTS = ("taken", "doubles", "ignored", "quarantined")
_END = 1 << 62


class ObjectLedger:
    """Ledger rows of one write transaction: read at its start, written at its end. An object gets a row with its first part."""

    def __init__(self, cypher: Cypher, lease: Lease, parts: Collection[Part]) -> None:
        self._cypher = cypher
        self._lease = lease
        locators = sorted({part.object.locator for part in parts})
        self._objects: dict[str, dict[str, Any]] = {row[0]["locator"]: row[0] for row in cypher.rows_of(_Q["objects"], locators)}
        numbers = {known["number"]: locator for locator, known in self._objects.items()}
        self._attempts: dict[str, dict[int, int]] = {}
        for number, k, attempt in cypher.rows_of(_Q["parts"], sorted(numbers)) if numbers else ():
            self._attempts.setdefault(numbers[number], {})[k] = attempt
        self._checked: set[str] = set()
        self._entered: set[str] = set()
        self._anew: list[int] = []
        self._changed: set[str] = set()
        self._parts: list[dict[str, Any]] = []
        self._quarantined: list[tuple[int, Any]] = []

    def is_done(self, part: Part) -> bool:
        """Is this part of this very object in already? Other bytes, or another cut, under its locator are not it; a file
        that was only touched is, and the next run need not read it again."""
        info = part.object
        known = self._objects.get(info.locator)
        if known is None:
            return False
        if info.locator not in self._checked:
            self._checked.add(info.locator)
            if (known["sha256"], known["parts"]) == (info.sha256, part.n):
                known.update(size=info.size, version=info.version)
                self._changed.add(info.locator)
            else:
                self._attempts[info.locator] = {}
        return part.k in self._attempts.get(info.locator, ())

    def attempt_of(self, part: Part) -> int:
        return self._attempts[part.object.locator][part.k]

    def enter(self, part: Part) -> None:
        locator = part.object.locator
        if locator not in self._entered:
            self._open(part)
            self._entered.add(locator)
        known = self._objects[locator]
        for name, amount in zip(_COUNTS, (part.taken, part.doubles, part.ignored, len(part.quarantined)), strict=True):
            known[name] += amount
        self._attempts.setdefault(locator, {})[part.k] = part.attempt
        self._parts.append({"object": known["number"], "k": part.k, "attempt": part.attempt, "current": True})
        self._quarantined += [(known["number"], bad) for bad in part.quarantined]

    def _open(self, part: Part) -> None:
        """Row of the object. What is known of other bytes, or of another cut, under its locator is past."""
        info = part.object
        self._checked.add(info.locator)
        self._changed.add(info.locator)
        known = self._objects.get(info.locator)
        if known is None:
            number = self._lease.counter("objects") + 1
            self._lease.set("objects", number)
            name = info.locator.rpartition("/")[2]
            known = self._objects[info.locator] = {
                "number": number,
                "locator": info.locator,
                "name": name,
                **dict.fromkeys(_COUNTS, 0),
            }
        elif (known["sha256"], known["parts"]) != (info.sha256, part.n):
            known.update(dict.fromkeys(_COUNTS, 0))
            self._anew.append(known["number"])
        known.update(
            size=info.size, version=info.version, sha256=info.sha256, kind=info.kind, parts=part.n, ingestedAt=int(time.time())
        )

    def write(self) -> None:
        self._cypher.write(_Q["forget_parts"], self._anew)
        self._cypher.write(_Q["forget_quarantined"], self._anew)
        self._cypher.write(_Q["write_objects"], [self._objects[locator] for locator in sorted(self._changed)])
        self._cypher.write(_Q["write_parts"], self._parts)
        if self._quarantined:
            top = self._cypher.value(_Q["top_quarantined"]) or 0
            rows = [
                {"number": number, "object": object_, "record": bad[0], "reason": bad[1], "detail": bad[2]}
                for number, (object_, bad) in enumerate(self._quarantined, top + 1)
            ]
            self._cypher.write(_Q["write_quarantined"], rows)


def register_files(cypher: Cypher, files: Iterable[ArchiveFile]) -> None:
    cypher.write(_Q["register_files"], [file._asdict() for file in files])


def exclude_attempts(cypher: Cypher, attempts: Iterable[int]) -> None:
    cypher.write(_Q["exclude_attempts"], sorted(attempts))


def swap_files(cypher: Cypher, remove: Collection[str], add: Collection[ArchiveFile]) -> bool:
    """False, and nothing changed, when another run has swapped one of these files already."""
    wanted = sorted(set(remove))
    if wanted and len(cypher.rows_of(_Q["named_files"], wanted)) != len(wanted):
        return False
    cypher.write(_Q["drop_files"], wanted)
    register_files(cypher, add)
    return True


def archive_files(cypher: Cypher) -> list[ArchiveFile]:
    return [ArchiveFile._make(row) for row in cypher.rows(_Q["files"])]


def excluded_attempts(cypher: Cypher) -> list[int]:
    return [attempt for (attempt,) in cypher.rows(_Q["excluded"])]


def attempt_locators(cypher: Cypher, attempts: Collection[int]) -> dict[int, str]:
    return cypher.pairs_of(_Q["locators"], sorted(attempts))


def entries(cypher: Cypher, locators: Collection[str]) -> dict[str, LedgerEntry]:
    found = _entries(cypher, [row[0] for row in cypher.rows_of(_Q["objects"], sorted(set(locators)))])
    return {entry.locator: entry for entry in found}


def _entries(cypher: Cypher, found: list[dict[str, Any]]) -> list[LedgerEntry]:
    done: dict[int, list[int]] = {}
    for number, k, _ in cypher.rows_of(_Q["parts"], [one["number"] for one in found]) if found else ():
        done.setdefault(number, []).append(k)
    return [
        LedgerEntry._make(
            (
                one["locator"], one["size"], one["version"], one["sha256"], one["kind"], tuple(sorted(done.get(one["number"], ()))),
                one["parts"], *(one[name] for name in _COUNTS), one["ingestedAt"],
            )
        )
        for one in found
    ]  # fmt: skip


def objects(cypher: Cypher, limit: int, after: str) -> tuple[list[LedgerEntry], str]:
    """Newest object first; the cursor is the locator of the last one."""
    before = cypher.value(_Q["number_of"], locator=after) if after else _END
    if before is None:
        raise foreign_cursor()
    found = [row[0] for row in cypher.rows(_Q["page"], before=before, limit=limit + 1)]
    page = _entries(cypher, found[:limit])
    return page, page[-1].locator if len(found) > limit and page else ""


def quarantine(cypher: Cypher, limit: int, after: str) -> tuple[list[tuple[str, int, str, str]], str]:
    """Newest object first, in it by record; the cursor is `position` of the last row."""
    object_, record, number = read_position(after)
    rows: list[list[Any]] = []
    if after:
        rows = cypher.rows(_Q["quarantined_of"], object=object_, record=record, number=number, limit=limit + 1)
    if len(rows) <= limit:
        rows += cypher.rows(_Q["quarantined_before"], object=object_, limit=limit + 1 - len(rows))
    page = rows[:limit]
    names = cypher.pairs_of(_Q["locators_of"], sorted({row[0] for row in page})) if page else {}
    cursor = ".".join(map(str, page[-1][:3])) if len(rows) > limit and page else ""
    return [(names[row[0]], row[1], row[3], row[4]) for row in page], cursor


def quarantine_reasons(cypher: Cypher) -> dict[str, int]:
    return cypher.pairs(_Q["reasons"])


def coverage(cypher: Cypher, from_: int = 0, to: int = 0, account: str = "") -> Iterator[CoverageRow]:
    query = _Q["coverage_of"] if account else _Q["coverage"]
    for row in cypher.rows(query, **{"from": from_, "to": to or _END, "account": account}):
        counts = Counter(dict(zip(row[3], row[4], strict=True)))
        yield CoverageRow(row[0], row[1], row[2], dict(counts), row[5], row[6])
