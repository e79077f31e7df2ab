"""Moving a graph from one store into another, empty one: the same graph, the same ledger, the same visible archive files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest
from roletrail.ingest.linking import link_pending
from roletrail.lineage.model import Part
from roletrail.stores.port import GraphStore, Totals

PARTS_AT_ONCE = 50
RUN_BITS = 24
"""Attempts of a run are numbered from `run << 24`: the next run of the copy must begin behind the last one copied."""


class Copied(NamedTuple):
    events: int
    objects: int
    identities: int
    sessions: int


def copy_graph(source: GraphStore, target: GraphStore, actor: Actor) -> Copied:
    """Everything of `source` into `target`. A copy that was cut short goes on when it is started again."""
    require(actor, "ingest.run")
    had, given = source.totals(), target.totals()
    if given.objects and not _begun(source, target, given):
        raise InvalidRequest("The store to copy into holds other objects.", hint="Copy into an empty store.")
    if had.pending:
        raise InvalidRequest("The store to copy from has observations that are not linked.", hint="Run an ingest on it first.")
    last = 0
    for parts in _batches(source.everything()):
        last = max(last, *(part.attempt for part in parts))
        target.commit(parts, [])
        link_pending(target)
    target.commit([], source.archive_files(), source.excluded_attempts())
    while target.begin_run() <= last >> RUN_BITS:
        pass
    now = target.totals()
    return Copied(now.events, now.objects, now.identities, now.sessions)


def _begun(source: GraphStore, target: GraphStore, given: Totals) -> bool:
    """Whether every object of the target is one of the source's: a copy that was cut short."""
    found, _ = target.objects(given.objects)
    known = source.ledger([entry.locator for entry in found])
    return all(entry.locator in known for entry in found)


def _batches(parts: Iterable[Part]) -> Iterator[list[Part]]:
    left = iter(parts)
    while some := list(islice(left, PARTS_AT_ONCE)):
        yield some
