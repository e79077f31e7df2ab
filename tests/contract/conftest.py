"""The stores under contract. A second store is one more line in STORES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import GraphStore

Open = Callable[[], GraphStore]
"""Opens a fresh, empty store each time."""

STORES: dict[str, Callable[[Path], GraphStore]] = {
    "embedded": EmbeddedStore,
}


@pytest.fixture(params=STORES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[GraphStore] = []

    def open_one() -> GraphStore:
        opened.append(STORES[request.param](tmp_path / f"store-{len(opened)}"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(fresh: Open) -> GraphStore:
    return fresh()
