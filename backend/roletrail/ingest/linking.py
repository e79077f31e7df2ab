"""Driving the linker: what is new, whom it concerns, what the rules need to know of them, and who stands where then.

Serial, in the store's own transactions, and a function of the set of observations: any order, split and repetition
gives the same graph. The cost follows what changed, not what is stored. Killed at any time, the next run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from roletrail.ingest.leads import settled_parents, with_leads
from roletrail.ingest.neighbourhood import Neighbourhood
from roletrail.ingest.standing import Standings
from roletrail.lineage import link
from roletrail.lineage.link import plain
from roletrail.lineage.link.plain import Plain
from roletrail.lineage.link.touch import touches
from roletrail.lineage.model import Issuance, Linked
from roletrail.stores.collector import collector_paused
from roletrail.stores.port import GraphStore, LinkWriter, Pending, StoreBusy, TooMuchAtOnce

NOTHING = Pending((), (), (), (), None)

PATIENCE_SECONDS = 60.0
RETRY_SECONDS = 2.0
"""How long linking waits for a store that is away, and how often it asks again: a server restarts in less."""


class LinkSummary(NamedTuple):
    """What linking did: observations taken, identities written, standings that changed, transactions."""

    observations: int
    identities: int
    standings: int
    rounds: int


def link_pending(store: GraphStore, batch: int = 0, *, linked: Callable[[int], None] | None = None) -> LinkSummary:
    """Link everything that is pending, at most `batch` observations a transaction; 0: as many as the store takes well.
    `linked` hears how many are done.

    A store that is away for a while is waited for; one with too little memory for a batch gets half of it at a time.
    """
    total = LinkSummary(0, 0, 0, 0)
    batch = batch or store.linked_at_once
    waited = 0.0
    while True:
        try:
            done = _link_some(store, batch)
        except _TooManyError as told:
            batch = told.half
            continue
        except StoreBusy as busy:
            if isinstance(busy, TooMuchAtOnce) or waited >= PATIENCE_SECONDS:
                raise
            time.sleep(RETRY_SECONDS)
            waited += RETRY_SECONDS
            continue
        if done is None:
            return total
        waited = 0.0
        total = LinkSummary(*(a + b for a, b in zip(total, done, strict=True)))
        if linked is not None:
            linked(total.observations)


class _TooManyError(Exception):
    """So many observations were too much for the server's memory; half of what there was may not be."""

    def __init__(self, half: int) -> None:
        super().__init__(half)
        self.half = half


def _link_some(store: GraphStore, batch: int) -> LinkSummary | None:
    """One transaction; None when there was nothing left to link. Raises TooMuchAtOnce when a single observation is."""
    taken = batch
    try:
        with store.linking() as writer:
            pending = writer.pending(batch)
            if pending.empty:
                return None
            taken = _size(pending)
            with collector_paused():
                done = link_batch(writer, pending)
            writer.advance(pending)
    except TooMuchAtOnce as error:
        if taken < 2:
            raise
        raise _TooManyError(taken // 2) from error
    return done


def link_batch(writer: LinkWriter, pending: Pending) -> LinkSummary:
    """Link one batch inside the caller's transaction."""
    linked = _linked(writer, pending)
    below = _below_turned(writer, linked)
    if below:
        linked += _linked_around(writer, Neighbourhood(writer, NOTHING, below), NOTHING, [])
    linked = settled_parents(writer, linked)
    old = writer.nodes([one.node.id for one in linked])
    writer.put_linked(linked)
    standings = Standings(writer).recompute([one for one in linked if not one.alias_of], old)
    writer.put_standings(standings)
    return LinkSummary(_size(pending), len(linked), len(standings), 1)


def _linked(writer: LinkWriter, pending: Pending) -> list[Linked]:
    """What is plain by itself, and the rest with its neighbourhood."""
    alone = _alone(writer, pending)
    done = {one.case.id for one in alone}
    rest = pending._replace(
        callers=tuple([id_ for id_ in pending.callers if id_ not in done]),
        issuances=tuple([i for i in pending.issuances if i.child not in done]),
        # Most notable calls make nothing that a rule joins by. What the rules ask of them beside, they ask the store.
        actions=tuple([a for a in pending.actions if touches(a)]),
    )
    around = Neighbourhood(writer, rest, eras={a for one in alone for a in one.eras}, done=done)
    return _linked_around(writer, around, rest, [link.linked_plainly(one) for one in alone])


def _linked_around(writer: LinkWriter, around: Neighbourhood, pending: Pending, plainly: list[Linked]) -> list[Linked]:
    linked = plainly + [link.linked_of(case) for case in around.cases]
    linked += around.created_keys(pending)
    return with_leads(writer, around.cases, linked)


def _alone(writer: LinkWriter, pending: Pending) -> list[Plain]:
    """Sessions that are new together with what issued them, and of which nothing else is near (`link.plain`)."""
    issued: dict[str, list[Issuance]] = {}
    for i in pending.issuances:
        issued.setdefault(i.child, []).append(i)
    seen = writer.seen(issued.keys())
    new = set(pending.callers)
    plains = [
        found
        for child, copies in issued.items()
        if (child in new) == (child in seen) and (found := plain.plain(seen.get(child), copies)) is not None
    ]
    counts = writer.counts_at({a for one in plains for a in (*one.shared, *one.empty)})
    return [one for one in plains if plain.is_alone(one, counts)]


def _below_turned(writer: LinkWriter, linked: Collection[Linked]) -> set[str]:
    """What hangs below identities that became an alias, or stopped being one, and is not in this batch."""
    was = writer.aliases({one.node.id for one in linked if one.node.type in {"IAMUser", "Root"}})
    turned = {one.node.id for one in linked if one.alias_of and one.node.id not in was}
    turned |= {was[one.node.id].target for one in linked if one.node.id in was and was[one.node.id] != one.same_as}
    below = writer.children(turned) if turned else {}
    return {child for children in below.values() for child in children} - {one.node.id for one in linked}


def _size(pending: Pending) -> int:
    return len(pending.callers) + len(pending.issuances) + len(pending.sign_ins) + len(pending.actions)
