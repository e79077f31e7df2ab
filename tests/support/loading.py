"""A store filled by the real `ingest` command, read through the real command line and the real API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from roletrail import cli
from roletrail.asgi import application
from roletrail.auth.access import Access
from roletrail.auth.gate import App, Gate, Scope
from roletrail.bootstrap import gate_rules, open_ports
from roletrail.errors import RoletrailError
from roletrail.settings import load


class Loaded:
    """One embedded store in a folder of its own."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[bytes]) -> None:
        self.folder = folder
        self.store = f"sqlite:///{folder / 'roletrail.sqlite'}"
        self._capture = capture

    def command(self, *arguments: str) -> bytes:
        """Output of a command that must succeed."""
        self._capture.readouterr()
        try:
            code: object = cli.run([*arguments, "--store", self.store])
        except SystemExit as stop:
            code = stop.code
        printed = self._capture.readouterr()
        assert not code, f"roletrail {' '.join(arguments)} ended with {code}: {printed.err.decode(errors='replace')}"
        return printed.out

    def ingest(self, *paths: Path) -> None:
        self.command("ingest", *map(str, paths))

    def chains(self, min_sessions: int = 1) -> list[Any]:
        printed = self.command("chains", "--all", "--json", "--full", "--min-sessions", str(min_sessions))
        return [json.loads(line) for line in printed.splitlines()]

    def trace(self, thing: str) -> Any:
        return json.loads(self.command("trace", "--json", thing))

    def show(self, id_: str) -> Any:
        return json.loads(self.command("show", "--json", id_))

    def coverage(self) -> Any:
        return json.loads(self.command("coverage", "--json"))

    def impact(self, id_: str) -> Any:
        return json.loads(self.command("impact", "--json", id_))

    def off_instance(self) -> Any:
        return json.loads(self.command("off-instance", "--json"))

    def contain(self, id_: str, *options: str) -> Any:
        return json.loads(self.command("contain", "--json", id_, *options))

    def findings(self) -> Any:
        return json.loads(self.command("findings", "--json"))

    def health(self) -> Any:
        return json.loads(self.command("health", "--json"))

    def ports(self) -> Any:
        return open_ports(load(store=self.store))


def _refuse(scope: Scope, error: RoletrailError, status: int) -> App:
    raise AssertionError(f"{scope['path']} was refused with {status}: {error}")


class Api:
    """The API over the same store, without a socket. Routes are built once for all: that takes longer than most scenarios."""

    _routes: FastAPI | None = None

    def __init__(self, loaded: Loaded) -> None:
        settings = load(store=loaded.store, insecure_no_auth=True)
        self._ports = open_ports(settings)
        self._access = Access(self._ports.app)
        rules = gate_rules(settings, 8321)
        if Api._routes is None:
            Api._routes = application(self._ports, self._access, rules)
        transport = httpx.ASGITransport(app=Gate(Api._routes, self._access, rules, _refuse))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321")
        self._loop = asyncio.Runner()

    def _ask(self, path: str, parameters: dict[str, str | int]) -> httpx.Response:
        assert Api._routes is not None
        Api._routes.state.ports = self._ports
        return self._loop.run(self._client.get(f"/api/v1/{path}", params=parameters))

    def get(self, path: str, **parameters: str | int) -> Any:
        answer = self._ask(path, parameters)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def status(self, path: str) -> int:
        return self._ask(path, {}).status_code

    def every(self, path: str, **parameters: str | int) -> list[Any]:
        """All items of a paged list."""
        items: list[Any] = []
        after = ""
        while True:
            page = self.get(path, **parameters, **({"after": after} if after else {}))
            items += page["items"]
            after = page["next"]
            if not after:
                return items

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()
        self._ports.close()


def ids_of(trace: Any) -> Sequence[str]:
    """Sessions, keys and origins a trace leads to."""
    return [found["id"] for found in trace["candidates"] if found["entity_kind"] in ("session", "key", "origin")]
