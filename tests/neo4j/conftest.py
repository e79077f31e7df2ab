"""A server of these tests' own, with authentication: they kill it, starve it and forbid it things."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.neo4j_server import plugin
from tests.neo4j_server.owned import Owned
from tests.neo4j_server.server import Server

LITTLE_MEMORY = "db.memory.transaction.max=4m\n"
"""What the server starts with: a few dozen small files do not fit into one transaction. Gone with the first restart."""


@pytest.fixture(scope="session")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    plugin.wanted()
    server = Server(tmp_path_factory.mktemp("neo4j-faults"), auth=True, more=LITTLE_MEMORY)
    server.start()
    server.set_password(Owned.password)
    yield Owned(server)
    server.kill()
