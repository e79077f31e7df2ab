"""Stores that an earlier Roletrail wrote are brought to today's layout when opened, and what the layout now holds is made up for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from neo4j import GraphDatabase

from roletrail.ingest.linking import link_pending
from roletrail.lineage.model import Action, Alias, Node, SignIn
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import GraphStore
from tests.neo4j_server.plugin import Wipe
from tests.scenarios.recipes import body, load_all
from tests.support.core import reduced
from tests.support.served import SAMPLE, ingest

PROVED = ("20261102.e0000000-0000-4000-8000-000000000002",)
"""The service's call. The key's own call is found when linking looks again."""


def _forward_access(store: GraphStore) -> None:
    content = load_all()["t10-forward-access-of-a-key"]()["events.json"]
    store.commit([reduced([body(content)[len(b'{"Records": [') :].rpartition(b"]")[0]])], [])
    link_pending(store)


def _key(store: GraphStore) -> str:
    (hit,) = store.trace("access_key_id", "AKIAIEXAMPLEXXXAKIA1", 9)
    return hit.id


def _regraded(store: GraphStore) -> None:
    """The lower grade of the rule at first; the right one, with its proof, once linking has looked again."""
    key = _key(store)
    (first,) = store.same_as(key, 9)
    assert (first.target, first.rule, first.confidence, first.evidence) == (key, "J7", 0.70, PROVED)
    link_pending(store)
    (then,) = store.same_as(key, 9)
    assert then == Alias(first.id, key, "J7", 0.85, ("20261102.e0000000-0000-4000-8000-000000000001", *PROVED))


def test_aliases_of_an_embedded_store_get_a_grade(tmp_path: Path) -> None:
    path = tmp_path / "graph.sqlite3"
    store = EmbeddedStore(path)
    _forward_access(store)
    store.close()
    _take_back(path, 5)
    store = EmbeddedStore(path)
    try:
        _regraded(store)
    finally:
        store.close()


def _take_back(path: Path, version: int) -> None:
    """The file as the layout of that number had it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, column, index in (
            ("action", "name", "action_name"),
            ("sign_in", "name", "sign_in_name"),
            ("node", "workload", "node_workload"),
        ):
            connection.execute(f"DROP INDEX {index}")
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        if version < 6:
            for column in ("rule", "confidence", "evidence"):
                connection.execute(f"ALTER TABLE alias DROP COLUMN {column}")
        connection.execute(f"PRAGMA user_version = {version}")


def test_what_was_stored_before_there_were_names_is_found_by_them(tmp_path: Path) -> None:
    path = tmp_path / "graph.sqlite3"
    ingest(f"sqlite:///{path}", SAMPLE)

    def named() -> tuple[list[Action], list[SignIn], list[Node]]:
        with closing(EmbeddedStore(path)) as store:
            return (
                store.actions_named({"CreateAccessKey", "StopLogging"}),
                store.sign_ins_named({"ConsoleLogin", "Authenticate", "Federate"}),
                store.workload_nodes(),
            )

    written = named()
    assert all(written)
    _take_back(path, 6)
    assert named() == written


def test_aliases_of_a_neo4j_store_get_a_grade(empty_neo4j: Wipe) -> None:
    address = empty_neo4j()
    store = Neo4jStore(address)
    _forward_access(store)
    store.close()
    with GraphDatabase.driver(address.uri) as driver:
        for before in ("MATCH ()-[a:ALIAS_OF]->() SET a = {}", "MATCH (m:Migration) WHERE m.number > 1 DELETE m"):
            driver.execute_query(before, database_="neo4j")
    store = Neo4jStore(address)
    try:
        _regraded(store)
    finally:
        store.close()
