"""The archive as its readers see it: what was written comes back, in order, and nothing else does (ADR 0006)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roletrail.archive.eventlog import DuckEventLog
from roletrail.archive.port import Cursor, LoggedEvent
from roletrail.archive.writer import MOST_DAYS, ArchiveWriter
from roletrail.errors import StoreUnavailable
from tests.support.archive_rows import DAY, NOON, Ledger, columns, event, evidence
from tests.support.counts import repetitions


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "archive")


@pytest.fixture
def log(ledger: Ledger) -> Iterator[DuckEventLog]:
    ledger.folder.mkdir()
    log = DuckEventLog(ledger.folder, ledger.visible)
    yield log
    log.close()


def test_what_was_written_is_read(ledger: Ledger, log: DuckEventLog) -> None:
    first = event(1, read_only=None, error_code="AccessDenied", vpce_id="vpce-1", invoked_by="athena.amazonaws.com")
    second = event(2, at=NOON + 1, read_only=False)
    ledger.write([second, first, event(3, identity="other")], kept=[first])
    assert log.session_events(["session"], 10) == [first, second]
    assert log.count(["session"]) == 2
    assert log.event("20251113", first.event_id) == first
    assert log.find(second.event_id) == second
    assert log.evidence("20251113", first.event_id) == evidence([first])[0][3]


def test_what_is_not_there_is_none(ledger: Ledger, log: DuckEventLog) -> None:
    known = event(1)
    assert log.session_events(["session"], 10) == []
    assert log.find(known.event_id) is None
    ledger.write([known], kept=[])
    assert log.event("20251112", known.event_id) is None
    assert log.event("20251113", "no-such-event") is None
    assert log.event("'; --", known.event_id) is None
    assert log.evidence("20251113", known.event_id) is None
    assert log.session_events([], 10) == []
    assert log.count(["nobody"]) == 0


def test_an_identity_is_found_under_its_aliases(ledger: Ledger, log: DuckEventLog) -> None:
    ledger.write([event(1, identity="undated"), event(2, identity="dated"), event(3, identity="other")])
    assert [row.record for row in log.session_events(["dated", "undated"], 10)] == [1, 2]
    assert log.count(["dated", "undated"]) == 2


def test_only_named_files_count(ledger: Ledger, log: DuckEventLog) -> None:
    ledger.write([event(1)])
    ledger.write([event(2)], worker=1)
    del ledger.files["events/day=20251113/r000001-w1-000001.parquet"]
    assert [row.record for row in log.session_events(["session"], 10)] == [1]
    assert log.find(event(2).event_id) is None


def test_rows_of_refused_attempts_are_invisible(ledger: Ledger, log: DuckEventLog) -> None:
    refused = event(1, attempt=(1 << 24) + 7)
    ledger.write([refused, event(2)], kept=[refused])
    ledger.excluded = [refused.attempt, (9 << 24) + 1]
    assert [row.record for row in log.session_events(["session"], 10)] == [2]
    assert log.count(["session"]) == 1
    assert log.find(refused.event_id) is None
    assert log.event("20251113", refused.event_id) is None
    assert log.evidence("20251113", refused.event_id) is None


def test_a_batch_is_split_by_utc_day(ledger: Ledger, log: DuckEventLog) -> None:
    midnight = NOON + DAY // 2
    events = [event(1, at=midnight), event(2, at=midnight - 1), event(3, at=midnight + DAY)]
    written = ledger.write(events, kept=events[:1])
    assert [(file.kind, file.day, file.rows) for file in written] == [
        ("events", "20251113", 1),
        ("events", "20251114", 1),
        ("events", "20251115", 1),
        ("evidence", "20251114", 1),
    ]
    assert [row.record for row in log.session_events(["session"], 10)] == [2, 1, 3]
    assert [row.record for row in log.session_events(["session"], 10, from_=midnight, to=midnight + DAY)] == [1]
    assert log.count(["session"], from_=midnight, to=midnight + DAY) == 1


def test_a_batch_of_very_many_days_stays_one_file(ledger: Ledger, log: DuckEventLog) -> None:
    events = [event(number, at=NOON + number * DAY) for number in range(MOST_DAYS + 1)]
    written = ledger.write(events, kept=events)
    assert [(file.kind, file.day) for file in written] == [("events", ""), ("evidence", "")]
    ledger.write([event(1000, at=NOON + 1)], worker=1)
    assert [row.record for row in log.session_events(["session"], 3)] == [0, 1000, 1]
    assert log.event("20251114", events[1].event_id) == events[1]
    assert log.event("20251113", events[1].event_id) is None
    assert log.evidence("20251115", events[2].event_id) == evidence(events)[2][3]


def pages(log: DuckEventLog, limit: int) -> list[LoggedEvent]:
    found: list[LoggedEvent] = []
    while page := log.session_events(["session"], limit, Cursor(found[-1].at, found[-1].event_id) if found else None):
        assert len(page) <= limit
        found += page
    return found


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_join_without_gap_or_double(ledger: Ledger, log: DuckEventLog, limit: int) -> None:
    """Many events share a second, lie on many days and in several files."""
    events = [event(number, at=NOON + (number * 7 % 11) * DAY + number % 2) for number in range(40)]
    ledger.write(events[::2])
    ledger.write(events[1::2], worker=1)
    assert pages(log, limit) == sorted(events, key=lambda row: (row.at, row.event_id))


def test_a_page_stays_right_when_events_arrive_in_between(ledger: Ledger, log: DuckEventLog) -> None:
    ledger.write([event(number, at=NOON + number * 10) for number in range(6)])
    first = log.session_events(["session"], 3)
    ledger.write([event(100, at=NOON + 5), event(101, at=NOON + 35)], worker=1)
    second = log.session_events(["session"], 3, Cursor(first[-1].at, first[-1].event_id))
    assert [row.record for row in second] == [3, 101, 4]


HOSTILE = st.text(st.characters(exclude_categories=[]), max_size=40) | st.sampled_from(
    ["\ud800", "x\udfff", "\0", "'; DROP TABLE x; --", "{rows}", "$id0", "<script>", "\u202e", "%s{0}", "../../etc"]
)


@settings(max_examples=repetitions("archive_texts"))
@given(texts=st.lists(HOSTILE, min_size=1, max_size=5))
def test_hostile_text_comes_back_as_text(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("archive"))
    ledger.write([event(n, identity=text, agent=text, event_name=text, error_code=text) for n, text in enumerate(texts)])
    log = DuckEventLog(ledger.folder, ledger.visible)
    for number, text in enumerate(texts):
        stored = text.encode("utf-8", "replace").decode()
        found = {row.record: row for row in log.session_events([text.encode("utf-8", "replace").decode()], 10)}
        assert (found[number].agent, found[number].event_name, found[number].error_code) == (stored, stored, stored)
    log.close()


@pytest.mark.parametrize("name", ["we[ir]d", "a*b", "it's {rows} $id", "ümlaut %s"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    ledger = Ledger(tmp_path / name)
    ledger.write([event(1)], kept=[event(1)])
    log = DuckEventLog(ledger.folder, ledger.visible)
    assert [row.record for row in log.session_events(["session"], 10)] == [1]
    log.close()


def test_files_are_for_their_owner_alone(ledger: Ledger) -> None:
    ledger.write([event(1)], kept=[event(1)])
    paths = list(ledger.folder.rglob("*"))
    assert len([path for path in paths if path.suffix == ".parquet"]) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600, 0o700}


def test_one_writer_flushes_many_times(ledger: Ledger, log: DuckEventLog) -> None:
    writer = ArchiveWriter(ledger.folder, 1, 0)
    assert writer.flush() == []
    for number in range(3):
        writer.add(columns([event(number)]))
        assert writer.rows == 1
        ledger.name(writer.flush())
        assert writer.rows == 0
    assert len(ledger.files) == 3
    assert [row.record for row in log.session_events(["session"], 10)] == [0, 1, 2]


def test_a_lost_file_is_one_clear_error(ledger: Ledger, log: DuckEventLog) -> None:
    (file,) = ledger.write([event(1)])
    (ledger.folder / file.name).unlink()
    with pytest.raises(StoreUnavailable, match="cannot be read") as error:
        log.session_events(["session"], 10)
    assert "ingest the logs again" in error.value.hint


def test_a_damaged_file_is_one_clear_error(ledger: Ledger, log: DuckEventLog) -> None:
    (file,) = ledger.write([event(1)])
    (ledger.folder / file.name).write_bytes(b"PAR1 no longer")
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        log.session_events(["session"], 10)


def test_the_engine_reads_nothing_outside_the_archive(ledger: Ledger, log: DuckEventLog, tmp_path: Path) -> None:
    outside = Ledger(tmp_path / "elsewhere")
    (file,) = outside.write([event(1)])
    ledger.files = {"x": file._replace(name=f"../elsewhere/{file.name}")}
    with pytest.raises(StoreUnavailable):
        log.session_events(["session"], 10)


def test_a_column_may_come_as_a_table_and_numbers(ledger: Ledger, log: DuckEventLog) -> None:
    """Tables of several batches differ, and a text no UTF-8 can hold is no reason to stop."""
    writer = ArchiveWriter(ledger.folder, 1, 0)
    for number, agent in enumerate(("aws-cli", "lone \ud800", "boto3")):
        given = columns([event(number)])
        writer.add(given | {"agent": (["unused", agent], np.array([1])), "read_only": ([False, None], np.array([number % 2]))})
    ledger.name(writer.flush())
    rows = log.session_events(["session"], 10)
    assert [row.agent for row in rows] == ["aws-cli", "lone ?", "boto3"]
    assert [row.read_only for row in rows] == [False, None, False]
