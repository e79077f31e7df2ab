"""A real server on a loopback port over a real store, and the ways to talk to it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from roletrail.asgi import application, create_app
from roletrail.auth.access import Access
from roletrail.auth.actor import Role
from roletrail.auth.binding import rules_for
from roletrail.auth.gate import GateRules
from roletrail.bootstrap import open_oidc, open_ports
from roletrail.cli.load import load_paths
from roletrail.cli.server import listen
from roletrail.settings import load
from roletrail.usecases.ports import Ports

SAMPLE = Path(__file__).parents[1] / "scenarios" / "sample"
NO_TLS = ssl.create_default_context()
"""Shared: loading the system's certificates for each client costs more than a request."""
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}


def ingest(store: str, *paths: Path) -> None:
    """Load and judge paths as the command does, without the second a process of its own takes to start."""
    summary = load_paths(load(store=store), [str(path) for path in paths], quiet=True)
    assert not summary.interrupted


@dataclass(frozen=True)
class Served:
    url: str
    access: Access
    port: int
    ports: Ports
    rules: GateRules

    def routes(self) -> list[tuple[str, str]]:
        """(method, path) of everything the application serves."""
        found: list[Any] = []
        for route in application(self.ports, self.access, self.rules).routes:
            included = getattr(route, "original_router", None)  # FastAPI keeps an included router as one route
            found += included.routes if included is not None else [route]
        return sorted((method, one.path) for one in found for method in one.methods or ())

    def token(self, *scopes: str, role: Role = "viewer") -> str:
        return self.access.new_token("test", scopes or ("read",), role, 3600)

    def client(self, token: str = "") -> httpx.Client:
        """A program: with a token, or (none given) with no credential at all."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS)

    def reader(self) -> httpx.Client:
        return self.client(self.token())

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """Somebody who opened a launch link."""
        with self.client() as client:
            answer = client.get("/launch", params={"t": self.access.new_launch()}, headers=NAVIGATION)
            assert answer.status_code == 303, answer.text
            yield client


@contextmanager
def serving(
    store: str,
    *,
    host: str = "127.0.0.1",
    public_url: str = "",
    no_auth: bool = False,
    sample: bool = False,
    strangers_a_minute: int = 0,
    calls_a_minute: int = 0,
    proxies: frozenset[str] = frozenset(),
) -> Iterator[Served]:
    settings = load(store=store)
    ports = open_ports(settings, sample=sample)
    access = Access(ports.app)
    bound = listen(host, 0)
    port = bound.getsockname()[1]
    rules = rules_for(host, port, public_url, no_auth=no_auth)
    rules = replace(rules, strangers_a_minute=strangers_a_minute, calls_a_minute=calls_a_minute, proxies=proxies)
    oidc = open_oidc(settings, ports.app, public_url or f"http://127.0.0.1:{port}")
    app = create_app(ports, access, rules, oidc)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", server_header=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 90
        while not server.started and time.monotonic() < end:
            time.sleep(0.01)
        assert server.started
        yield Served(f"http://127.0.0.1:{port}", access, port, ports, rules)
    finally:
        server.should_exit = True
        thread.join(10)
        ports.close()
