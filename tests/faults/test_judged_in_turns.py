"""Two processes that judge in turn say what one would, whichever of them is killed, and leave none behind (ADR 0020)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Collection
from pathlib import Path

import msgspec
import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.detect.finding import Finding
from roletrail.stores.judging import FindingQuery
from roletrail.usecases.findings.evaluate import evaluate
from tests.scenarios.company import FOLDERS
from tests.support.ingest_runs import MARK, marked
from tests.support.stored import stored

AT_ONCE = 200
"""Identities a turn: the company's are several turns for each."""
LEAST = 120
"""That a turn of the first has, but for the last: fewer than it may."""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def unjudged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    stored(folder, [[msgspec.json.encode(record) for record in build()] for build in FOLDERS.values()])
    return folder


@pytest.fixture(scope="module")
def alone(unjudged: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What one process says."""
    return finished(copied(unjudged, tmp_path_factory.mktemp("alone")))


def copied(unjudged: Path, folder: Path) -> str:
    shutil.copytree(unjudged, folder, dirs_exist_ok=True)
    return f"sqlite:///{folder / 'store.sqlite'}"


def finished(store: str) -> list[Finding]:
    """All findings, once what is left is judged here."""
    graph = open_graph(store, create=False)
    evaluate(graph, local_actor())
    found = graph.findings(FindingQuery(limit=1_000_000))[0]
    graph.close()
    assert found
    return found


def _ignores_interrupts(number: int) -> bool:
    """The last thing it does before it waits to be asked (man 5 proc, SigIgn)."""
    status = Path(f"/proc/{number}/status").read_text("utf-8")
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGINT - 1) & 1)


def _stat(number: int) -> list[str]:
    """man 5 proc, /proc/PID/stat, from what follows the name: the state, the parent."""
    return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()


def _is_stopped(number: int) -> bool:
    return _stat(number)[0] == "T"


def _parent_of(number: int) -> int:
    return int(_stat(number)[1])


class Judging:
    """A process that judges in turns with one it forks."""

    def __init__(self, store: str, *how: str) -> None:
        self._store = store
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.judging", store, str(AT_ONCE), *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=os.environ | {MARK: self._mark}, text=True,
        )  # fmt: skip

    def second(self) -> int:
        """The number of the second, as soon as there is one that will end with the first; nothing is judged before `begin`."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            for number in set(marked(self._mark)) - {self.process.pid}:
                if _ignores_interrupts(number):
                    return number
        raise AssertionError(self.process.communicate())

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def stopped_in_the_middle(self) -> int:
        """The second's number: it stands still before it writes its first case, the first has written its own and waits."""
        graph = open_graph(self._store, create=False)
        all_ = len(graph.unjudged(1_000_000).ids)
        self.second()
        self.begin()
        until = time.monotonic() + PATIENCE
        while not (stopped := self._stopped()) or len(graph.unjudged(1_000_000).ids) > all_ - 2 * LEAST:
            assert time.monotonic() < until
            time.sleep(0.02)
        graph.close()
        return stopped

    def _stopped(self) -> int:
        return next((number for number in marked(self._mark) if _is_stopped(number)), 0)

    def nobody_is_left(self) -> bool:
        until = time.monotonic() + PATIENCE
        while marked(self._mark) and time.monotonic() < until:
            time.sleep(0.01)
        return not marked(self._mark)


@pytest.mark.parametrize("how", [(), ("apart",)])
def test_in_turns_as_alone(how: Collection[str], unjudged: Path, alone: Collection[Finding], tmp_path: Path) -> None:
    store = copied(unjudged, tmp_path)
    files = sorted(path.name for path in tmp_path.glob("store.sqlite*") if path.is_file())
    judging = Judging(store, *how)
    assert judging.second()
    judging.begin()
    said, errors = judging.process.communicate(timeout=PATIENCE)
    assert (judging.process.returncode, errors) == (0, "")
    assert said.split()[1] == str(len(alone))
    assert judging.nobody_is_left()
    assert sorted(path.name for path in tmp_path.glob("store.sqlite*") if path.is_file()) == files
    assert finished(store) == alone


def test_the_second_is_killed_and_the_first_goes_on(unjudged: Path, alone: Collection[Finding], tmp_path: Path) -> None:
    store = copied(unjudged, tmp_path)
    judging = Judging(store, "stops")
    os.kill(judging.stopped_in_the_middle(), signal.SIGKILL)
    said, errors = judging.process.communicate(timeout=PATIENCE)
    assert judging.process.returncode == 0
    assert said.split()[1] == str(len(alone))
    assert "judging goes on in one process" in errors
    assert finished(store) == alone


def test_those_who_judge_apart_are_killed_and_whoever_asked_them_goes_on(
    unjudged: Path, alone: Collection[Finding], tmp_path: Path
) -> None:
    store = copied(unjudged, tmp_path)
    judging = Judging(store, "stops", "apart")
    first = _parent_of(judging.stopped_in_the_middle())
    assert first != judging.process.pid
    os.kill(first, signal.SIGKILL)
    _, errors = judging.process.communicate(timeout=PATIENCE)
    assert judging.process.returncode == 0
    assert "judging goes on in this one" in errors
    assert judging.nobody_is_left()
    assert finished(store) == alone


@pytest.mark.parametrize("apart", [(), ("apart",)])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_first_is_ended_and_takes_the_others_along(
    how: signal.Signals, apart: Collection[str], unjudged: Path, alone: Collection[Finding], tmp_path: Path
) -> None:
    store = copied(unjudged, tmp_path)
    judging = Judging(store, "stops", *apart)
    judging.stopped_in_the_middle()
    judging.process.send_signal(how)
    judging.process.communicate(timeout=PATIENCE)
    assert judging.process.returncode != 0
    assert judging.nobody_is_left()
    assert finished(store) == alone
