"""Twelve kinds of trouble between a follower and AWS, and SIGKILL: the graph is the undisturbed one, nothing lost, nothing doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.aws.trails import Place, Trail
from tests.aws.under_faults import EVENTS, KINDS, OBJECTS, POISON, undisturbed
from tests.support import aws
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


def test_killed_at_random_points(moto: Cloud, tmp_path: Path, expected: list, count: Callable[[str], int]) -> None:
    """SIGKILL while it receives, fetches, commits, links or deletes; followers after it get there."""
    trail = Trail(moto, dead_letters=False)
    dice = random.Random(20261121)
    place = Place(tmp_path / "killed")
    keys = list(OBJECTS)
    kills = count("follower_kills")
    share = -(-len(keys) // kills)
    killed = 0
    for number in range(kills):
        trail.deliver({key: OBJECTS[key] for key in keys[number * share : (number + 1) * share]})
        with _follower(moto, trail, place) as process:
            time.sleep(dice.uniform(0.2, 2.5))
            process.kill()
        killed += process.returncode != 0
        time.sleep(0.3)  # its workers end within a second
    time.sleep(2.2)  # what the last one held comes back
    with _follower(moto, trail, place) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert killed >= kills // 2
    assert trail.waiting() == 0
    assert place.exported() == expected
    store = place.open()
    assert store.totals().events == EVENTS
    store.close()


def _follower(cloud: Cloud, trail: Trail, place: Place, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "roletrail", "ingest", "--follow", trail.queue, "--json", *(arguments or ("--drain",))]
    environment = os.environ | cloud.environment() | {"ROLETRAIL_QUEUE_VISIBILITY": "2", "ROLETRAIL_STORE": place.url}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
