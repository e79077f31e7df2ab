"""Running the server: a socket of our own first, so that a port in use is one clear sentence, then uvicorn."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path
from types import FrameType

import anyio.to_thread
import uvicorn
from rich.text import Text

from roletrail.asgi import create_app
from roletrail.auth.access import Access
from roletrail.auth.binding import url_of
from roletrail.bootstrap import gate_rules, open_oidc, open_ports
from roletrail.cli.console import out
from roletrail.errors import InvalidRequest, StoreUnavailable
from roletrail.settings import DEFAULT_STORE, Settings

TOKEN_DAYS = 30
THREADS = 4
"""Requests answered at once: each thread keeps a reading connection with a cache of its own."""
GRACE_SECONDS = 3


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises StoreUnavailable when the port is taken, InvalidRequest for no address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise InvalidRequest(f"{host} is no address of this machine: {error.strerror}.", hint="Use --host 127.0.0.1.") from error
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise StoreUnavailable(
                f"Port {port} is in use.", hint="Choose another: --port N (or PORT=N make demo); 0 takes a free one."
            ) from error
        raise StoreUnavailable(
            f"Cannot listen on {host} port {port}: {error.strerror}.", hint="Choose another --host or --port."
        ) from error
    return bound


def run(settings: Settings, *, sample: bool = False) -> None:
    """Serve until stopped. Prints one launch link and one curl line. `sample` marks the store for good."""
    bound = listen(settings.host, settings.port)
    port = bound.getsockname()[1]
    rules = gate_rules(settings, port)
    ports = open_ports(settings)
    access = Access(ports.app)
    try:
        access.app.claim_server()
        if sample:
            access.app.remember("sample", "yes")
        url = url_of(_shown_host(settings.host), port, settings.public_url)
        access.app.remember("url", url)
        _announce(settings, access, url)
        marked = replace(ports, sample=bool(access.app.recall("sample")))
        stopping = threading.Event()
        app = create_app(marked, access, rules, open_oidc(settings, ports.app, url), stopping)
        _serve(_Server(uvicorn.Config(app, **_QUIET), stopping), bound)
    finally:
        ports.close()
        bound.close()


# The access log would hold launch secrets; forwarded headers are nobody's to set here.
_QUIET: dict = {
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "ws": "none",
    "timeout_graceful_shutdown": GRACE_SECONDS,
    "h11_max_incomplete_event_size": 65_536,
}


class _Server(uvicorn.Server):
    """Says at once that it will stop: a stream that went on would be waited for, and then torn down with a traceback."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)


def _serve(server: uvicorn.Server, bound: socket.socket) -> None:
    async def serving() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        await server.serve(sockets=[bound])

    signal.signal(signal.SIGTERM, _end)
    anyio.run(serving)


def _end(_: int, __: FrameType | None) -> None:
    """uvicorn raises the signal that stopped it once more when all is done; what is open is still to be closed."""
    raise SystemExit(0)


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound


def _announce(settings: Settings, access: Access, url: str) -> None:
    console = out()
    if settings.insecure_no_auth:
        console.print(Text("No authentication: everybody who reaches this address sees everything.", style="bold white on red"))
        console.print(f"Open  {url}/")
        return
    token_file = write_token(access, settings.app_db_path)
    console.print(Text("Open  ", style="bold") + Text(f"{url}/launch?t={access.new_launch()}", style="underline"))
    another = "roletrail token launch" + ("" if settings.store == DEFAULT_STORE else f" --store {settings.store}")
    console.print(Text(f"      one use, ten minutes; `{another}` makes another", style="dim"))
    console.print(
        Text("Ask   ", style="bold")
        + Text(f'curl -H "Authorization: Bearer $(cat {token_file})" "{url}/api/v1/chains?min_sessions=3"')
    )


def write_token(access: Access, app_db: Path) -> Path:
    """A read token in a file only its owner can read; a fresh one for each server."""
    path = app_db.with_name(app_db.name + ".token")
    token = access.new_token("curl line", ["read"], "viewer", TOKEN_DAYS * 86_400)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")
    return path
