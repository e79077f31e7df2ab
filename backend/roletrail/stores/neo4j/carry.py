"""Everything the database was given, for another store to commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from roletrail.lineage.model import CellEvents, Digest, ListedFile, Part, Quarantined
from roletrail.stores.carry import Stream, bare_part, dealt, former_part
from roletrail.stores.neo4j import ledger
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements

_Q = statements("carry")
_C = statements("commit")
_ONE_BY_ONE: dict[str, shapes.Shape[Any]] = {
    "issuances": shapes.ISSUANCE,
    "sign_ins": shapes.SIGN_IN,
    "actions": shapes.ACTION,
    "attempts": shapes.ATTEMPT,
}
_FOLDED: dict[str, Callable[[list[Any]], Any]] = {
    "callers": lambda row: shapes.caller_of(*row),
    "credentials": lambda row: shapes.use_of(*row),
    "activities": lambda row: shapes.ACTIVITY.row(row[0]),
    "resources": lambda row: shapes.RESOURCE.row(row[0]),
    "addenda": lambda row: shapes.ADDENDUM.row(row[0]),
}


def everything(cypher: Cypher) -> Iterator[Part]:
    yield from dealt(_parts(cypher), dict(_streams(cypher)), _digests(cypher))


def _parts(cypher: Cypher) -> list[Part]:
    """Former parts first, then the current ones in the order of their objects."""
    entries = ledger.entries(cypher, [locator for (locator,) in cypher.rows(_Q["objects"])])
    bad: defaultdict[str, list[Quarantined]] = defaultdict(list)
    for locator, *row in cypher.rows(_Q["quarantined"]):
        bad[locator].append(Quarantined._make(row))
    found: list[Part] = []
    seen: set[tuple[str, bool]] = set()
    for locator, k, attempt, current in sorted(cypher.rows(_Q["parts"]), key=lambda row: row[3]):
        first = (locator, current) not in seen
        seen.add((locator, current))
        if current:
            found.append(bare_part(entries[locator], k, attempt, first=first, quarantined=bad[locator]))
        elif first:
            found.append(former_part(entries[locator], attempt))
    return found


def _streams(cypher: Cypher) -> Iterator[tuple[str, Stream]]:
    totals = cypher.pairs(_Q["counts"])
    for field, made in _FOLDED.items():
        yield field, Stream(totals.get(field, 0), map(made, iter(cypher.rows(_Q[field]))))
    for field, shape in _ONE_BY_ONE.items():
        found = [*cypher.rows(_Q[field]), *cypher.rows(_Q["versions"], kind=field)]
        yield field, Stream(len(found), map(shape.row, (row for (row,) in found)))
    yield "cells", Stream(totals.get("cells", 0), _cells(cypher))


def _cells(cypher: Cypher) -> Iterator[CellEvents]:
    found = cypher.rows(_Q["cells"])
    runs: defaultdict[int, list[bytes]] = defaultdict(list)
    for number, hashes in cypher.rows_of(_C["hashes"], [row[0] for row in found]):
        runs[number] += [hashes[i : i + 8] for i in range(0, len(hashes), 8)]
    for number, account, region, hour, categories, counts, first_at, last_at in found:
        whole = b"".join(sorted(runs[number], key=_little_endian))
        yield CellEvents(account, region, hour, whole, dict(zip(categories, counts, strict=True)), first_at, last_at)


def _little_endian(hash_: bytes) -> int:
    return int.from_bytes(hash_, "little")


def _digests(cypher: Cypher) -> Iterator[Digest]:
    for (row,) in cypher.rows(_Q["digests"]):
        files = tuple(ListedFile(name, sha256) for name, sha256 in zip(row["files"], row["hashes"], strict=True))
        yield Digest(row["name"], row["account"], row["region"], row["start"], row["end"], row["previous"], files)
