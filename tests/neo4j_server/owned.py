"""A server that a test may kill: who asks it, and how it comes back."""

from __future__ import annotations

import contextlib
import time

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from roletrail.stores.neo4j import Address
from tests.neo4j_server.server import START_SECONDS, Server


class Owned:
    password = "only-for-this-test"

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def url(self) -> str:
        return f"{self.server.uri}/neo4j"

    def address(self, *, user: str = "neo4j", password: str = password, database: str = "neo4j") -> Address:
        return Address(self.server.uri, database, user, password)

    def environment(self) -> dict[str, str]:
        return {"ROLETRAIL_STORE": self.url, "ROLETRAIL_NEO4J_PASSWORD": self.password}

    def restart(self, more: str = "") -> None:
        """SIGKILL, and up again with these settings besides."""
        self.server.kill()
        self.server.configure(more)
        self.server.start()

    def wait(self) -> None:
        """Until the database answers: its port opens before that."""
        end = time.monotonic() + START_SECONDS
        with self.driver() as driver:
            while time.monotonic() < end:
                with contextlib.suppress(DriverError, Neo4jError):
                    driver.execute_query("RETURN 1", database_="neo4j")
                    return
                time.sleep(0.2)
        raise AssertionError("the database does not answer")

    def driver(self) -> Driver:
        return GraphDatabase.driver(self.server.uri, auth=("neo4j", self.password))

    def wipe(self) -> None:
        self.wait()
        with self.driver() as driver:
            driver.execute_query("MATCH (n) WHERE NOT n:Migration DETACH DELETE n", database_="neo4j")
