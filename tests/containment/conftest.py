"""Scenarios and small incidents, loaded by the real ingest, with the plans for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roletrail import cli
from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_ports
from roletrail.settings import load
from roletrail.usecases.containment.case import Options
from roletrail.usecases.containment.plan import show_containment
from roletrail.usecases.containment.views import ContainmentView
from roletrail.usecases.ports import Ports
from roletrail.usecases.trace import trace
from tests.support.cloudtrail import Record

SCENARIOS = Path(__file__).parents[1] / "scenarios"


class Estate:
    """One store with what was loaded into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = f"sqlite:///{folder / 'roletrail.sqlite'}"
        self._ports: Ports | None = None
        self._files = 0

    def load(self, *paths: Path) -> None:
        self.close()
        arguments = ["ingest", "--workers", "1", *map(str, paths), "--store", self.store]
        try:
            code: object = cli.run(arguments)
        except SystemExit as stop:
            code = stop.code
        assert not code

    def add(self, records: list[Record]) -> None:
        """Newer logs."""
        self._files += 1
        file = self.folder / f"records-{self._files}.json"
        file.write_text(json.dumps({"Records": records}), "utf-8")
        self.load(file)

    @property
    def ports(self) -> Ports:
        if self._ports is None:
            self._ports = open_ports(load(store=self.store))
        return self._ports

    def id_of(self, thing: str) -> str:
        found = [
            one.id
            for one in trace(self.ports.graph, local_actor(), thing).candidates
            if one.entity_kind in ("session", "key", "origin")
        ]
        assert found, f"{thing} leads nowhere"
        return found[0]

    def plan(self, thing: str, options: Options | None = None, now: int | None = None) -> ContainmentView:
        return show_containment(self.ports, local_actor(), self.id_of(thing), options, now)

    def close(self) -> None:
        if self._ports is not None:
            self._ports.close()
            self._ports = None


@pytest.fixture(scope="session")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Estate]]:
    """A scenario folder's estate, loaded once a session: these tests only read."""
    loaded: dict[str, Estate] = {}

    def of(name: str) -> Estate:
        if name not in loaded:
            loaded[name] = Estate(tmp_path_factory.mktemp("estate"))
            loaded[name].load(*(path for path in (SCENARIOS / name).iterdir() if path.name != "expected.yaml"))
        return loaded[name]

    yield of
    for estate in loaded.values():
        estate.close()


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    yield made
    made.close()
