"""One real server over the sample incidents for the whole suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.served import SAMPLE, Served, ingest, serving


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    store = f"sqlite:///{tmp_path_factory.mktemp('api') / 'sample.sqlite'}"
    ingest(store, *sorted(SAMPLE.glob("*/AWSLogs")))
    return store


@pytest.fixture(scope="session")
def served(sample_store: str) -> Iterator[Served]:
    with serving(sample_store, sample=True) as found:
        yield found


@pytest.fixture(scope="session")
def reader(served: Served) -> Iterator[httpx.Client]:
    with served.reader() as client:
        yield client


@pytest.fixture(scope="session")
def alarm(reader: httpx.Client) -> dict[str, Any]:
    """A listed chain of three or more role sessions."""
    return reader.get("/api/v1/chains", params={"min_sessions": 3}).json()["items"][0]


@pytest.fixture(scope="session")
def every_route(served: Served) -> list[tuple[str, str]]:
    """(method, path) of everything the application serves."""
    return served.routes()
