"""The stores under contract. Another one is one more line in STORES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import currently_in_test_context, reject

from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import GraphStore
from tests.support.counts import repetitions

Open = Callable[[], GraphStore]
"""Opens a fresh, empty store each time. A server has one database: the store before is of no use then."""

STORES = ("embedded", "neo4j")


@pytest.fixture(params=STORES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[GraphStore] = []
    wipe = request.getfixturevalue("empty_neo4j") if request.param == "neo4j" else None
    cached: list[Neo4jStore] = []
    most, handed = repetitions("neo4j_stores"), list[int]()

    def open_one() -> GraphStore:
        if wipe is None:
            opened.append(EmbeddedStore(tmp_path / f"store-{len(opened)}"))
            return opened[-1]
        if currently_in_test_context() and len(handed) >= most:
            reject()
        handed.append(1)
        address = wipe()
        if not cached:
            cached.append(Neo4jStore(address))
        cached[0]._kept.forget()  # no writer ever saw the wiping
        return cached[0]

    yield open_one
    for store in (*opened, *cached):
        store.close()


@pytest.fixture
def store(fresh: Open) -> GraphStore:
    return fresh()
