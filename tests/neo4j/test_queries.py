"""graph_schema/queries: each runs on the sample without a word from the server, and finds what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString, cast

import pytest
from neo4j import Driver, GraphDatabase, Query

from roletrail.lineage.model import Action, Attempt, Edge, Node
from roletrail.resources import resource
from roletrail.stores.neo4j import Neo4jStore
from roletrail.stores.port import ChainQuery
from tests.neo4j_server.plugin import Wipe
from tests.support.neo4j_graphs import load_scenarios

QUERIES = sorted(resource("graph_schema/queries").glob("*.cypher"))
SCENARIOS = (
    "sample/key-to-persistence", "sample/ssrf-instance", "sample/instance-key-elsewhere", "t22-juggling", "t33-launched", "t21-denied", "t05-",
)  # fmt: skip


@pytest.fixture
def filled(empty_neo4j: Wipe) -> Iterator[tuple[Neo4jStore, Driver]]:
    address = empty_neo4j()
    store = Neo4jStore(address)
    load_scenarios(store, SCENARIOS)
    with GraphDatabase.driver(address.uri) as driver:
        yield store, driver
    store.close()


def parameters(store: Neo4jStore, said: list[tuple[str, Any]]) -> dict[str, Any]:
    """What there is in this graph to ask about."""
    longest = store.chains(ChainQuery(min_sessions=1, sort="sessions"))[0][0]
    root = store.rows([longest.standing.root])[longest.standing.root]
    users = [one for kind, one in said if kind == "node" and one.kind == "key" and store.descendants(one.id, 1)[0]]
    instances = {one.workload_id for kind, one in said if kind == "node" and one.workload == "instance"}
    doers = [one.identity for kind, one in said if kind == "action"]
    return {
        "session": longest.id, "root": root.node.label, "accessKeyId": users[0].access_key_ids[0], "instances": sorted(instances),
        "doer": doers[0], "limit": 1000,
    }  # fmt: skip


def test_each_query_finds_what_it_is_for(filled: tuple[Neo4jStore, Driver]) -> None:
    store, driver = filled
    said: list[tuple[str, Any]] = list(store.export())
    asked = parameters(store, said)
    found: dict[str, list[dict[str, Any]]] = {}
    for path in QUERIES:
        text = path.read_text("utf-8")
        assert text.startswith("// ")
        session = asked["doer"] if path.stem == "what_a_session_created" else asked["session"]
        rows: list[dict[str, Any]] = []
        for instance in asked["instances"] if "$instanceId" in text else [""]:
            given = {**asked, "session": session, "instanceId": instance}
            rows += [
                row.data() for row in driver.execute_query(Query(cast(LiteralString, text)), given, database_="neo4j").records
            ]
        found[path.stem] = rows
    nodes = {one.id: one for kind, one in said if kind == "node" and isinstance(one, Node)}
    edges = [one for _, one in said if isinstance(one, Edge)]
    chains = store.chains(ChainQuery(min_sessions=3, limit=1000))[0]
    assert {row["session"] for row in found["chains_of_three_or_more"]} == {chain.id for chain in chains}
    assert {row["root"] for row in found["who_is_behind_a_session"]} == {asked["root"]}
    assert len(found["chain_as_picture"]) == 1
    below = store.descendants(store.trace("access_key_id", asked["accessKeyId"], 5)[0].id, 1000)[0]
    assert {row["id"] for row in found["everything_behind_a_key"]} >= set(below)
    assert below
    assert {row["role"] for row in found["roles_reachable_from_an_instance"]} <= {node.role_arn for node in nodes.values()}
    assert found["roles_reachable_from_an_instance"]
    assert max(row["times"] for row in found["role_juggling"]) >= 3
    assert len({row["instance"] for row in found["instance_credentials_off_instance"]}) >= 1
    done = [one for _, one in said if isinstance(one, Action) and one.identity == asked["doer"]]
    assert len(found["what_a_session_created"]) == len(done)
    obtained = [e for e in edges if e.kind in {"ASSUMED", "FEDERATED", "SWITCHED", "DELIVERED"}]
    assert 0 < sum(row["sessions"] for row in found["role_map"]) <= len(obtained)
    assert {row["session"] for row in found["lost_parents"]} == set(store.lost(1000)[0])
    tried = [one for _, one in said if isinstance(one, Attempt)]
    assert sum(row["times"] for row in found["refused_attempts"]) == len(tried)
    assert len(found["weak_joins"]) == sum(e.confidence < 0.9 for e in edges)
    assert all(len(row["accounts"]) > 1 for row in (*found["cross_account_chains"], *found["shared_addresses"]))
    assert found["cross_account_chains"]


def test_the_projection_is_what_the_edges_come_to(filled: tuple[Neo4jStore, Driver]) -> None:
    """ASSUMED_ROLE is kept by what changed; counted from the sessions' own edges it must be the same."""
    _, driver = filled
    kept = (
        "MATCH (p:AWSPrincipal)-[a:ASSUMED_ROLE]->(r:AWSRole) RETURN p.arn, r.arn, a.count, a.first, a.last ORDER BY p.arn, r.arn"
    )
    counted = """
        MATCH (p:Subject)-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]->(c:Identity)
        WITH coalesce(p.roleArn, p.arn) AS principal, c.roleArn AS role, e WHERE principal IS NOT NULL AND role IS NOT NULL
        RETURN principal, role, count(e), min(e.at), max(e.at) ORDER BY principal, role
    """
    mine, theirs = ([row.values() for row in driver.execute_query(text, database_="neo4j").records] for text in (kept, counted))  # type: ignore[arg-type]
    assert mine == theirs
    assert mine


def test_the_readme_shows_the_model() -> None:
    folder = resource("graph_schema")
    readme = (folder / "README.md").read_text("utf-8")
    assert (folder / "model.svg").is_file()
    script = "".join(path.read_text("utf-8") for path in (folder / "neo4j").glob("*.cypher"))
    declared = script[script.index("CREATE (n\n") :]
    for name in declared.split("{")[0].replace("CREATE (n", "").split():
        assert f"`{name.removeprefix(':')}`" in readme, name
