"""A run over real files into a real store: every file accounted for, nothing twice, no worker left or waited for."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from roletrail.archive.compact import MOST_FILES_CLOSED
from roletrail.bootstrap import open_graph
from roletrail.errors import InputUnavailable
from roletrail.ingest import crew
from roletrail.ingest.progress import IngestSummary, Progress
from roletrail.ingest.run import ingest
from roletrail.ingest.source import Listed
from roletrail.ingest.source.file import listed
from roletrail.ingest.units import units_of
from roletrail.stores.port import GraphStore
from tests.support import layout
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role
from tests.support.reduced import file_of

DAY = at("2026-11-06", "10:00:00")
ONE = "111111111111"


def _records(count: int) -> list[dict[str, Any]]:
    trail = Trail(SeededIds("run"))
    alice = trail.user_key(ONE, "alice")
    for number in range(count // 4):
        role = Role(ONE, f"R{number % 5}", trail.ids.unique("AROA", ONE, f"r{number % 5}"))
        session = trail.assume(alice, DAY + number * 60, role, f"s{number}")
        for second in range(3):
            trail.call(session, DAY + number * 60 + second, "s3", "ListBuckets")
    return trail.records


RECORDS = _records(400)


class Place:
    """A store, its archive and a folder of logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.url = f"sqlite:///{folder / 'store.sqlite'}"
        self.archive = folder / "archive"

    def ingest(
        self, *paths: Path | str, workers: int | None = None, on_progress: Callable[[Progress], None] | None = None
    ) -> IngestSummary:
        names = [str(path) for path in paths or (self.logs,)]
        return ingest(names, open_store=self.open, archive=self.archive, workers=workers, on_progress=on_progress)

    def open(self) -> Any:
        return open_graph(self.url, create=True)

    def exported(self) -> list[tuple[str, object]]:
        store = self.open()
        try:
            return list(store.export())
        finally:
            store.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def by_name(summary: IngestSummary) -> dict[str, dict[str, int]]:
    return {Path(account.locator).name: account.reasons for account in summary.accounts}


def test_every_file_is_accounted_for(place: Place) -> None:
    (place.logs / "deep" / "er").mkdir(parents=True)
    (place.logs / "good.json").write_bytes(file_of(RECORDS[:8]))
    (place.logs / "deep" / "good.json.gz").write_bytes(gzip.compress(file_of(RECORDS[8:16])))
    (place.logs / "deep" / "er" / "LICENSE").write_text("Apache License")
    (place.logs / ".hidden").write_bytes(b"")
    (place.logs / "cut.json.gz").write_bytes(gzip.compress(file_of(RECORDS))[:-20])
    (place.logs / "dangling.json").symlink_to(place.logs / "nowhere")
    (place.logs / "circle").symlink_to(place.logs)
    os.mkfifo(place.logs / "pipe")
    found = place.ingest()
    assert by_name(found) == {
        "good.json": {},
        "good.json.gz": {},
        "LICENSE": {"not_cloudtrail": 1},
        ".hidden": {"empty": 1},
        "cut.json.gz": {"truncated_gzip": 1},
        "dangling.json": {"not_a_file": 1},
        "pipe": {"not_a_file": 1},
    }
    assert (found.files, found.taken) == (7, 16)
    assert found.quarantined == {"empty": 1, "not_a_file": 2, "not_cloudtrail": 1, "truncated_gzip": 1}


def test_a_file_that_could_not_be_read_is_tried_again(place: Place) -> None:
    file = place.logs / "gone.json"
    file.write_bytes(file_of(RECORDS[:4]))
    assert by_name(place.ingest(on_progress=lambda _: file.unlink(missing_ok=True))) == {"gone.json": {"unreadable": 1}}
    file.write_bytes(file_of(RECORDS[:4]))
    assert place.ingest().taken == 4


def test_missing_path_before_anything_is_written(place: Place) -> None:
    with pytest.raises(InputUnavailable, match=r"There is no file or folder '/nowhere'\."):
        place.ingest(place.logs, "/nowhere")
    assert not place.archive.exists()


@pytest.mark.timeout(60)
def test_parts_refused_twice_leave_out_what_either_refusal_named(place: Place) -> None:
    some = RECORDS[:60]
    for number in range(12):
        (place.logs / f"{number:02}.json").write_bytes(file_of(some[number * 3 : number * 3 + 24 : 1 + number % 2]))
    found = place.ingest()
    given = {record["eventID"] for number in range(12) for record in some[number * 3 : number * 3 + 24 : 1 + number % 2]}
    assert found.taken == len(given)
    assert found.doubles == sum(len(some[n * 3 : n * 3 + 24 : 1 + n % 2]) for n in range(12)) - len(given)


def test_again_is_known_and_touched_is_doubles(place: Place) -> None:
    file = place.logs / "a.json"
    file.write_bytes(file_of(RECORDS))
    first = place.ingest()
    graph = place.exported()
    again = place.ingest()
    assert (first.taken, first.known) == (400, 0)
    assert (again.taken, again.known, again.doubles) == (0, 1, 0)
    file.write_bytes(file_of(list(reversed(RECORDS))))
    changed = place.ingest()
    assert (changed.taken, changed.doubles) == (0, 400)
    assert place.exported() == graph


def test_two_trails_deliver_the_same(place: Place, tmp_path: Path) -> None:
    layout.write(place.logs / "one", layout.delivered(RECORDS, seconds=900))
    alone = Place(_made(tmp_path / "alone"))
    layout.write(alone.logs / "one", layout.delivered(RECORDS, seconds=900))
    alone.ingest()
    layout.write(place.logs / "two", layout.delivered(RECORDS, seconds=1800))
    found = place.ingest()
    assert (found.taken, found.doubles) == (400, 400)
    assert place.exported() == alone.exported()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("workers", [1, 3])
def test_processes_and_none_give_the_same_graph(place: Place, tmp_path: Path, workers: int) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=900))
    (place.logs / "all.ndjson").write_bytes(file_of(RECORDS))
    (place.logs / "README.md").write_text("# Logs")
    alone = Place(_made(tmp_path / "alone"))
    layout.write(alone.logs, layout.delivered(RECORDS, seconds=86400))
    seen: list[Progress] = []
    found = place.ingest(workers=workers, on_progress=seen.append)
    assert (found.taken, found.doubles, found.quarantined) == (400, 400, {"not_cloudtrail": 1})
    assert alone.ingest().taken == 400
    assert place.exported() == alone.exported()
    assert seen[-1].files_done == seen[-1].files_total == found.files
    assert {state.stage for state in seen} == {"reading", "linking", "merging"}


def test_standard_input(place: Place, tmp_path: Path) -> None:
    body = gzip.compress(file_of(RECORDS[:8]))
    command = [sys.executable, "-m", "roletrail", "ingest", "-", "--store", place.url, "--json"]
    for taken in (8, 0):
        done = subprocess.run(command, input=body, capture_output=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        assert f'"taken":{taken}' in done.stdout.decode().replace(" ", "")


def test_units_keep_an_hour_of_all_trails_together_and_go_day_by_day() -> None:
    name = "111111111111_CloudTrail_eu-central-1_202611{}Z_x.json.gz"
    objects = [Listed(f"/{trail}/{name.format(clock)}", "", size, "") for trail, clock, size in [
        ("a", "06T1005", 5), ("b", "06T1055", 6), ("a", "06T1100", 7), ("b", "06T1110", 1), ("c", "07T0900", 99),
    ]]  # fmt: skip
    units = units_of([*objects, Listed("/other.json", "", 10, "")])
    assert [[one.size for one in unit] for unit in units] == [[10], [5, 6], [7, 1], [99]]


def test_listing_names_each_file_once(place: Place) -> None:
    (place.logs / "a.json").write_bytes(b"{}")
    (place.logs / os.fsdecode(b"bad-\xff.json")).write_bytes(b"{}")
    found = listed([str(place.logs), str(place.logs / "a.json"), str(place.logs / "." / "a.json")])
    assert [Path(one.locator).name for one in found] == ["a.json", "bad-\\xff.json"]


# --- workers that die -------------------------------------------------------------------------------------------------


def children() -> list[int]:
    """Workers of ours; a server that other tests started is none."""
    tasks = Path("/proc/self/task").iterdir()
    found = [pid for task in tasks for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in found if b"roletrail" in Path("/proc", pid, "cmdline").read_bytes()]


def test_a_killed_worker_costs_time_only(place: Place) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=60))
    killed: list[int] = []

    def kill_once(_: Progress) -> None:
        if not killed and (found := children()):
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)

    found = place.ingest(workers=2, on_progress=kill_once)
    assert killed
    assert (found.taken, found.quarantined) == (400, {})
    assert children() == []


KILLER = """
import os, signal, sys
from roletrail.ingest import worker
real = worker.open_object
def open_object(stored):
    if b"POISON" in stored:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(stored)
worker.open_object = open_object
worker.main()
"""


def test_an_object_that_kills_workers_is_given_up(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=900))
    (place.logs / "poison.json").write_bytes(b"POISON")
    script = tmp_path / "killer.py"
    script.write_text(KILLER)
    monkeypatch.setattr(crew, "COMMAND", (sys.executable, str(script)))
    found = place.ingest(workers=2)
    assert (found.taken, found.quarantined) == (400, {"worker_died": 1})
    assert by_name(found)["poison.json"] == {"worker_died": 1}
    assert children() == []


COUNTER = """
import os, sys
from roletrail.ingest import worker
real = worker.open_object
def open_object(stored):
    with open(os.path.join(sys.argv[1], "..", "read"), "ab") as read:
        read.write(b".")
    return real(stored)
worker.open_object = open_object
worker.main()
"""


def test_workers_go_on_while_the_run_is_busy(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linking keeps a run for seconds: what it has not heard yet must not keep workers from the next objects."""
    for number in range(20):
        (place.logs / f"{number}.json").write_bytes(file_of(RECORDS[number * 20 : number * 20 + 20]))
    script, read = tmp_path / "counter.py", tmp_path / "read"
    script.write_text(COUNTER)
    monkeypatch.setattr(crew, "COMMAND", (sys.executable, str(script)))
    until = time.monotonic() + 60
    seen: list[int] = []

    def busy(state: Progress) -> None:
        while state.files_done == 1 and read.stat().st_size < 20 and time.monotonic() < until:
            time.sleep(0.02)
        seen.append(read.stat().st_size if read.exists() else 0)

    assert place.ingest(workers=2, on_progress=busy).taken == 400
    assert seen[1] == 20


def test_what_follows_goes_on_while_days_are_sorted(place: Place) -> None:
    """Days of many files: their names are swapped after what follows, which has the process to itself."""
    for number in range(MOST_FILES_CLOSED):
        (place.logs / "one.json").write_bytes(file_of(RECORDS[number * 4 : number * 4 + 4]))
        ingest([str(place.logs)], open_store=place.open, archive=place.archive)
    (place.logs / "one.json").write_bytes(file_of(RECORDS[200:280]))
    seen: list[tuple[int, int, int]] = []

    def then(store: GraphStore) -> None:
        seen.append((store.totals().identities, len(store.archive_files()), threading.active_count()))

    summary = ingest([str(place.logs)], open_store=place.open, archive=place.archive, workers=2, then=then)
    [(identities, files, threads)] = seen
    assert identities == place.open().totals().identities
    assert len(place.open().archive_files()) < files
    assert threads == 1
    assert (summary.taken, summary.interrupted) == (80, False)


def test_nothing_follows_an_interrupted_run(place: Place) -> None:
    (place.logs / "one.json").write_bytes(file_of(RECORDS[:40]))

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    def then(_: GraphStore) -> None:
        raise AssertionError

    assert ingest([str(place.logs)], open_store=place.open, archive=place.archive, on_progress=stop, then=then).interrupted


def test_an_interrupt_of_what_follows_leaves_what_was_taken(place: Place) -> None:
    (place.logs / "one.json").write_bytes(file_of(RECORDS[:40]))

    def then(_: GraphStore) -> None:
        raise KeyboardInterrupt

    summary = ingest([str(place.logs)], open_store=place.open, archive=place.archive, then=then)
    assert (summary.taken, summary.interrupted) == (40, True)
    assert ingest([str(place.logs)], open_store=place.open, archive=place.archive).known == 1


def test_a_full_disk_is_one_clear_sentence(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=900))
    code = "from roletrail.archive import writer\ndef full(*a, **k): raise OSError(28, 'No space left on device')\n"
    code += "writer.ArchiveWriter.flush = full\nfrom roletrail.ingest import worker\nworker.main()\n"
    monkeypatch.setattr(crew, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(crew.StoreUnavailable, match="No space left on device"):
        place.ingest(workers=2)
    assert children() == []


def test_interrupted_run_ends_its_workers_and_the_next_one_goes_on(place: Place) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=60))

    def interrupt(state: Progress) -> None:
        if state.files_done == 10:
            raise KeyboardInterrupt

    assert place.ingest(workers=2, on_progress=interrupt).interrupted
    assert children() == []
    assert not place.ingest().interrupted
    store = place.open()
    assert store.totals().events == 400
    store.close()


def test_worker_ends_when_its_parent_is_gone(place: Place) -> None:
    place.archive.mkdir()
    command: Sequence[str] = (*crew.COMMAND, str(place.archive), "1", "0", str(os.getpid()))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(0.05)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    assert process.wait(timeout=90) == 1
    process.stdout.close()


def test_progress_comes_from_the_calling_thread(place: Place) -> None:
    layout.write(place.logs, layout.delivered(RECORDS, seconds=900))
    threads: set[str] = set()
    place.ingest(workers=2, on_progress=lambda _: threads.add(threading.current_thread().name))
    assert threads == {threading.current_thread().name}
