"""The audit log holds or says where it does not; nothing is taken out of it unseen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor, local_actor
from roletrail.auth.audit import AuditLog

ROWS = 20


@pytest.fixture
def app(tmp_path: Path) -> Iterator[AppDatabase]:
    found = AppDatabase(tmp_path / "a.sqlite.app")
    log = AuditLog(found)
    for n in range(ROWS):
        log.wrote(local_actor(), "marks.write", f"id-{n}", "detail")
    yield found
    found.close()


def forged(app: AppDatabase, statement: str) -> None:
    """As somebody would who has the file: triggers off, then the change."""
    connection = sqlite3.connect(app.path)
    connection.executescript("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;" + statement)
    connection.commit()
    connection.close()


def test_a_log_holds_and_a_noted_head_is_found_in_it(app: AppDatabase) -> None:
    found = AuditLog(app).verify()
    assert (found.rows, found.broken) == (ROWS, 0)
    AuditLog(app).wrote(local_actor(), "marks.write")
    assert AuditLog(app).verify(found.head).broken == 0
    assert AuditLog(app).verify("0" * 64).broken > 0


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE audit SET detail = 'Detail' WHERE n = 7;", 7),
        ("UPDATE audit SET at = at + 1 WHERE n = 1;", 1),
        ("DELETE FROM audit WHERE n = 12;", 12),
        ("UPDATE audit SET hash = zeroblob(32) WHERE n = 20;", 20),
        ("INSERT INTO audit SELECT 21, at, actor, via, action, resource, detail, hash FROM audit WHERE n = 20;", 21),
    ],
)
def test_one_changed_row_is_found(app: AppDatabase, statement: str, row: int) -> None:
    forged(app, statement)
    assert AuditLog(app).verify().broken == row


def test_a_log_cut_at_its_end_does_not_hold_against_a_noted_head(app: AppDatabase) -> None:
    head = AuditLog(app).verify().head
    forged(app, "DELETE FROM audit WHERE n > 15;")
    assert AuditLog(app).verify().broken == 0
    assert AuditLog(app).verify(head).broken == 16


def test_nothing_changes_a_row_by_accident(app: AppDatabase) -> None:
    for statement in ("UPDATE audit SET detail = ''", "DELETE FROM audit"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), app.write() as db:
            db.execute(statement)
    assert AuditLog(app).verify().rows == ROWS


def test_reads_leave_a_row_unless_the_files_are_the_readers_own(app: AppDatabase) -> None:
    log = AuditLog(app)
    log.read(local_actor(), "records.read", "e")
    assert log.verify().rows == ROWS
    log.read(Actor("alice", "viewer", frozenset({"read"}), "session"), "records.read", "e")
    assert log.newest(0, 1)[0].actor == "alice"


def test_a_change_and_its_row_stand_or_fall_together(app: AppDatabase) -> None:
    def failing() -> None:
        with app.write():
            AuditLog(app).wrote(local_actor(), "marks.write", "never")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours, from above
        failing()
    assert AuditLog(app).verify().rows == ROWS
