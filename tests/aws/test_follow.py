"""Following a queue of notifications: everything named goes in once, messages go when it has, and nothing else does (ADR 0019)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from roletrail.auth.actor import local_actor
from roletrail.errors import InputUnavailable
from roletrail.ingest import follow
from roletrail.ingest.follow import Follower, Round
from roletrail.ingest.run import take_in
from roletrail.ingest.source.sqs import Message, Queue
from roletrail.usecases.loading.following import follow_queue
from tests.aws.trails import Place, Trail
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.aws import Cloud

RECORDS = three_accounts().records
DELIVERED = layout.delivered(RECORDS, seconds=900)
EVENTS = len({record["eventID"] for record in RECORDS})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "WAIT_SECONDS", 0)
    monkeypatch.setattr(follow, "NEXT_WAIT_SECONDS", 0)
    monkeypatch.setattr(follow, "GATHER_SECONDS", 0.1)
    monkeypatch.setattr(follow, "FIRST_RETRY_SECONDS", 0)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "followed")


@pytest.fixture
def expected(tmp_path: Path) -> list[tuple[str, object]]:
    layout.write(tmp_path / "logs", DELIVERED)
    here = Place(tmp_path / "home")
    here.ingest(str(tmp_path / "logs"))
    return here.exported()


def drain(trail: Trail, place: Place) -> list[Round]:
    rounds: list[Round] = []
    follow_queue(place.intake(), local_actor(), trail.queue, threading.Event(), drain=True, on_round=rounds.append)
    return rounds


@pytest.mark.parametrize("through_sns", [False, True])
def test_everything_delivered_goes_in_once(cloud: Cloud, place: Place, expected: list, through_sns: bool) -> None:
    trail = Trail(cloud, through_sns=through_sns)
    trail.deliver(DELIVERED)
    rounds = drain(trail, place)
    assert sum(done.taken for done in rounds) == EVENTS
    assert sum(done.kept for done in rounds) == 0
    assert trail.waiting() == 0, "the s3:TestEvent of a fresh queue included"
    assert place.exported() == expected
    trail.deliver(DELIVERED)  # S3 may say it twice
    again = drain(trail, place)
    assert sum(done.taken for done in again) == 0
    assert trail.waiting() == 0
    assert place.exported() == expected


def test_what_cannot_be_read_goes_to_the_dead_letters(cloud: Cloud, place: Place) -> None:
    trail = Trail(cloud)
    trail.deliver(DELIVERED)
    trail.say("no notification at all")
    drain(trail, place)
    assert trail.waiting() == 0
    assert trail.waiting(trail.dead) == 1
    assert place.quarantine() == {}


def test_without_dead_letters_it_is_deleted_in_the_end(cloud: Cloud, place: Place) -> None:
    trail = Trail(cloud, dead_letters=False)
    trail.say("no notification at all")
    rounds = drain(trail, place)
    assert [done.kept for done in rounds] == [1] * (follow.LAST_TRY - 1) + [0]


def test_a_poisonous_object_is_quarantined_and_its_message_goes(cloud: Cloud, place: Place) -> None:
    trail = Trail(cloud)
    (first, body), *_ = DELIVERED.items()
    trail.put(first, body[:-9])
    trail.put("AWSLogs/x.json", b'{"Records": 5}')
    drain(trail, place)
    assert trail.waiting() == trail.waiting(trail.dead) == 0
    assert place.quarantine() == {"records_not_a_list": 1, "truncated_gzip": 1}


def test_an_object_that_is_gone_is_accounted_for(cloud: Cloud, place: Place) -> None:
    trail = Trail(cloud)
    trail.deliver(DELIVERED)
    trail.remove(next(iter(DELIVERED)))
    drain(trail, place)
    assert trail.waiting() == 0
    assert place.quarantine() == {"gone": 1}


class Beaten(Queue):
    """Notes when it has kept messages invisible."""

    def __init__(self, url: str, visibility: int) -> None:
        super().__init__(url, visibility)
        self.beats: list[float] = []

    def hide(self, messages: Sequence[Message], seconds: int) -> None:
        super().hide(messages, seconds)
        self.beats.append(time.monotonic())


def test_messages_are_kept_while_a_round_lasts(cloud: Cloud, place: Place) -> None:
    """A round of six heartbeats, three times as long as messages stay invisible: nobody else receives them meanwhile. A machine
    that slept through a beat lets them go, and proves nothing."""
    trail = Trail(cloud)
    trail.deliver(DELIVERED)
    store = place.open()
    queue, beats, strangers = Beaten(trail.queue, visibility=1), [time.monotonic()], 0

    def slow(objects: list):  # noqa: ANN202
        nonlocal strangers
        end = time.monotonic() + 60
        while len(queue.beats) < 6 and time.monotonic() < end:
            strangers += len(Queue(trail.queue).receive(0))
            time.sleep(0.2)
        return take_in(objects, store, place.archive, workers=1)

    Follower(queue, slow, store.ledger, threading.Event()).run(until_empty=True)
    store.close()
    beats += queue.beats
    assert len(beats) >= 7
    assert strangers == 0 or max(later - sooner for sooner, later in pairwise(beats)) >= 1
    assert trail.waiting() == 0


def test_a_queue_that_is_not_there_is_said_at_once(cloud: Cloud, place: Place) -> None:
    with pytest.raises(InputUnavailable, match="queue"):
        follow_queue(place.intake(), local_actor(), f"{cloud.url}/123456789012/none", threading.Event())


def _follower(cloud: Cloud, trail: Trail, place: Place) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "roletrail", "ingest", "--follow", trail.queue, "--store", place.url, "--json"]
    environment = os.environ | cloud.environment()
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _until(moment: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not moment() and time.monotonic() < end:
        time.sleep(0.1)
    assert moment()


def test_the_command_follows_and_stops_when_asked(cloud: Cloud, place: Place, expected: list) -> None:
    trail = Trail(cloud)
    with _follower(cloud, trail, place) as process:
        trail.deliver(DELIVERED)
        _until(lambda: trail.waiting() == 0 or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert sum(json.loads(line)["taken"] for line in out.splitlines()) == EVENTS
    assert place.exported() == expected
