"""Webhooks against a real receiver: signed, tried again, never told twice, dead letters kept."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from roletrail.alerts.destinations import IDEMPOTENCY, SIGNATURE, TIMESTAMP, destinations, signature
from roletrail.alerts.outbox import LONGEST_WAIT, MOST_ATTEMPTS, Outbox
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.errors import InvalidRequest
from roletrail.usecases.findings.delivering import Kept, Outward, retry_dead, send_findings, show_deliveries
from tests.support.loading import Loaded

SECRET = "a key of the tests"
LOGS = Path(__file__).parents[1] / "scenarios" / "t49-no-role-session" / "events.json"


class Receiver:
    """Answers as `answers` says, in turn; the last again and again. Like a careful receiver it keeps one of each key."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.kept: dict[str, dict[str, Any]] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = dict(self.headers.items())
                receiver.asked.append((headers, body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                if answer < 300:
                    receiver.kept[headers[IDEMPOTENCY]] = json.loads(body)
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Clock:
    def __init__(self) -> None:
        self.at = 1_794_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], clock: Clock) -> Iterator[Kept]:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(LOGS)
    ports = loaded.ports()
    app = AppDatabase(tmp_path / "other.app", clock)
    yield Kept(ports.graph, app)
    app.close()
    ports.close()


def outward(receiver: Receiver, kind: str = "webhook") -> Outward:
    return Outward(tuple(destinations(f"{kind}:{receiver.url}")), "https://roletrail.example", secret=SECRET)


def test_a_receiver_that_fails_half_the_time_hears_everything_once(kept: Kept, clock: Clock) -> None:
    receiver = Receiver(*(503, 200) * 50)
    try:
        rounds = 0
        while True:
            view = send_findings(kept, local_actor(), outward(receiver))
            rounds += 1
            if not view.failed:
                break
            clock.at += 4000
    finally:
        receiver.close()
    findings = kept.graph.findings_by_id([told["id"] for told in receiver.kept.values()])
    assert len(findings) == len(receiver.kept) == 3
    assert rounds > 1
    told = Counter(headers[IDEMPOTENCY] for headers, _ in receiver.asked)
    assert max(told.values()) > 1
    for headers, body in receiver.asked:
        assert headers[SIGNATURE] == signature(SECRET, headers[TIMESTAMP], body)
        assert headers[SIGNATURE] != signature("another", headers[TIMESTAMP], body)
    again = send_findings(kept, local_actor(), outward(receiver))
    assert (again.queued, again.sent) == (0, 0)


def test_waits_grow_and_end_with_a_dead_letter(kept: Kept, clock: Clock) -> None:
    receiver = Receiver(500)
    waits: list[int] = []
    try:
        while True:
            assert send_findings(kept, local_actor(), outward(receiver)).failed == 3
            waiting = [one for one in Outbox(kept.app).latest(10) if one.state == "waiting"]
            if not waiting:
                break
            waits.append(waiting[0].next_at - int(clock.at))
            clock.at = waiting[0].next_at - 1
            assert send_findings(kept, local_actor(), outward(receiver)).failed == 0
            clock.at += 1
        assert waits == sorted(waits)
        assert (len(waits), waits[1], waits[-1]) == (
            MOST_ATTEMPTS - 1,
            2 * waits[0],
            min(LONGEST_WAIT, waits[0] << MOST_ATTEMPTS - 2),
        )
        assert [one.state for one in _latest(kept)] == ["dead"] * 3
        asked = len(receiver.asked)
        clock.at += 1_000_000
        send_findings(kept, local_actor(), outward(receiver))
        assert len(receiver.asked) == asked
        receiver.answers = [200]
        assert retry_dead(kept, local_actor()) == 3  # type: ignore[arg-type] - the app database is all it needs
        assert send_findings(kept, local_actor(), outward(receiver)).sent == 3
    finally:
        receiver.close()


def _latest(kept: Kept) -> list[Any]:
    return show_deliveries(kept, local_actor()).latest  # type: ignore[arg-type] - the app database is all it needs


@pytest.mark.parametrize("answer", [404, 410, 302])
def test_what_will_never_be_taken_is_dead_or_waits(kept: Kept, answer: int) -> None:
    receiver = Receiver(answer)
    try:
        view = send_findings(kept, local_actor(), outward(receiver))
    finally:
        receiver.close()
    assert view.failed == 3
    assert view.dead == (0 if answer == 302 else 3)
    assert len(receiver.asked) == 3  # a redirect is not followed


def test_slack_is_not_signed_and_its_url_is_not_shown(kept: Kept) -> None:
    receiver = Receiver(200)
    try:
        assert send_findings(kept, local_actor(), outward(receiver, "slack")).sent == 3
    finally:
        receiver.close()
    assert all(SIGNATURE not in headers for headers, _ in receiver.asked)
    assert all({"text", "blocks"} == set(json.loads(body)) for _, body in receiver.asked)
    (place,) = show_deliveries(kept, local_actor()).destinations  # type: ignore[arg-type] - as above
    assert "/hook" not in place.name
    assert place.sent == 3


def test_destinations_that_make_no_sense_are_named() -> None:
    for text in ("webhook:ftp://x", "webhook:", "pager:me", "eventbridge:"):
        with pytest.raises(InvalidRequest):
            destinations(text)
