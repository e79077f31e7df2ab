"""What a running ingest says of itself over HTTP: /metrics for Prometheus and /health for whoever restarts containers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from roletrail.errors import InvalidRequest, StoreUnavailable
from roletrail.usecases.chains.present import iso

SILENT_SECONDS = 300
"""Without a word from the feed for this long, something hangs."""


class Heard(NamedTuple):
    """One look for new objects and what came of it."""

    objects: int = 0
    taken: int = 0
    doubles: int = 0
    quarantined: int = 0
    deleted: int = 0
    kept: int = 0
    lag: float = 0.0
    seconds: float = 0.0
    trouble: str = ""


class Gauges:
    """Counts since the start. `silent` is how long the feed may say nothing: a schedule's interval, and some."""

    def __init__(self, silent: float = SILENT_SECONDS) -> None:
        self.registry = CollectorRegistry()
        self._silent = silent
        self._lock = threading.Lock()
        self._last = time.time()
        self._trouble = ""
        self._lag = 0.0

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"roletrail_ingest_{name}", what, labels, registry=self.registry)

        self._events = counter("events", "Events taken in")
        self._doubles = counter("doubles", "Events that were in already")
        self._objects = counter("objects", "Objects looked at")
        self._quarantined = counter("quarantined", "Records and objects set aside")
        self._messages = counter("messages", "Queue messages by outcome", "outcome")
        self._troubles = counter("troubles", "Rounds that failed and are tried again")
        self._seconds = Histogram("roletrail_ingest_round_seconds", "Time of a round that took objects", registry=self.registry)
        self._lag_gauge = Gauge("roletrail_ingest_lag_seconds", "Age of the oldest object when it was in", registry=self.registry)
        self._last_gauge = Gauge(
            "roletrail_ingest_last_look_seconds", "Time of the last look, epoch seconds", registry=self.registry
        )

    def heard(self, round_: Heard) -> None:
        with self._lock:
            self._last = time.time()
            self._trouble = round_.trouble
            if round_.objects:
                self._lag = round_.lag
        self._last_gauge.set_to_current_time()
        self._events.inc(round_.taken)
        self._doubles.inc(round_.doubles)
        self._objects.inc(round_.objects)
        self._quarantined.inc(round_.quarantined)
        self._messages.labels("deleted").inc(round_.deleted)
        self._messages.labels("kept").inc(round_.kept)
        if round_.trouble:
            self._troubles.inc()
        if round_.objects:
            self._seconds.observe(round_.seconds)
            self._lag_gauge.set(round_.lag)

    def health(self) -> tuple[bool, dict[str, object]]:
        with self._lock:
            late = time.time() - self._last > self._silent
            trouble = f"Nothing was heard for {self._silent:.0f} seconds." if late else self._trouble
            return not trouble, {
                "status": "trouble" if trouble else "ok",
                "detail": trouble,
                "last_look": iso(int(self._last)),
                "lag_seconds": round(self._lag, 1),
            }


@contextmanager
def serving(gauges: Gauges, address: str) -> Iterator[str]:
    """Serve at HOST:PORT until the end; gives the URL. Raises InvalidRequest, or StoreUnavailable when the port is taken."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65_535:
        raise InvalidRequest(f"{address[:60]!r} is no HOST:PORT.", hint="Write 127.0.0.1:9464.")
    try:
        server = ThreadingHTTPServer((host.strip("[]") or "127.0.0.1", int(port)), _handler(gauges))
    except OSError as error:
        raise StoreUnavailable(f"Cannot listen on {address}: {error.strerror}.", hint="Choose another --listen.") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(gauges: Gauges) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "roletrail"
        sys_version = ""
        timeout = 10

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(gauges.registry))
            elif self.path == "/health":
                well, said = gauges.health()
                self._answer(200 if well else 503, "application/json", json.dumps(said).encode())
            else:
                self._answer(404, "text/plain", b"/metrics and /health are here.\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """A line for every scrape helps nobody."""

    return Handler
