"""ASSUMED_ROLE is kept by what each transaction changed. Counted anew from the sessions' own edges it must be the same, always."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import LiteralString

import pytest
from neo4j import Driver, GraphDatabase

from roletrail.lineage.model import Alias, Edge, Linked, Node
from roletrail.stores.neo4j import Address, Neo4jStore
from tests.neo4j_server.plugin import Wipe
from tests.support.counts import repetitions
from tests.support.worlds import START, Identity, node_of

KEPT = "MATCH (p:AWSPrincipal)-[a:ASSUMED_ROLE]->(r:AWSRole) RETURN p.arn, r.arn, a.count, a.first, a.last ORDER BY p.arn, r.arn"
COUNTED = """
    MATCH (p:Identity)-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]->(c:Identity)
    WITH coalesce(p.roleArn, p.arn) AS principal, c.roleArn AS role, e WHERE principal IS NOT NULL AND role IS NOT NULL
    RETURN principal, role, count(e), min(e.at), max(e.at) ORDER BY principal, role
"""
IDENTITIES = [f"{n:02}" for n in range(14)]


@pytest.fixture
def estate(empty_neo4j: Wipe) -> Iterator[tuple[Neo4jStore, Driver]]:
    address = empty_neo4j()
    store = Neo4jStore(address)
    with GraphDatabase.driver(address.uri) as driver:
        yield store, driver
    store.close()


def drawn(random: Random, id_: str) -> Node:
    """A session of one of three roles, a user's key with an ARN, or something no record names: whatever role it had before."""
    kind = ("session", "session", "session", "key", "origin")[int(id_) % 5]
    role = random.choice(("Deploy", "Admin", "Reader", "")) if kind == "session" else ""
    one = Identity(
        id_, kind, "111111111111", role, f"n{id_}", START, (f"AKIAEXAMPLE{id_}",), "", bool(role), "", 1.0, True, (), ""
    )
    arn = f"arn:aws:iam::111111111111:user/{random.choice('ab')}"
    return node_of(one)._replace(detail=f'{{"arn":"{arn}"}}' if kind == "key" else "")


def below(random: Random, child: str) -> tuple[Edge, ...]:
    """From earlier ones, whether or not anything is known of these yet."""
    parents = random.sample(IDENTITIES[: int(child)], min(int(child), random.randrange(3)))
    kinds = ("ASSUMED", "DELIVERED", "SWITCHED", "CREATED")
    return tuple(
        Edge(
            random.choice(kinds),
            parent,
            child,
            "",
            "",
            START + random.randrange(9),
            "J1",
            0.9,
            (str(random.random()),),
            "",
            "",
            "",
        )
        for parent in parents
    )


def step(random: Random) -> list[Linked]:
    some = random.sample(IDENTITIES, random.randrange(1, 6))
    found: list[Linked] = []
    for id_ in some:
        if random.random() < 0.15:
            found.append(Linked(drawn(random, id_), (), (), (), Alias(id_, "another", "J7", 0.85, ("e",))))
        else:
            found.append(Linked(drawn(random, id_), below(random, id_), (), ()))
    return found


@pytest.mark.parametrize("seed", range(repetitions("projections")))
def test_any_changes_leave_what_the_edges_come_to(estate: tuple[Neo4jStore, Driver], seed: int) -> None:
    store, driver = estate
    random, seen = Random(seed), 0
    for number in range(25):
        with store.linking() as writer:
            writer.put_linked(step(random))
        kept, counted = (
            [row.values() for row in driver.execute_query(text, database_="neo4j").records] for text in (KEPT, COUNTED)
        )
        assert kept == counted, number
        seen += len(kept)
    assert seen


def test_a_store_of_before_is_counted_anew_once(estate: tuple[Neo4jStore, Driver], neo4j_uri: str) -> None:
    store, driver = estate

    def ask(text: LiteralString) -> list[list[object]]:
        return [row.values() for row in driver.execute_query(text, database_="neo4j").records]

    random = Random(2)
    while len(right := ask(KEPT)) < 4:
        with store.linking() as writer:
            writer.put_linked(step(random))
    for spoiled in (
        "MATCH ()-[a:ASSUMED_ROLE]->() WITH a ORDER BY a.first, a.last SKIP 2 SET a.count = a.count + 7, a.first = 1, a.last = 2",
        "MATCH ()-[a:ASSUMED_ROLE]->() WITH a ORDER BY a.first, a.last LIMIT 1 DELETE a",
        "MATCH (r:AWSRole) WITH r LIMIT 1 CREATE (:AWSPrincipal {arn: 'gone'})-[:ASSUMED_ROLE {count: 3, first: 1, last: 2}]->(r)",
        "MERGE (p:AWSPrincipal {arn: 'arn:aws:iam::222222222222:role/other'}) CREATE (p)-[:ASSUMED_ROLE {times_used: 4}]->(:AWSRole)",
        "MATCH (m:Migration {number: 3}) DELETE m",
    ):
        ask(spoiled)
    assert ask(KEPT) != right
    Neo4jStore(Address(neo4j_uri, "neo4j", "", "")).close()
    theirs = "MATCH ()-[a:ASSUMED_ROLE {times_used: 4}]->() RETURN a.count"
    assert ask(theirs) == [[None]]
    ask("MATCH ()-[a:ASSUMED_ROLE {times_used: 4}]->() DELETE a")
    assert ask(KEPT) == right == ask(COUNTED)
