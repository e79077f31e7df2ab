"""Driving the linker: what is new, whom it concerns, what the rules need to know of them, and who stands where then.

Serial, in the store's own transactions, and a function of the set of observations: any order, split and repetition
gives the same graph. The cost follows what changed, not what is stored. Killed at any time, the next run goes on.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from roletrail.ingest.leads import with_leads
from roletrail.ingest.neighbourhood import Neighbourhood
from roletrail.ingest.standing import Standings
from roletrail.lineage import link
from roletrail.stores.port import GraphStore, LinkWriter, Pending


class LinkSummary(NamedTuple):
    """What linking did: observations taken, identities written, standings that changed, transactions."""

    observations: int
    identities: int
    standings: int
    rounds: int


def link_pending(store: GraphStore, batch: int = 100_000, *, linked: Callable[[int], None] | None = None) -> LinkSummary:
    """Link everything that is pending, at most `batch` observations a transaction. `linked` hears how many are done."""
    total = LinkSummary(0, 0, 0, 0)
    while True:
        with store.linking() as writer:
            pending = writer.pending(batch)
            if pending.empty:
                return total
            with _collector_paused():
                done = link_batch(writer, pending)
            writer.advance(pending)
        total = LinkSummary(*(a + b for a, b in zip(total, done, strict=True)))
        if linked is not None:
            linked(total.observations)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A batch makes a million tuples and no circles: looking for circles among them costs a quarter of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def link_batch(writer: LinkWriter, pending: Pending) -> LinkSummary:
    """Link one batch inside the caller's transaction."""
    around = Neighbourhood(writer, pending)
    linked = [link.linked_of(case) for case in around.cases]
    linked += link.created_keys(around.created_keys(pending), around.known.seen, pending.actions)
    linked = with_leads(writer, around.cases, linked)
    old = writer.nodes([one.node.id for one in linked])
    writer.put_linked(linked)
    standings = Standings(writer).recompute(linked, old)
    writer.put_standings(standings)
    return LinkSummary(_size(pending), len(linked), len(standings), 1)


def _size(pending: Pending) -> int:
    return len(pending.callers) + len(pending.issuances) + len(pending.sign_ins) + len(pending.actions)
