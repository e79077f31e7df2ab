"""A proxy between a client and a moto server that does what AWS and networks do on bad days.

Which request it hits is drawn from a seed; it stops after a number of hits, so that patience with bounds can win.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

KINDS = ("slow_down", "throttling", "internal", "reset", "half_body", "slow_body", "expired", "lost_answer", "no_heartbeat")
"""Those a proxy can make; duplicates, disorder and poison are made by whoever sends."""

_CODES = {
    "slow_down": (503, "SlowDown"),
    "throttling": (400, "ThrottlingException"),
    "internal": (500, "InternalError"),
    "expired": (400, "ExpiredToken"),
}
_HOP = {"connection", "transfer-encoding", "content-length", "server", "date"}


class Faults:
    def __init__(self, kind: str, seed: int, *, chance: float = 0.5, most: int = 4, silence: float = 1.5) -> None:
        self.kind = kind
        self.hits = 0
        self.url = ""
        self._dice = random.Random(f"{kind} {seed}")
        self._chance = chance
        self._most = {"slow_body": 1, "half_body": 2, "lost_answer": 2}.get(kind, most)  # each of these costs a time-out
        self._lock = threading.Lock()
        self.silence = silence

    def hit(self, target: str) -> str:
        """The fault this request meets, or ""."""
        with self._lock:
            if self.kind == "no_heartbeat":
                found = "ChangeMessageVisibility" in target
                self.hits += found
                return "internal" if found else ""
            if self.kind not in KINDS or self.hits >= self._most or self._dice.random() >= self._chance:
                return ""
            self.hits += 1
            return self.kind


@contextmanager
def proxy(upstream: str, faults: Faults) -> Iterator[str]:
    """URL of the proxy, for as long as it runs."""
    place = urlsplit(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes: the second would wait for the first to be acknowledged

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target = self.headers.get("X-Amz-Target", "")
            fault = faults.hit(target)
            if fault in _CODES:
                self._refuse(*_CODES[fault], as_json=bool(target))
                return
            if fault == "reset":
                self._break()
                return
            status, headers, answer = self._forward(body)
            if fault == "lost_answer":
                self._break()
                return
            self._send(status, headers, answer, fault)

        def __getattr__(self, name: str) -> Callable[[], None]:
            """Every method of HTTP alike."""
            if name.startswith("do_"):
                return self.do_any
            raise AttributeError(name)

        def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=30)
            try:
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

        def _send(self, status: int, headers: list[tuple[str, str]], body: bytes, fault: str) -> None:
            self.send_response(status)
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", lengths[0] if self.command == "HEAD" and lengths else str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            if fault in ("half_body", "slow_body"):
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                if fault == "slow_body":
                    time.sleep(faults.silence)
                self._break()
                return
            self.wfile.write(body)

        def _refuse(self, status: int, code: str, *, as_json: bool) -> None:
            text = json.dumps({"__type": code, "message": "not now"}) if as_json else f"<Error><Code>{code}</Code></Error>"
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0" if as_json else "application/xml")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        def _break(self) -> None:
            """A reset, not an orderly end."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):  # our own break, or the client's
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  a broken line is what this is for
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
