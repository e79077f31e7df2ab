"""Killed at any point, run by two at once, fed in any order or twice: the same graph, and nothing left behind (ADR 0004)."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from roletrail.archive.compact import MOST_FILES_CLOSED
from roletrail.archive.names import is_merged
from tests.scenarios.company import FOLDERS
from tests.support import layout
from tests.support.ingest_runs import Holdings, IngestRuns

RECORDS = [record for build in FOLDERS.values() for record in build()]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company's logs, cut into well over a thousand objects, so that a run has many commits to be killed between."""
    folder = tmp_path_factory.mktemp("logs") / "trail"
    layout.write(folder / "AWSLogs-one", layout.delivered(RECORDS, seconds=900))
    return folder


@pytest.fixture(scope="module")
def undisturbed(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Holdings, float]:
    """What one quiet run makes of the logs, and how long it takes."""
    runs = IngestRuns(tmp_path_factory.mktemp("undisturbed"))
    begin = time.monotonic()
    runs.ingest(logs)
    seconds = time.monotonic() - begin
    holdings = runs.holdings()
    assert holdings.events == len(holdings.rows) == len({record["eventID"] for record in RECORDS})
    assert holdings.graph
    assert runs.strays() == set()
    return holdings, seconds


def assert_same(found: Holdings, expected: Holdings, parts: tuple[str, ...] = ("graph", "rows", "evidence")) -> None:
    """Part by part, so that a failure names the first difference and not ten thousand rows."""
    assert found.events == expected.events
    for name in parts:
        mine, theirs = getattr(found, name), getattr(expected, name)
        first = next((pair for pair in zip(mine, theirs, strict=False) if pair[0] != pair[1]), None)
        assert first is None, name
        assert len(mine) == len(theirs), name


def test_killed_at_random_points(
    logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path, count: Callable[[str], int]
) -> None:
    expected, seconds = undisturbed
    dice = random.Random(20251121)
    killed = 0
    for number in range(count("kills")):
        runs = IngestRuns(tmp_path / str(number))
        begin = time.monotonic()
        if runs.kill_after(dice.uniform(0.1, seconds), [logs]):
            killed += 1
        else:  # the machine is less busy than it was
            seconds = min(seconds, time.monotonic() - begin)
        runs.ingest(logs)
        assert runs.strays() == set()
        assert runs.processes() == []
        assert_same(runs.holdings(), expected)
    assert killed > count("kills") // 2


def test_killed_again_and_again_on_one_store(
    logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path, count: Callable[[str], int]
) -> None:
    """Every run goes on where the killed one stopped, so a store gets there even if no run ever ends by itself."""
    expected, seconds = undisturbed
    dice = random.Random(7)
    runs = IngestRuns(tmp_path / "store")
    for _ in range(count("kills")):
        if not runs.kill_after(dice.uniform(0.3, seconds), [logs]):
            break
    runs.ingest(logs)
    assert runs.strays() == set()
    assert_same(runs.holdings(), expected)


SLICES = MOST_FILES_CLOSED + 1


@pytest.fixture(scope="module")
def before_merging(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that eight runs have loaded, so that every day is in eight files: the next run merges them all."""
    runs = IngestRuns(tmp_path_factory.mktemp("sliced"))
    objects = sorted(logs.rglob("*.json.gz"))
    for number in range(SLICES - 1):
        runs.ingest(*objects[number::SLICES])
    return runs.folder


def test_killed_while_merging(
    logs: Path, before_merging: Path, undisturbed: tuple[Holdings, float], tmp_path: Path, count: Callable[[str], int]
) -> None:
    expected, _ = undisturbed
    dice = random.Random(11)
    quiet = IngestRuns(shutil.copytree(before_merging, tmp_path / "quiet"))
    quiet.ingest(logs)
    assert_same(quiet.holdings(), expected)
    days = sum(map(is_merged, quiet.named()))
    assert days > 30
    amid = 0
    for number in range(count("merge_kills")):
        runs = IngestRuns(shutil.copytree(before_merging, tmp_path / str(number)))
        wanted = dice.randrange(1, days)
        assert runs.kill_when(lambda: len(list(runs.archive().rglob("m*.parquet*"))) >= wanted, [logs])  # noqa: B023 - used at once
        amid += sum(map(is_merged, runs.named())) < days  # a busy machine looks late, and may find the last one swapped in
        runs.ingest(logs)
        assert runs.strays() == set()
        assert_same(runs.holdings(), expected)
    assert amid >= count("merge_kills") // 2


def test_two_at_once(logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path) -> None:
    runs = IngestRuns(tmp_path / "store")
    both = [runs.start([logs]), runs.start([logs])]
    for process in both:
        runs.finish(process)
    assert_same(runs.holdings(), undisturbed[0])
    runs.ingest(logs)
    assert runs.strays() == set()


def test_one_of_two_killed(logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path) -> None:
    """The dead one's files go; the living one's stay."""
    expected, seconds = undisturbed
    runs = IngestRuns(tmp_path / "store")
    alive, dead = runs.start([logs]), runs.start([logs])
    time.sleep(seconds * 0.6)
    dead.kill()
    dead.communicate()
    runs.finish(alive)
    runs.wait_for_workers()
    runs.ingest(logs)
    assert runs.strays() == set()
    assert_same(runs.holdings(), expected)


def test_twice_delivered_by_two_trails(logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path) -> None:
    """The other trail writes the same events under another prefix, cut into other objects."""
    other = tmp_path / "other-trail"
    layout.write(other / "same-cut", layout.delivered(RECORDS, seconds=900))
    layout.write(other / "other-cut", layout.delivered(RECORDS, seconds=3600))
    runs = IngestRuns(tmp_path / "store")
    runs.ingest(logs, other)
    assert runs.strays() == set()
    found = runs.holdings()
    assert_same(found, undisturbed[0])
    kept = {row[0] for row in found.evidence}
    assert kept >= {record["eventID"] for record in RECORDS if record["eventName"].startswith("AssumeRole")}
    assert len(kept) == len(found.evidence)


def test_in_any_order_and_any_split(logs: Path, undisturbed: tuple[Holdings, float], tmp_path: Path) -> None:
    """The objects shuffled, in several runs, some of them named in two runs."""
    objects = sorted(logs.rglob("*.json.gz"))
    random.Random(3).shuffle(objects)
    runs = IngestRuns(tmp_path / "store")
    third = len(objects) // 3
    for begin in range(0, len(objects), third):
        runs.ingest(*objects[max(0, begin - 20) : begin + third])
    assert runs.strays() == set()
    assert_same(runs.holdings(), undisturbed[0])
