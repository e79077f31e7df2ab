"""A Neo4j server that is away, forbidding, read-only, short of memory, or killed while a load runs.

One server of its own, with authentication, restarted for each fault that its settings make. What a load had acknowledged is
there after a SIGKILL, nothing doubles, and whoever runs it is told what to do.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roletrail.bootstrap import open_graph
from roletrail.errors import InvalidRequest, RoletrailError, StoreUnavailable
from roletrail.ingest.linking import link_pending
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Address, Neo4jStore
from roletrail.stores.neo4j.connection import explained
from roletrail.stores.port import StoreAway
from tests.neo4j_server import plugin
from tests.neo4j_server.server import Server
from tests.support.counts import repetitions
from tests.support.neo4j_graphs import log_files, parts_of

ROOT = Path(__file__).parents[2]
PASSWORD = "only-for-this-test"
LOGS = "sample/company-noise"
SMALL_POOL = "dbms.memory.transaction.total.max=12m\n"
READ_ONLY = "server.databases.default_to_read_only=true\n"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    plugin.wanted()
    server = Server(tmp_path_factory.mktemp("neo4j-faults"), auth=True)
    server.start()
    server.set_password(PASSWORD)
    yield server
    server.stop()


def address(server: Server, *, user: str = "neo4j", password: str = PASSWORD, database: str = "neo4j") -> Address:
    return Address(server.uri, database, user, password)


def restart(server: Server, more: str = "") -> None:
    server.kill()
    server.configure(more)
    server.start()


def told(error: RoletrailError) -> str:
    return f"{error.detail} {error.hint}"


@pytest.mark.parametrize(
    ("user", "password", "database", "says"),
    [
        ("neo4j", "wrong-password", "neo4j", "ROLETRAIL_NEO4J_PASSWORD"),
        ("", "", "neo4j", "ROLETRAIL_NEO4J_PASSWORD"),
        ("neo4j", PASSWORD, "elsewhere", "no database of this name"),
    ],
)
def test_who_asks_wrongly_is_told_what_to_set(own_server: Server, user: str, password: str, database: str, says: str) -> None:
    with pytest.raises(StoreUnavailable) as failed:
        Neo4jStore(address(own_server, user=user, password=password, database=database))
    assert says in told(failed.value)
    assert password == "" or password not in told(failed.value)


@pytest.mark.parametrize(
    "url", ["neo4j://neo4j:secret@127.0.0.1:7687/neo4j", "neo4j://h:1/a/b", "neo4j:///x", "bolt://h:1/a?b=c"]
)
def test_a_url_with_credentials_is_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(InvalidRequest) as failed:
        open_graph(url, create=True)
    assert "secret" not in told(failed.value)


def test_a_batch_too_large_for_the_servers_memory_is_halved(own_server: Server, tmp_path: Path) -> None:
    restart(own_server, SMALL_POOL)
    store, alone = Neo4jStore(address(own_server)), EmbeddedStore(tmp_path / "alone")
    parts = parts_of(list(log_files([LOGS])))
    tries: list[int] = []
    write = store._connection.write
    store._connection.write = lambda work: (tries.append(1), write(work))[1]  # type: ignore[method-assign, func-returns-value]
    for one in (store, alone):
        assert one.commit(parts, []).committed == len(parts)
        link_pending(one)
    assert len(tries) > 1, "the pool was large enough for everything at once"
    assert list(store.export()) == list(alone.export())
    store.close()
    alone.close()


def test_a_read_only_server_answers_and_says_that_it_takes_nothing(own_server: Server) -> None:
    restart(own_server, READ_ONLY)
    store = Neo4jStore(address(own_server))
    assert store.totals().events > 0
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.begin_run()
    store.close()


@pytest.fixture
def environment(own_server: Server, tmp_path: Path) -> dict[str, str]:
    mine = {
        "ROLETRAIL_STORE": f"{own_server.uri}/neo4j",
        "ROLETRAIL_NEO4J_PASSWORD": PASSWORD,
        **{f"ROLETRAIL_{name}": str(tmp_path / name.lower()) for name in ("ARCHIVE", "APP_DB", "INVENTORY")},
    }
    return {**os.environ, **mine}


def test_killed_servers_lose_nothing_that_was_acknowledged(
    own_server: Server, environment: dict[str, str], tmp_path: Path
) -> None:
    """The load waits for the server, or ends and says so; started again it goes on, and comes to the same graph."""
    restart(own_server)
    wipe(own_server)
    command = [sys.executable, "-m", "roletrail", "ingest", "--json", str(ROOT / "tests" / "scenarios" / LOGS)]
    dice, kills, runs = random.Random(7), repetitions("neo4j_kills"), 0
    while True:
        runs += 1
        load = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        while kills and load.poll() is None:
            time.sleep(0.5 + dice.random() * 2.5)
            if load.poll() is None:
                kills -= 1
                restart(own_server)
        _, said = load.communicate(timeout=240)
        if load.returncode == 0 and not kills:
            break
        assert load.returncode in {0, StoreUnavailable.exit_code}, said
        assert load.returncode == 0 or "loading again goes on" in said
        if load.returncode == 0:
            wipe(own_server)
        assert runs < 30
    alone = EmbeddedStore(tmp_path / "alone")
    assert alone.commit(parts_of(list(log_files([LOGS]))), []).overlaps == ()
    link_pending(alone)
    store = Neo4jStore(address(own_server))
    assert list(store.export()) == list(alone.export())
    assert store.totals().events == alone.totals().events
    store.close()
    alone.close()


def wipe(server: Server) -> None:
    store = Neo4jStore(address(server))
    store._connection.write(lambda cypher, _: cypher.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n"))
    store.close()


def test_a_server_that_is_away_is_told_with_its_hour_and_comes_back(own_server: Server) -> None:
    store = Neo4jStore(address(own_server))
    before = int(time.time())
    own_server.kill()
    moments: list[int] = []
    for _ in range(2):
        with pytest.raises(StoreAway) as failed:
            store.totals()
        moments.append(failed.value.since)
        assert "Start it" in told(failed.value)
    assert before <= moments[0] == moments[1] <= time.time()
    with pytest.raises(StoreAway):
        Neo4jStore(address(own_server))
    starting = threading.Thread(target=own_server.start)
    starting.start()
    starting.join()
    assert store.totals().events >= 0
    store.close()


def test_errors_of_no_kind_we_know_are_still_sentences() -> None:
    error = explained(OSError("no route"), Address("neo4j://h:1", "neo4j", "", ""))
    assert isinstance(error, StoreAway)
