"""Linking into a store with little memory: batches are halved until they fit, and one that never fits is told at once."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import pytest

from roletrail.ingest import linking
from roletrail.ingest.linking import link_pending
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import GraphStore, LinkWriter, Pending, TooMuchAtOnce
from tests.support.neo4j_graphs import commit_whole, log_files, parts_of


class Starved:
    """A store whose transactions fail at their end, as a server's do that runs out of memory while it commits."""

    linked_at_once = 100_000

    def __init__(self, store: EmbeddedStore, most: int) -> None:
        self._store = store
        self._most = most
        self.tried: list[int] = []

    @contextmanager
    def linking(self) -> Generator[LinkWriter]:
        with self._store.linking() as writer:
            asked = writer.pending

            def pending(limit: int) -> Pending:
                found = asked(limit)
                self.tried.append(sum(map(len, found[:4])))
                return found

            writer.pending = pending
            yield writer
            if self.tried[-1] > self._most:
                raise TooMuchAtOnce("too little memory")


def committed(folder: Path) -> EmbeddedStore:
    store = EmbeddedStore(folder)
    paths = list(log_files(["t22-juggling"]))
    commit_whole(store, parts_of(paths), paths, 2 << 24)
    return store


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with closing(committed(tmp_path / "starved")) as store:
        yield store


@pytest.mark.parametrize("most", [1, 2, 7])
def test_batches_are_halved_from_what_there_was(loaded: EmbeddedStore, tmp_path: Path, most: int) -> None:
    starved = Starved(loaded, most)
    linked = link_pending(cast("GraphStore", starved))
    sizes = [size for size in starved.tried if size > most]
    assert all(after == before // 2 for before, after in itertools.pairwise(sizes))
    assert starved.tried[0] > most
    assert linked.observations == starved.tried[0]
    with closing(committed(tmp_path / "plenty")) as plenty:
        link_pending(plenty)
        assert list(loaded.export()) == list(plenty.export())


def test_a_single_observation_that_is_too_much_is_not_tried_again(loaded: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking.time, "sleep", lambda _: pytest.fail("it waited for memory that does not come"))
    starved = Starved(loaded, 0)
    with pytest.raises(TooMuchAtOnce):
        link_pending(cast("GraphStore", starved))
    assert starved.tried[-1] == 1
