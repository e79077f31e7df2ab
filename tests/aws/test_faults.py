"""Twelve kinds of trouble between a follower and AWS, and SIGKILL: the graph is the undisturbed one, nothing lost, nothing doubled."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws.trails import Place, Trail
from tests.aws.under_faults import EVENTS, KINDS, OBJECTS, POISON, undisturbed
from tests.support import aws, fault_proxy
from tests.support.aws import Cloud

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, object]]:
    assert len(KINDS) == 12
    return undisturbed(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def troubled(moto: Cloud, tmp_path_factory: pytest.TempPathFactory, count: Callable[[str], int]) -> Path:
    """Where each kind left what it had to say; all ran at once."""
    moto.bucket("faulty", OBJECTS | POISON)
    folder = tmp_path_factory.mktemp("faults")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | aws.NOBODY
    command = [sys.executable, "-m", "tests.aws.under_faults", str(count("aws_faults")), moto.url, "faulty", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return folder


@pytest.mark.timeout(1200)  # the first one waits for all of them to share the cores
@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_is_the_undisturbed_one(troubled: Path, kind: str) -> None:
    said = (troubled / f"{kind}.said").read_text()
    assert not said, said[-3000:]


IN_A_ROW = 4
"""Followers killed, one after the other, on the way to one graph."""


def test_killed_at_random_points(moto: Cloud, tmp_path: Path, expected: list, count: Callable[[str], int]) -> None:
    """SIGKILL while it receives, fetches, commits, links or deletes; followers after it get there."""
    dice = random.Random(20261121)
    killed = 0
    for number in range(count("follower_kills") // IN_A_ROW):
        trail, place = Trail(moto, dead_letters=False), Place(tmp_path / f"killed-{number}")
        killed += sum(_one_is_killed(moto, trail, place, dice, some) for some in _shares(OBJECTS, IN_A_ROW))
        with _follower(moto.url, trail, place) as process:  # it waits for what the last one held
            _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert trail.waiting() == 0
        assert place.exported() == expected
        store = place.open()
        assert store.totals().events == EVENTS
        store.close()
    assert killed >= count("follower_kills") // 2


def _shares(objects: dict[str, bytes], parts: int) -> list[dict[str, bytes]]:
    keys = list(objects)
    return [{key: objects[key] for key in keys[n::parts]} for n in range(parts)]


def _one_is_killed(cloud: Cloud, trail: Trail, place: Place, dice: random.Random, objects: dict[str, bytes]) -> bool:
    """Kill it after some request of its, drawn, and some milliseconds: what it is at then does not depend on how fast it got
    there. False when it had come to its end."""
    trail.deliver(objects)
    requests = Counted(dice.randint(1, 12))
    with fault_proxy.proxy(cloud.url, requests) as between, _follower(between, trail, place) as process:
        while not requests.enough.wait(0.02) and process.poll() is None:
            pass
        time.sleep(dice.uniform(0, 0.1))
        process.kill()
    return process.returncode != 0


class Counted(fault_proxy.Faults):
    """No trouble at all: knows when so many requests have come."""

    def __init__(self, wanted: int) -> None:
        super().__init__("none", 0)
        self.enough = threading.Event()
        self._missing = itertools.count(wanted - 1, -1)

    def hit(self, target: str) -> str:
        if next(self._missing) <= 0:
            self.enough.set()
        return super().hit(target)


def _follower(url: str, trail: Trail, place: Place) -> subprocess.Popen[str]:
    """One that ends with its queue. It reaches AWS at `url`."""
    queue = url + trail.queue.removeprefix(trail.cloud.url)
    command = [sys.executable, "-m", "roletrail", "ingest", "--follow", queue, "--json", "--drain"]
    environment = os.environ | trail.cloud.environment(url) | {"ROLETRAIL_QUEUE_VISIBILITY": "2", "ROLETRAIL_STORE": place.url}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
