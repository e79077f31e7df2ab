"""Worlds inside a store, by whatever way one wants to put them there."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from roletrail.lineage.model import Part, Standing
from roletrail.stores.port import GraphStore
from tests.support.reference import Reference
from tests.support.worlds import World


def commit_all(store: GraphStore, parts: Sequence[Part], seed: int = 0) -> None:
    """In batches of random size."""
    random, left = Random(seed), list(parts)
    while left:
        size = random.choice((1, 2, 5))
        assert not store.commit(left[:size], []).overlaps
        del left[:size]


def link(store: GraphStore, world: World, ids: Sequence[str], standings: dict[str, Standing]) -> None:
    """What ingest.linking would write for these identities and their origins."""
    linked = world.linked(ids)
    placed = {one.node.id for one in linked} | {origin.id for one in linked for origin in one.origins}
    with store.linking() as writer:
        writer.put_linked(linked)
        writer.put_standings({id_: standings[id_] for id_ in placed})
        writer.advance(writer.pending(1_000_000))


def fill(store: GraphStore, world: World, seed: int = 0) -> Reference:
    """Everything of a world: events in any order and split, identities linked in any order and in several rounds."""
    parts = world.parts(world.events, 1 + seed % 7, seed)
    random, ids = Random(seed), list(world.identities)
    random.shuffle(ids)
    rounds = [ids[start : start + 5] for start in range(0, len(ids), 5)] if seed % 2 else [ids]
    cut = random.randrange(len(parts) + 1)
    standings = world.standings()
    commit_all(store, parts[:cut], seed)
    for some in rounds:
        link(store, world, some, standings)
    commit_all(store, parts[cut:], seed)
    return Reference(parts, world.linked(world.identities), standings)
