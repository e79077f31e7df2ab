"""SIGKILL of the server while a load writes, and of the loader: what was acknowledged is there, and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import DriverError, Neo4jError, ServiceUnavailable

from roletrail.ingest.run import ingest
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.neo4j.statements import statements
from tests.neo4j_server.owned import Owned
from tests.neo4j_server.server import ROOT
from tests.support.counts import repetitions
from tests.support.neo4j_graphs import load_scenarios
from tests.support.served import SAMPLE

LOGS = ("t22-juggling", "t33-launched", "t40-updated", "t05-")
LEAST, MOST = 10, 60
"""Statements between two kills; a commit with its linking is some ninety."""
ADDRESSES = statements("commit")["write_addresses"]


class Killer:
    """Stands between the driver and the server, and kills it in turn after a commit that nobody heard succeed, in the middle
    of a statement, and before one."""

    def __init__(self, owned: Owned, kills: int, seed: int) -> None:
        self._owned = owned
        self._dice = random.Random(seed)
        self.left = kills
        self.unheard = self.amid = 0
        self._wait = self._dice.randrange(LEAST, MOST)

    def statement(self, statement: str, rows: list[Any]) -> AbstractContextManager[None]:
        self._wait -= 1
        due = self._wait <= 0 and self.left
        if due and self.left % 3 == 1:
            self._kill()
        if due and self.left % 3 == 2 and statement == ADDRESSES:
            return self._amid(rows[-1]["address"])
        return nullcontext()

    def committed(self) -> None:
        if self._wait <= 0 and self.left and self.left % 3 == 0:
            self._kill()
            self.unheard += 1
            raise ServiceUnavailable("killed before it could say so")

    @contextmanager
    def _amid(self, address: str) -> Generator[None]:
        """Somebody else holds the last node that the statement is about: the server waits there, the others done, and is killed."""
        with self._owned.driver() as driver, driver.session(database="neo4j") as session, session.begin_transaction() as held:
            held.run("MERGE (a:SourceAddress {address: $address}) SET a.address = $address", {"address": address}).consume()
            killing = threading.Thread(target=self._kill_when_blocked, args=(driver,))
            killing.start()
            try:
                yield
            finally:
                killing.join()
                with suppress(DriverError, Neo4jError):
                    held.close()
                self._kill()

    def _kill_when_blocked(self, driver: neo4j.Driver) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = driver.execute_query("SHOW TRANSACTIONS YIELD status, currentQuery", database_="neo4j").records
            if any(status.startswith("Blocked") and query.strip() == ADDRESSES for status, query in found):
                self.amid += 1
                break
            time.sleep(0.02)
        self._owned.server.kill()

    def _kill(self) -> None:
        self.left -= 1
        self._wait = self._dice.randrange(LEAST, MOST)
        self._owned.restart()


def test_killed_servers_lose_nothing_and_double_nothing(owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owned.restart()
    owned.wipe()
    killer = Killer(owned, repetitions("neo4j_kills"), seed=7)
    run, commit = neo4j.Transaction.run, neo4j.Transaction.commit

    def running(self: neo4j.Transaction, statement: str, given: dict[str, Any]) -> Any:
        with killer.statement(statement, given.get("rows", [])):
            return run(self, statement, given)  # type: ignore[arg-type]

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
    assert killer.amid
    same(store, alone)
    store.close()
    alone.close()


def test_killed_loaders_lose_nothing_and_double_nothing(owned: Owned, tmp_path: Path) -> None:
    """Each a process of its own, which dies while the server is at a statement of its; the last one is left alone."""
    owned.wipe()
    logs, archive, dice = SAMPLE / "ssrf-instance", tmp_path / "archive", random.Random(11)
    environment = os.environ | owned.environment()

    def load(statements: int) -> int:
        command = [sys.executable, "-m", "tests.neo4j.killed_loader", str(logs), str(archive), str(statements)]
        return subprocess.run(command, env=environment, cwd=ROOT, check=False, timeout=300).returncode

    for _ in range(repetitions("neo4j_loader_kills")):
        assert load(dice.randrange(LEAST, MOST)) == -signal.SIGKILL
    assert load(0) == 0
    ingest([str(logs)], open_store=lambda: EmbeddedStore(tmp_path / "alone"), archive=tmp_path / "beside", workers=1)
    store, alone = Neo4jStore(owned.address()), EmbeddedStore(tmp_path / "alone")
    same(store, alone)
    store.close()
    alone.close()


def same(store: Neo4jStore, alone: EmbeddedStore) -> None:
    assert list(store.export()) == list(alone.export())
    assert store.totals() == alone.totals()
    assert store.totals().events > 0
