"""A Neo4j server that forbids, is killed and comes back, or is read-only: whoever runs Roletrail is told what to do.

One server of its own, with authentication. The tests go on from one another: the last one makes it read-only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from roletrail.bootstrap import open_graph
from roletrail.errors import InvalidRequest, RoletrailError, StoreUnavailable
from roletrail.ingest.linking import link_pending
from roletrail.stores.neo4j import Address, Neo4jStore
from roletrail.stores.neo4j.connection import explained
from roletrail.stores.port import StoreAway
from tests.neo4j_server import plugin
from tests.neo4j_server.server import Server
from tests.support.neo4j_graphs import log_files, parts_of

PASSWORD = "only-for-this-test"
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


def test_a_server_that_is_away_is_told_with_its_hour_and_comes_back(own_server: Server) -> None:
    store = Neo4jStore(address(own_server))
    store.commit(parts_of(list(log_files(["t22-juggling"]))), [])
    link_pending(store)
    held = list(store.export())
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
    own_server.start()
    assert list(store.export()) == held, "a SIGKILL took what was acknowledged"
    store.close()


def test_a_read_only_server_answers_and_says_that_it_takes_nothing(own_server: Server) -> None:
    restart(own_server, READ_ONLY)
    store = Neo4jStore(address(own_server))
    assert store.totals().events > 0
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.begin_run()
    store.close()


def test_errors_of_no_kind_we_know_are_still_sentences() -> None:
    error = explained(OSError("no route"), Address("neo4j://h:1", "neo4j", "", ""))
    assert isinstance(error, StoreAway)
