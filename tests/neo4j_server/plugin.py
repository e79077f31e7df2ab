"""One Neo4j server for a test run: `neo4j_server` starts it when first wanted, `empty_neo4j` hands out its address, wiped.

No server means failure. Only ROLETRAIL_SKIP_NEO4J=1, which CI never sets, leaves these tests out; ROLETRAIL_TEST_NEO4J_URI
names a server to use instead, and everything in it is deleted. Any notification of the server fails the test it came in.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

import pytest
from neo4j import GraphDatabase

from roletrail.stores.neo4j import Address
from tests.neo4j_server.server import Server

# Read at import: a developer's own ROLETRAIL_* settings are taken away from tests.
_URI = os.environ.get("ROLETRAIL_TEST_NEO4J_URI", "")
_LEFT_OUT = os.environ.get("ROLETRAIL_SKIP_NEO4J") == "1"
_SKIP = getattr(pytest, "skip")  # noqa: B009 - the one place that may: see the docstring


def wanted() -> None:
    """Skips, loudly, when a developer has said so."""
    if _LEFT_OUT:
        _SKIP("ROLETRAIL_SKIP_NEO4J=1: NOTHING OF NEO4J IS TESTED")


@pytest.fixture(scope="session")
def neo4j_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    wanted()
    if _URI:
        yield _URI
        return
    server = Server(tmp_path_factory.mktemp("neo4j"))
    server.start()
    yield server.uri
    server.kill()  # nobody reads it again: an orderly end takes a quarter of a minute


class Notifications(logging.Handler):
    """What the server has to say about our statements: nothing."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def neo4j_quiet() -> Iterator[None]:
    log, heard = logging.getLogger("neo4j.notifications"), Notifications()
    before = log.level
    log.addHandler(heard)
    log.setLevel(logging.DEBUG)
    yield
    log.removeHandler(heard)
    log.setLevel(before)
    assert heard.said == []


Wipe = Callable[[], Address]


@pytest.fixture
def empty_neo4j(neo4j_uri: str, neo4j_quiet: None) -> Iterator[Wipe]:
    """The address of the server's database, each time without a node; a store opened before is of no use after."""
    del neo4j_quiet
    with GraphDatabase.driver(neo4j_uri) as driver:

        def wipe() -> Address:
            driver.execute_query("MATCH (n) WHERE NOT n:Migration DETACH DELETE n", database_="neo4j")
            return Address(neo4j_uri, "neo4j", "", "")

        yield wipe
