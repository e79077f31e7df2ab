"""Two loaders at once on one database: what issued sessions comes through one, what they did through the other."""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from roletrail.ingest.linking import link_pending
from roletrail.lineage.model import Part
from roletrail.stores.collector import collector_paused
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import GraphStore
from tests.bench.store_scale import Estate
from tests.neo4j_server.plugin import Wipe
from tests.support.counts import repetitions
from tests.support.graphs import commit_all
from tests.support.neo4j_graphs import log_files
from tests.support.reduced import part_of
from tests.support.worlds import World

SCENARIOS = ("t22-juggling", "t04-three", "t05-middle", "t32-created", "t33-launched", "t07-identity")


def records() -> tuple[list[dict], list[dict]]:
    """Every record of the scenarios: those of STS, and the others."""
    logs = (json.loads(path.read_bytes())["Records"] for path in log_files(SCENARIOS))
    every = list({record["eventID"]: record for log in logs for record in log}.values())
    issuing = [record for record in every if record.get("eventSource") == "sts.amazonaws.com"]
    return issuing, [record for record in every if record not in issuing]


def parts_of(some: list[dict], name: str, dice: random.Random, first_attempt: int) -> list[Part]:
    dealt: list[list[dict]] = [[] for _ in range(4)]
    for record in some:
        dice.choice(dealt).append(record)
    found: list[Part] = []
    for number, mine in enumerate(filter(None, dealt)):
        part = part_of(mine)
        info = part.object._replace(locator=f"/logs/{name}-{number}.json")
        found.append(part._replace(object=info, attempt=first_attempt + number))
    return found


def load(store: GraphStore, parts: Sequence[Part], dice: random.Random) -> None:
    for part in parts:
        assert not store.commit([part], []).overlaps
        if dice.random() < 0.5:
            link_pending(store, dice.choice((5, 50, 1000)))
    link_pending(store)


def at_once(stores: Sequence[Neo4jStore], both: Sequence[Sequence[Part]], seed: int) -> None:
    """Each store takes its parts in a thread of its own; what goes wrong there goes wrong here."""
    with ThreadPoolExecutor(len(stores)) as pool:
        runs = [
            pool.submit(load, store, parts, random.Random(seed * 2 + n))
            for n, (store, parts) in enumerate(zip(stores, both, strict=True))
        ]
        for run in runs:
            run.result()


@pytest.mark.parametrize("seed", range(repetitions("loaders")))
def test_neither_misses_the_others_half(seed: int, tmp_path: Path, empty_neo4j: Wipe) -> None:
    dice, sides = random.Random(seed), records()
    both = [parts_of(side, name, dice, n << 24) for n, (side, name) in enumerate(zip(sides, ("issued", "used"), strict=True), 1)]
    address = empty_neo4j()
    stores = [Neo4jStore(address) for _ in both]
    at_once(stores, both, seed)
    alone = EmbeddedStore(tmp_path / "alone")
    load(alone, [part for parts in both for part in parts], dice)
    assert list(stores[0].export()) == list(alone.export())
    assert stores[0].totals() == alone.totals()
    assert stores[0].totals().chains_3 > 0
    for store in (*stores, alone):
        store.close()


def test_loaders_that_use_the_same_keys_at_once(tmp_path: Path, empty_neo4j: Wipe) -> None:
    edges = repetitions("loader_edges")
    estate = Estate(edges)
    parts = [part for _ in range(8) for part in estate.grow(edges // 8)]
    both = parts[::2], parts[1::2]
    keys = [{use.access_key_id for part in some for use in part.credentials if use.kind == "long_term"} for some in both]
    assert keys[0] & keys[1]
    address = empty_neo4j()
    stores = [Neo4jStore(address) for _ in both]
    at_once(stores, both, 1)
    alone = EmbeddedStore(tmp_path / "alone")
    load(alone, parts, random.Random(1))
    for mine, theirs in zip(stores[0].export(), alone.export(), strict=True):
        assert mine == theirs
    assert stores[0].totals() == alone.totals()
    assert alone.totals().sessions >= edges
    for store in (*stores, alone):
        store.close()


def test_what_the_driver_leaves_does_not_pile_up_during_a_load(empty_neo4j: Wipe) -> None:
    """A load pauses the collector until its end, and results of the driver hold each other: 1 GB of a million events."""
    world = World(7, 60)
    with closing(Neo4jStore(empty_neo4j())) as store, collector_paused():
        gc.collect()
        commit_all(store, world.parts(world.events, 30, 7), 7)
        link_pending(store, 20)
        assert gc.collect() < 2_000  # 19,000 before each transaction swept behind itself
