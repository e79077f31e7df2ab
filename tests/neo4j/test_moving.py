"""`roletrail copy` and `roletrail export graph`: the same graph, the same ledger, from either store, both ways."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest

from roletrail import cli
from roletrail.auth.actor import local_actor
from roletrail.errors import InvalidRequest
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import ArchiveFile, ChainQuery, GraphStore
from roletrail.usecases.loading.copying import copy_graph
from tests.neo4j_server.plugin import Wipe
from tests.support.neo4j_graphs import load_scenarios, log_files, parts_of

SCENARIOS = ("t22-juggling", "t40-updated", "t47-digests", "t33-launched", "t05-")


def whole(store: GraphStore) -> tuple[object, ...]:
    """All that a copy must keep: the graph, the ledger, what archive rows refer to, what is visible."""
    entries, _ = store.objects(1000)
    ledger = [entry._replace(ingested_at=0) for entry in sorted(entries)]
    locators = store.attempt_locators([(1 << 24) + number for number in range(200)])
    files = store.archive_files(), store.excluded_attempts()
    return list(store.export()), store.totals(), ledger, locators, files, store.quarantine_reasons(), store.digests()


def test_a_graph_moves_to_neo4j_and_back(tmp_path: Path, empty_neo4j: Wipe) -> None:
    first, last = EmbeddedStore(tmp_path / "first"), EmbeddedStore(tmp_path / "last")
    load_scenarios(first, SCENARIOS)
    first.commit([], [ArchiveFile("a/b.parquet", "20260601", "events", 3)], [77])
    middle = Neo4jStore(empty_neo4j())
    copied = copy_graph(first, middle, local_actor())
    assert copied.objects == first.totals().objects > 4
    assert whole(middle) == whole(first)
    copy_graph(middle, last, local_actor())
    assert whole(last) == whole(first)
    assert last.begin_run() > 1
    again = parts_of(list(log_files(SCENARIOS)), 9 << 24)
    for store in (middle, last):
        assert store.commit(again, []).committed == 0  # the ledger knows every object
    other = EmbeddedStore(tmp_path / "other")
    load_scenarios(other, ("t21-denied",))
    with pytest.raises(InvalidRequest, match="other objects"):
        copy_graph(first, other, local_actor())
    for store in (first, middle, last, other):
        store.close()


def test_the_role_map_and_a_lineage_are_written_alike(
    tmp_path: Path, empty_neo4j: Wipe, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    address = empty_neo4j()
    for name in ("archive", "app_db", "inventory"):
        monkeypatch.setenv(f"ROLETRAIL_{name.upper()}", str(tmp_path / name))
    stores = [f"sqlite:///{tmp_path / 'roletrail.sqlite'}", f"{address.uri}/{address.database}"]
    embedded, neo4j = EmbeddedStore(tmp_path / "roletrail.sqlite"), Neo4jStore(address)
    for store in (embedded, neo4j):
        load_scenarios(store, ("t22-juggling", "sample/key-to-persistence"))
    session = embedded.chains(ChainQuery(sort="sessions"))[0][0].id
    embedded.close()
    neo4j.close()

    def exported(*arguments: str) -> list[bytes]:
        found = []
        for store in stores:
            capfdbinary.readouterr()
            with pytest.raises(SystemExit) as ended:
                cli.run(["export", "graph", *arguments, "--store", store])
            assert not ended.value.code
            found.append(capfdbinary.readouterr().out)
        return found

    for arguments in ((), (session,)):
        mine, theirs = exported(*arguments, "--format", "json")
        made = nx.node_link_graph(json.loads(mine), edges="edges")
        assert same(made, nx.node_link_graph(json.loads(theirs), edges="edges"))
        xml, other = exported(*arguments)
        assert same(nx.parse_graphml(xml.decode()), nx.parse_graphml(other.decode()))
        assert set(nx.parse_graphml(xml.decode()).nodes) == set(made.nodes)
        assert len(made) > 1
    (role_map, _) = exported("--format", "json")
    assert [node for node in json.loads(role_map)["nodes"] if node.get("cycle")]


def same(one: nx.Graph, other: nx.Graph) -> bool:
    edges = [sorted((a, b, sorted(map(str, data.items()))) for a, b, data in graph.edges(data=True)) for graph in (one, other)]
    return dict(one.nodes(data=True)) == dict(other.nodes(data=True)) and edges[0] == edges[1]
