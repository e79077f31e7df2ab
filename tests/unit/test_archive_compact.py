"""Merging files changes no answer, whenever it is interrupted and whoever else merges at the same time."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from roletrail.archive import compact as compaction
from roletrail.archive import merge as merging
from roletrail.archive.apart import Apart
from roletrail.archive.compact import MOST_FILES_CLOSED, MOST_FILES_OPEN, compact, compacting, plan
from roletrail.archive.eventlog import DuckEventLog
from roletrail.archive.port import Group, LoggedEvent
from roletrail.archive.strays import hold_run, release_run, remove_strays
from roletrail.archive.writer import WrittenFile
from roletrail.errors import StoreUnavailable
from tests.support.archive_rows import DAY, NOON, Ledger, event

LATER = NOON + 2 * DAY


def answers(ledger: Ledger) -> object:
    """Everything a reader can ask about the events of `filled`."""
    log = DuckEventLog(ledger.folder, ledger.visible)
    ids = [event(number).event_id for number in range(0, 60, 5)]
    try:
        return (
            [log.session_events([name], 100) for name in ("a", "b", "c")],
            [log.count([name]) for name in ("a", "b", "c")],
            log.events("20251113", ids),
            [log.evidence("20251113", event_id) for event_id in ids],
            [log.find(event_id) for event_id in ids],
        )
    finally:
        log.close()


@pytest.fixture
def filled(tmp_path: Path) -> Ledger:
    """A day in many files, some rows of a refused attempt among them."""
    ledger = Ledger(tmp_path / "archive")
    dice = random.Random(5)
    events = [event(n, at=NOON + dice.randrange(900), identity=dice.choice("abc"), attempt=(1 << 24) + n % 4) for n in range(60)]
    for worker in range(12):
        mine = events[worker::12]
        ledger.write(mine, kept=mine[:2], worker=worker)
    ledger.excluded = [(1 << 24) + 2]
    return ledger


def test_merging_keeps_every_answer(filled: Ledger) -> None:
    before = answers(filled)
    merged = compact(filled.folder, 2, list(filled.files.values()), filled.excluded, filled.swap, LATER)
    assert [(file.kind, file.day, file.rows) for file in merged] == [("events", "20251113", 45), ("evidence", "20251113", 18)]
    assert answers(filled) == before
    assert filled.on_disk() == set(filled.files) == {file.name for file in merged}


def test_a_process_of_its_own_merges_alike(filled: Ledger) -> None:
    before = answers(filled)
    with compacting(filled.folder, 2, list(filled.files.values()), filled.excluded, filled.swap, LATER):
        assert len(filled.files) > 2, "what the block does goes on before names are swapped"
    assert sorted(name.split("/")[0] for name in filled.files) == ["events", "evidence"]
    assert filled.on_disk() == set(filled.files)
    assert answers(filled) == before


def test_a_process_that_ends_early_is_told(filled: Ledger) -> None:
    with Apart(filled.folder, 2, [Group("events", "20251113", tuple(filled.files))], []) as sorting:
        sorting._process.kill()
        sorting._process.wait()
        with pytest.raises(StoreUnavailable, match="ended early"):
            list(sorting.merged())


def test_sorting_ends_with_what_it_goes_on_beside(filled: Ledger) -> None:
    before = set(filled.files)
    group = Group("events", "20251113", tuple(filled.files))
    with pytest.raises(KeyboardInterrupt), Apart(filled.folder, 2, [group] * 500, []) as sorting:
        raise KeyboardInterrupt
    assert sorting._process.returncode == -signal.SIGKILL
    with pytest.raises(KeyboardInterrupt), compacting(filled.folder, 2, list(filled.files.values()), [], filled.swap, LATER):
        raise KeyboardInterrupt
    assert set(filled.files) == before


def test_a_merged_file_is_sorted_and_free_of_refused_rows(filled: Ledger) -> None:
    events, kept = compact(filled.folder, 2, list(filled.files.values()), filled.excluded, filled.swap, LATER)
    rows = [LoggedEvent(*row.values()) for row in pq.ParquetFile(filled.folder / events.name).read().to_pylist()]
    assert rows == sorted(rows, key=lambda row: (row.identity, row.at, row.event_id))
    assert not {row.attempt for row in rows} & set(filled.excluded)
    ids = pq.ParquetFile(filled.folder / kept.name).read()["event_id"].to_pylist()
    assert ids == sorted(ids)
    assert len(ids) == 18


def test_a_day_of_refused_rows_alone_disappears(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "archive")
    for worker in range(MOST_FILES_CLOSED + 1):
        ledger.write([event(worker, attempt=7 + (1 << 24))], worker=worker)
    assert compact(ledger.folder, 2, list(ledger.files.values()), [7 + (1 << 24)], ledger.swap, LATER) == []
    assert ledger.files == {}
    assert ledger.on_disk() == set()


def named(rows: list[int], day: str = "20251113") -> list[WrittenFile]:
    return [WrittenFile(f"events/day={day}/r000001-w0-{n:06d}.parquet", day, "events", count) for n, count in enumerate(rows)]


def test_an_open_day_waits_longer_than_a_closed_one() -> None:
    some = named([10] * (MOST_FILES_CLOSED + 1))
    assert plan(some, NOON) == []
    assert plan(some, NOON + DAY // 2 + 3600) == []  # yesterday's last files are still coming
    assert [len(group.names) for group in plan(some, NOON + DAY)] == [MOST_FILES_CLOSED + 1]
    many = named([10] * (MOST_FILES_OPEN + 1))
    assert [len(group.names) for group in plan(many, NOON)] == [MOST_FILES_OPEN + 1]
    assert plan(named([10] * MOST_FILES_CLOSED), LATER) == []


def test_late_objects_do_not_rewrite_a_heavy_day() -> None:
    heavy = named([1_000_000] + [1_000] * MOST_FILES_CLOSED)
    (group,) = plan(heavy, LATER)
    assert group.names == tuple(file.name for file in heavy[1:])


def test_a_growing_day_is_rewritten_seldom() -> None:
    """Thousands of late objects of equal size: each row is rewritten a logarithmic number of times, and few files stay."""
    rows = [1_000_000]
    written = 0
    for _ in range(3_000):
        rows.append(1_000)
        files = named(rows)
        for group in plan(files, LATER):
            merged = [file.rows for file in files if file.name in group.names]
            written += sum(merged)
            rows = [file.rows for file in files if file.name not in group.names] + [sum(merged)]
        assert len(rows) <= MOST_FILES_CLOSED
    assert written < 8 * sum(rows)


def test_days_and_kinds_are_merged_apart() -> None:
    files = named([5] * 9) + named([5] * 9, "20251112")
    files += [file._replace(kind="evidence", name="x" + file.name) for file in files]
    assert [(group.day, group.kind) for group in plan(files, LATER)] == [
        ("20251112", "events"),
        ("20251112", "evidence"),
        ("20251113", "events"),
        ("20251113", "evidence"),
    ]


def test_a_swap_that_comes_too_late_changes_nothing(filled: Ledger) -> None:
    """Two ingests merge the same day; the second one's file must not be named beside the first one's."""
    before = answers(filled)
    as_seen_by_both = list(filled.files.values())

    def swap_after_the_other(remove: Collection[str], add: Collection[WrittenFile]) -> bool:
        compact(filled.folder, 2, as_seen_by_both, filled.excluded, filled.swap, LATER)
        return filled.swap(remove, add)

    assert compact(filled.folder, 3, as_seen_by_both, filled.excluded, swap_after_the_other, LATER) == []
    assert answers(filled) == before
    assert filled.on_disk() == set(filled.files)


def test_a_day_merged_away_meanwhile_is_left_alone(filled: Ledger) -> None:
    as_seen = list(filled.files.values())
    compact(filled.folder, 2, as_seen, filled.excluded, filled.swap, LATER)
    assert compact(filled.folder, 3, as_seen, filled.excluded, filled.swap, LATER) == []
    assert filled.on_disk() == set(filled.files)


def test_a_reader_survives_a_merge_between_list_and_read(filled: Ledger) -> None:
    before = answers(filled)
    as_seen = filled.visible()
    seen = iter([as_seen])
    compact(filled.folder, 2, list(filled.files.values()), filled.excluded, filled.swap, LATER)
    log = DuckEventLog(filled.folder, lambda: next(seen, None) or filled.visible())
    assert [log.session_events([name], 100) for name in ("a", "b", "c")] == before[0]  # type: ignore[index]
    log.close()


def test_many_readers_while_days_are_merged_away(filled: Ledger) -> None:
    before = answers(filled)
    log = DuckEventLog(filled.folder, filled.visible)
    stop = threading.Event()

    def read() -> int:
        rounds = 0
        while not stop.is_set() or not rounds:
            assert [log.session_events([name], 100) for name in ("a", "b", "c")] == before[0]  # type: ignore[index]
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for run in range(2, 6):
            for worker in range(MOST_FILES_CLOSED + 1):
                filled.write([event(1000 * run + worker, identity="d")], run=run, worker=worker)
            assert compact(filled.folder, run, list(filled.files.values()), filled.excluded, filled.swap, LATER)
        stop.set()
        assert all(reader.result() for reader in readers)
    log.close()


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it runs."""


@pytest.mark.parametrize("step", ["before the name", "before the swap", "after the swap", "while deleting"])
def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(
    filled: Ledger, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(filled)

    def killed(*_: object) -> bool:
        raise Killed

    def swap_then_killed(remove: Collection[str], add: Collection[WrittenFile]) -> bool:
        filled.swap(remove, add)
        raise Killed

    def delete_one_then_killed(folder: Path, names: list[str]) -> None:
        (folder / names[0]).unlink()
        raise Killed

    mark = hold_run(filled.folder, 2)
    swap: Callable[..., bool] = {"before the swap": killed, "after the swap": swap_then_killed}.get(step, filled.swap)
    with monkeypatch.context() as patch:
        if step == "before the name":
            patch.setattr(Path, "rename", killed)
        if step == "while deleting":
            patch.setattr(compaction, "remove_files", delete_one_then_killed)
        with pytest.raises(Killed):
            compact(filled.folder, 2, list(filled.files.values()), filled.excluded, swap, LATER)
    os.close(mark)

    assert answers(filled) == before
    assert remove_strays(filled.folder, lambda: filled.files)
    assert filled.on_disk() == set(filled.files)
    compact(filled.folder, 3, list(filled.files.values()), filled.excluded, filled.swap, LATER)
    assert answers(filled) == before
    assert filled.on_disk() == set(filled.files)


def large_day(folder: Path) -> tuple[Ledger, Group]:
    """Half of the rows are one identity's, in no order, and an attempt is refused."""
    ledger = Ledger(folder)
    dice = random.Random(7)
    events = [
        event(n, at=NOON + dice.randrange(900), identity=f"{n * 7919 % 500 if n % 2 else 0:020d}", attempt=(1 << 24) + n % 7)
        for n in range(20_000)
    ]
    dice.shuffle(events)
    for worker in range(MOST_FILES_CLOSED + 1):
        ledger.write(events[worker :: MOST_FILES_CLOSED + 1], worker=worker)
    return ledger, Group("events", "20251113", tuple(ledger.files))


def test_a_day_larger_than_the_memory_becomes_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, group = large_day(tmp_path / "archive")
    (at_once,) = merging.Merger(ledger.folder, 2).merge(group, [(1 << 24) + 2]) or []
    monkeypatch.setattr(merging, "MEMORY", 200_000)
    (in_runs,) = merging.Merger(ledger.folder, 3).merge(group, [(1 << 24) + 2]) or []
    groups = pq.ParquetFile(ledger.folder / in_runs.name).metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [16_384, in_runs.rows - 16_384]
    assert in_runs.rows == 20_000 - 20_000 // 7
    assert (ledger.folder / in_runs.name).read_bytes() == (ledger.folder / at_once.name).read_bytes()
    assert ledger.on_disk() == {*group.names, at_once.name, in_runs.name}


@pytest.mark.parametrize("memory", [200_000, 100_000_000], ids=["for the runs", "for the file"])
def test_a_day_there_is_no_room_for_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, memory: int
) -> None:
    """An ingest whose events are in must not fail because tidying up needs more disk than there is."""
    ledger, group = large_day(tmp_path / "archive")
    before = set(ledger.files)
    monkeypatch.setattr(merging, "MEMORY", memory)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, unlimited[1]))  # a full disk, as far as a file can tell
    try:
        assert compact(ledger.folder, 2, list(ledger.files.values()), [], ledger.swap, LATER) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert f"stays in {len(group.names)} files" in caplog.text
    assert set(ledger.files) == before
    assert ledger.on_disk() == before


# --- strays -----------------------------------------------------------------------------------------------------------


def test_only_unnamed_files_of_dead_runs_are_strays(filled: Ledger) -> None:
    named_ones = set(filled.files)
    (filled.folder / "events/day=20251113/r000004-w0-000001.parquet").write_bytes(b"dead")
    (filled.folder / "events/day=20251113/m000004-000001.parquet.tmp").write_bytes(b"dead")
    (filled.folder / "events/day=20251113/r000005-w0-000001.parquet").write_bytes(b"alive")
    (filled.folder / "events/day=20251113/notes.parquet").write_bytes(b"not ours")
    (filled.folder / ".spill-m000004-000001").mkdir()
    (filled.folder / ".spill-m000004-000001/block").write_bytes(b"dead, of a version that sorted so")
    (filled.folder / ".spill-m000004-000001-x7").write_bytes(b"dead")
    alive = hold_run(filled.folder, 5)
    os.close(hold_run(filled.folder, 4))

    assert remove_strays(filled.folder, lambda: filled.files) == [
        ".spill-m000004-000001",
        ".spill-m000004-000001-x7",
        "events/day=20251113/m000004-000001.parquet.tmp",
        "events/day=20251113/r000004-w0-000001.parquet",
    ]
    kept = {"events/day=20251113/r000005-w0-000001.parquet", "events/day=20251113/notes.parquet", ".run-000005"}
    assert filled.on_disk() == named_ones | kept

    release_run(filled.folder, 5, alive)
    assert remove_strays(filled.folder, lambda: filled.files) == ["events/day=20251113/r000005-w0-000001.parquet"]
    assert filled.on_disk() == named_ones | {"events/day=20251113/notes.parquet"}


def test_a_file_named_while_we_look_is_kept(filled: Ledger) -> None:
    """A run that ends between our look at the folder and at the ledger has named its files by then."""
    late = dict(filled.files)
    filled.files = {}
    assert remove_strays(filled.folder, lambda: late) == []
    assert filled.on_disk() == set(late)


HOLD = """
import sys
from pathlib import Path
from typing import Any
from roletrail.archive.strays import hold_run
hold_run(Path(sys.argv[1]), 3)
print(flush=True)
sys.stdin.read()
"""


def test_a_run_lives_as_long_as_one_of_its_processes(tmp_path: Path) -> None:
    stray = tmp_path / "events/day=20251113/r000003-w0-000001.parquet"
    stray.parent.mkdir(parents=True)
    stray.touch()
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        assert remove_strays(tmp_path, list) == []
        child.kill()
    assert remove_strays(tmp_path, list) == ["events/day=20251113/r000003-w0-000001.parquet"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_archive_that_is_not_there_has_no_strays(tmp_path: Path) -> None:
    assert remove_strays(tmp_path / "nowhere", list) == []
