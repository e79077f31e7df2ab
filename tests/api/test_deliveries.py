"""Webhooks against a real receiver: signed, tried again, never told twice, dead letters kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roletrail.alerts.destinations import IDEMPOTENCY, SIGNATURE, TIMESTAMP, destinations, signature
from roletrail.alerts.growth import Growth
from roletrail.alerts.outbox import LONGEST_WAIT, MOST_ATTEMPTS, Outbox
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.errors import InvalidRequest
from roletrail.investigations.book import Casebook
from roletrail.stores.judging import FindingQuery
from roletrail.usecases.findings.delivering import Kept, Outward, retry_dead, send_findings, show_deliveries
from roletrail.usecases.investigations.pins import extent, looked, watch
from tests.support.loading import Loaded
from tests.support.receiver import Receiver

SECRET = "a key of the tests"
LOGS = Path(__file__).parents[1] / "scenarios" / "t49-no-role-session" / "events.json"


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


def test_growth_of_a_watched_pin_is_told_once_to_whoever_takes_more_than_findings(kept: Kept, clock: Clock) -> None:
    book = Casebook(kept.app)
    session = kept.graph.findings(FindingQuery(limit=1))[0][0].session_id
    now = extent(kept.graph, session)
    case = book.create("bob", "A <leak>", "open", "alice")
    book.pin(case, "bob", "session", session, "Deploy <b>", now.last_seen, json.dumps(now._replace(uses=now.uses - 2)))
    hook, chat = Receiver(503, 200), Receiver(200)
    out = Outward(tuple(destinations(f"webhook:{hook.url} slack:{chat.url}")), "https://roletrail.example", secret=SECRET)
    try:
        assert watch(kept.graph, kept.app) == 1
        send_findings(kept, local_actor(), out)
        clock.at += 4000
        send_findings(kept, local_actor(), out)
        (told,) = [one for one in hook.kept.values() if one.get("type") == "pin_grown"]
        assert (told["assignee"], told["investigation"], told["session_id"]) == ("alice", "A <leak>", session)
        assert told["grown"] == "2 more calls"
        assert told["permalink"] == f"https://roletrail.example/investigations/{case}"
        (said,) = [one for one in chat.kept.values() if "grew" in one["text"]]
        assert "for alice" in said["blocks"][0]["text"]["text"]
        assert "<b>" not in json.dumps(said)
        assert send_findings(kept, local_actor(), out).queued == 0
        found = book.get(case)
        book.edit(case, "bob", found.version, title=found.title, status=found.status, assignee="carol")
        assert send_findings(kept, local_actor(), out).sent == 2, "another assignee is told"
        looked(kept, book.pins(case))  # type: ignore[arg-type] - graph and app database are all it needs
        book.edit(case, "bob", book.get(case).version, title=found.title, status=found.status, assignee="dave")
        assert send_findings(kept, local_actor(), out).queued == 0, "somebody has looked"
    finally:
        hook.close()
        chat.close()
    (one,) = {one.investigation_id for one in _latest(kept)} - {""}
    assert one == case
    (hub,) = destinations("securityhub:111111111111@eu-central-1")
    assert hub.grown_form(Growth("p", case, "t", "", "chain", "l", session, "g", "")) is None


def test_destinations_that_make_no_sense_are_named() -> None:
    for text in ("webhook:ftp://x", "webhook:", "pager:me", "eventbridge:"):
        with pytest.raises(InvalidRequest):
            destinations(text)
