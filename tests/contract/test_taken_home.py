"""The Cypher of a finding, run on a Neo4j store that holds what the finding was made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import LiteralString, cast

import pytest
from neo4j import GraphDatabase, Query

from roletrail.auth.actor import local_actor
from roletrail.detect.rules import RULES
from roletrail.detect.taken_home import Case, queries
from roletrail.ingest.run import ingest
from roletrail.stores.judging import FindingQuery
from roletrail.stores.neo4j import Address, Neo4jStore
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.findings.taking_home import case_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
HOSTILE = "it's \\ \" `x` \n// $$ {}"


@pytest.mark.parametrize("name", ["t04-three-accounts", "t49-no-role-session"])
def test_cypher_finds_the_same_again(name: str, empty_neo4j: Callable[[], Address], tmp_path: Path) -> None:
    place = empty_neo4j()
    logs = [str(path) for path in (SCENARIOS / name).iterdir() if path.suffix == ".json"]
    ingest(logs, open_store=lambda: Neo4jStore(place), archive=tmp_path, workers=1)
    store = Neo4jStore(place)
    try:
        evaluate(store, local_actor())
        found = store.findings(FindingQuery())[0]
        assert found
        told = [dict(queries(case_of(store, one)))["cypher"] for one in found]
        hostile = [
            dict(queries(Case(RULES[0].meta, HOSTILE, "high", roles, calls, HOSTILE, (), "", "")))["cypher"]
            for roles in ((), (HOSTILE, HOSTILE))
            for calls in ((), ((HOSTILE, HOSTILE),))
        ]
    finally:
        store.close()
    with GraphDatabase.driver(place.uri) as driver:
        assert all(driver.execute_query(Query(cast(LiteralString, text))).records for text in told)
        assert not any(driver.execute_query(Query(cast(LiteralString, text))).records for text in hostile)
