"""graph_schema/neo4j in a real server: applied once, refused when newer, and every statement served by an index, unremarked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from roletrail.errors import SchemaMismatch
from roletrail.resources import resource
from roletrail.stores.neo4j import Neo4jStore, statements
from tests.neo4j_server.plugin import Wipe

SCRIPTS = sorted(resource("graph_schema/neo4j").glob("*.cypher"))
DECLARED = re.compile(r"CREATE (?:TEXT )?(?:INDEX|CONSTRAINT) (\w+) IF NOT EXISTS")


def test_what_the_scripts_declare_is_there_once(empty_neo4j: Wipe) -> None:
    address = empty_neo4j()
    for _ in range(2):
        Neo4jStore(address).close()
    declared = {name for script in SCRIPTS for name in DECLARED.findall(script.read_text("utf-8"))}
    with GraphDatabase.driver(address.uri) as driver:
        names = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"
        there = {row[0] for row in driver.execute_query(names, database_="neo4j").records}
        applied = driver.execute_query("MATCH (m:Migration) RETURN m.number, m.name ORDER BY m.number", database_="neo4j").records
    assert declared == there
    assert [tuple(row) for row in applied] == [(number, path.stem) for number, path in enumerate(SCRIPTS, 1)]


def test_a_newer_layout_is_refused(empty_neo4j: Wipe) -> None:
    address = empty_neo4j()
    Neo4jStore(address).close()
    with GraphDatabase.driver(address.uri) as driver:
        driver.execute_query("CREATE (:Migration {number: 99, name: 'later', checksum: ''})", database_="neo4j")
        try:
            with pytest.raises(SchemaMismatch, match="newer Roletrail"):
                Neo4jStore(address)
        finally:
            driver.execute_query("MATCH (m:Migration {number: 99}) DELETE m", database_="neo4j")


ALLOWED_SCANS = {
    # One answer about the whole database, asked for as such.
    "reads": {"objects", "quarantined", "waiting", "lost_total", "role_pairs", "accounts"},
    "judged": {
        "sweep_unjudged",
        "sweep_findings",
        "sweep_habits",
        "forget_findings",
        "forget_habits",
        "touch_all",
        "workloads",
        "workload_ids",
        "counts",
        "by_time",
    },
    "ledger": {"coverage", "excluded", "reasons", "span", "files"},
    "commit": {"all_hashes"},
    "linking": {"pending"},
    "chains": {"count_crossing", "crossing"},
    "store": {"applied", "is_empty"},
}


@pytest.mark.parametrize("name", [name for name in statements.files() if name != "carry"])
def test_every_statement_is_served_by_an_index_and_unremarked(name: str, empty_neo4j: Wipe) -> None:
    """Notifications of the server fail the fixture; a scan of all nodes of a label would not bear a large graph."""
    address = empty_neo4j()
    Neo4jStore(address).close()
    scanning: set[str] = set()
    with GraphDatabase.driver(address.uri) as driver:
        for title, text in statements.statements(name).items():
            parameters = dict.fromkeys(re.findall(r"\$(\w+)", text)) | {"rows": [], "limit": 5, "skip": 0}
            plan = driver.execute_query(f"EXPLAIN {text}", parameters, database_="neo4j").summary.plan
            if "NodeByLabelScan" in str(plan) or "AllNodesScan" in str(plan):
                scanning.add(title)
    assert scanning <= ALLOWED_SCANS.get(name, set())


STARTING_AT = re.compile(r"^ *MATCH \((\w*)[^()]*\{[^()]*\)<?-\[.*$", re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in statements.files() if name != "carry"])
def test_what_starts_at_a_key_says_so(name: str) -> None:
    """Left to itself, a server that planned on the counts of an empty database may begin at the other end of a relationship, and go
    on so while it grows: 18 ms for the credentials of one identity, of 43,000."""
    for title, text in statements.statements(name).items():
        for found in STARTING_AT.finditer(text):
            node, after = found[1], text[found.end() :].lstrip()
            assert after.startswith(f"USING INDEX {node}:"), f"{name}.{title}: {found[0]}"


def test_statements_hold_parameters_only() -> None:
    for name in statements.files():
        text = (Path(statements.__file__).parent / "cypher" / f"{name}.cypher").read_text("utf-8")
        assert "%" not in text
        assert list(statements.statements(name)) == re.findall(r"^// (\w+)$", text, re.MULTILINE)
