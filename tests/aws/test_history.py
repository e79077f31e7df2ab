"""Event history as a source: the same graph, at the pace AWS allows, asked once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from roletrail.auth.actor import local_actor
from roletrail.aws import patience
from roletrail.errors import InputUnavailable
from roletrail.ingest.source import lookup_events
from roletrail.ingest.source.delivery import Window
from roletrail.ingest.source.lookup_events import Attribute, History, Stretch, stretches
from roletrail.usecases.loading.lookups import load_history
from tests.aws.trails import Place
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout, lookup_fake
from tests.support.cloudtrail import at

SHIFT = int(time.time()) - 86_400 - at("2026-11-02", "10:00:00")


def _recent() -> list[dict[str, Any]]:
    """The incident as of yesterday: Event history holds nothing older than 90 days."""
    records = three_accounts().records
    for record in records:
        seconds = at(record["eventTime"][:10], record["eventTime"][11:19]) + SHIFT
        record["eventTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    return records


RECORDS = _recent()
REGIONS = frozenset(record["awsRegion"] for record in RECORDS)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "history")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_events, "PAUSE_SECONDS", 0.0)


@pytest.mark.usefixtures("cloud", "quick")
def test_the_same_graph_as_from_files(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.write(tmp_path / "logs", layout.delivered(RECORDS))
    home = Place(tmp_path / "home")
    home.ingest(str(tmp_path / "logs"))
    window = Window(since=int(time.time()) - 30 * 3600, regions=REGIONS | {"eu-north-1"})
    with lookup_fake.serving(RECORDS) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", fake.url)
        summary = load_history(place.intake(), local_actor(), window)
        assert summary.taken == len({record["eventID"] for record in RECORDS})
        assert place.exported() == home.exported()
        asked = len(fake.asked)
        assert load_history(place.intake(), local_actor(), window).taken == 0
        assert len(fake.asked) - asked <= 2 * len(window.regions), "settled stretches are not asked for again"


class Clock:
    """Time that passes only while somebody sleeps: what the pace comes to does not depend on the machine."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (lookup_events, patience):
        monkeypatch.setattr(module, "time", clock)
    return clock


MANY = [RECORDS[0] | {"eventID": f"e{number:07}"} for number in range(220)]
DAYS = Stretch(MANY[0]["awsRegion"], int(time.time()) - 3 * 86_400, int(time.time()))


@pytest.mark.usefixtures("cloud")
def test_the_pace_is_kept(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Two calls a second for a region, from the first one on."""
    begin = clock.seconds
    with lookup_fake.serving(MANY, rate=2.0, now=clock.monotonic) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", fake.url)
        assert len(list(History("111111111111").events(DAYS))) == 220
        assert (len(fake.asked), fake.throttled) == (5, 0)
    assert clock.seconds - begin == 4 * lookup_events.PAUSE_SECONDS


@pytest.mark.usefixtures("cloud", "quick")
def test_throttling_is_sat_out(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Somebody else in the account asks too: AWS refuses at a pace that is ours alone."""
    with lookup_fake.serving(MANY, rate=2.0, now=clock.monotonic) as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", fake.url)
        history = History("111111111111")
        assert len(list(history.events(DAYS, Attribute("EventId", "e0000007")))) == 1
        assert fake.throttled == 0
        assert len(list(history.events(DAYS))) == 220
        assert fake.throttled > 0


def test_stretches_cover_the_window_newest_first_and_no_more_than_ninety_days() -> None:
    now = at("2026-11-06", "13:30:00")
    rows = list(stretches(["a", "b"], at("2026-11-05", "23:00:00"), 0, now))
    assert [(row[0].start, row[0].end) for row in rows] == [
        (at("2026-11-06", "12:00:00"), now + 1),
        (at("2026-11-06", "06:00:00"), at("2026-11-06", "12:00:00")),
        (at("2026-11-06", "00:00:00"), at("2026-11-06", "06:00:00")),
        (at("2026-11-05", "23:00:00"), at("2026-11-06", "00:00:00")),
    ]
    assert [one.region for one in rows[0]] == ["a", "b"]
    everything = list(stretches(["a"], 0, 0, now))
    assert everything[-1][0].start == now - lookup_events.HISTORY_SECONDS


@pytest.mark.usefixtures("cloud", "quick")
def test_a_refusal_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """This server has no LookupEvents at all."""
    monkeypatch.setattr(lookup_events, "PATIENCE", 2)
    with pytest.raises(InputUnavailable, match=r"us-east-1"):
        load_history(place.intake(), local_actor(), Window(since=int(time.time()) - 60, regions=frozenset({"us-east-1"})))
