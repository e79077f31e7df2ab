"""Moving a graph: what one store was given, dealt out over the parts of its ledger, so that another can commit it. Pure.

Observations do not remember which object they came from, and equality of two graphs does not ask: any part may carry them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from roletrail.lineage.model import Digest, ObjectInfo, Part, Quarantined
from roletrail.stores.port import LedgerEntry


class Stream(NamedTuple):
    """Rows of one field of `Part`, and how many there are."""

    total: int
    rows: Iterator[Any]


def bare_part(entry: LedgerEntry, k: int, attempt: int, *, first: bool, quarantined: Sequence[Quarantined]) -> Part:
    """A part of a ledger's object without observations. Counts are kept of objects alone: the first part has them."""
    info = ObjectInfo(entry.locator, entry.size, entry.version, entry.sha256, entry.kind)
    counts = (entry.taken, entry.doubles, entry.ignored) if first else (0, 0, 0)
    return Part(info, attempt, k, entry.parts, *counts, [], [], [], [], [], [], [], [], list(quarantined) if first else [])


def former_part(entry: LedgerEntry, attempt: int) -> Part:
    """A part of an object's earlier version: nothing but its attempt matters, which archive rows name."""
    info = ObjectInfo(entry.locator, entry.size, "", f"before {entry.sha256}", entry.kind)
    return Part(info, attempt, 0, 1, 0, 0, 0, [], [], [], [], [], [], [], [], [])


def dealt(parts: Sequence[Part], streams: Mapping[str, Stream], digests: Iterable[Digest]) -> Iterator[Part]:
    """The parts, each with its share of every stream."""
    shares = {field: -(-stream.total // max(len(parts), 1)) for field, stream in streams.items()}
    left = iter(digests)
    for part in parts:
        mine = {field: list(islice(streams[field].rows, share)) for field, share in shares.items()}
        mine = {field: tuple(rows) if field in ("resources", "addenda") else rows for field, rows in mine.items()}
        yield part._replace(**mine, digest=next(left, None) if part.object.kind == "digest" else None)
