"""SIGKILL of the server while a load writes, and its return: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import random
from pathlib import Path

import neo4j
import pytest
from neo4j.exceptions import ServiceUnavailable

from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from tests.neo4j_server.owned import Owned
from tests.support.counts import repetitions
from tests.support.neo4j_graphs import load_scenarios

LOGS = ("t22-juggling", "t33-launched", "t40-updated", "t05-")
LEAST, MOST = 10, 60
"""Statements between two kills; a commit with its linking is some ninety."""


class Killer:
    """Stands between the driver and the server: kills it before a statement, or after a commit that nobody heard succeed."""

    def __init__(self, owned: Owned, kills: int, seed: int) -> None:
        self._owned = owned
        self._dice = random.Random(seed)
        self.left = kills
        self.unheard = 0
        self._wait = self._dice.randrange(LEAST, MOST)

    def statement(self) -> None:
        self._wait -= 1
        if self._wait <= 0 and self.left % 2:
            self._kill()

    def committed(self) -> None:
        if self._wait <= 0 and self.left and not self.left % 2:
            self._kill()
            self.unheard += 1
            raise ServiceUnavailable("killed before it could say so")

    def _kill(self) -> None:
        self.left -= 1
        self._wait = self._dice.randrange(LEAST, MOST)
        self._owned.restart()


def test_killed_servers_lose_nothing_and_double_nothing(owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owned.restart()
    owned.wipe()
    killer = Killer(owned, repetitions("neo4j_kills"), seed=7)
    run, commit = neo4j.Transaction.run, neo4j.Transaction.commit

    def running(self: neo4j.Transaction, *given: object, **more: object) -> object:
        killer.statement()
        return run(self, *given, **more)  # type: ignore[arg-type]

    def committing(self: neo4j.Transaction) -> None:
        commit(self)
        killer.committed()

    store, alone = Neo4jStore(owned.address()), EmbeddedStore(tmp_path / "alone")
    load_scenarios(alone, LOGS, batch=2)
    with monkeypatch.context() as patched:
        patched.setattr(neo4j.Transaction, "run", running)
        patched.setattr(neo4j.Transaction, "commit", committing)
        while killer.left:
            before = killer.left
            load_scenarios(store, LOGS, batch=2)
            if killer.left:  # everything is in: once more from nothing, with the kills that are left
                assert killer.left < before, "a load without a kill"
                same(store, alone)
                owned.wipe()
                store._kept.forget()
    assert killer.unheard
    same(store, alone)
    store.close()
    alone.close()


def same(store: Neo4jStore, alone: EmbeddedStore) -> None:
    assert list(store.export()) == list(alone.export())
    assert store.totals() == alone.totals()
    assert store.totals().events > 0
