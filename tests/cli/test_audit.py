"""`roletrail audit verify` says by its exit code whether the log holds: for a cron job that reads nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roletrail import cli
from roletrail.auth.actor import local_actor
from roletrail.auth.audit import AuditLog
from roletrail.bootstrap import open_ports
from roletrail.cli.audit import BROKEN
from roletrail.loaders import intake_of
from roletrail.settings import load

ROWS = 12
Verify = Callable[..., tuple[object, Any]]


@pytest.fixture
def store(tmp_path: Path) -> str:
    """An empty store with a log of twelve rows beside it."""
    place = f"sqlite:///{tmp_path / 'kept.sqlite'}"
    with intake_of(load(store=place)).store():
        pass
    ports = open_ports(load(store=place))
    for number in range(ROWS):
        AuditLog(ports.app).wrote(local_actor(), "marks.write", f"id-{number}", "detail")
    ports.close()
    return place


@pytest.fixture
def verify(store: str, capfd: pytest.CaptureFixture[str]) -> Verify:
    def verified(*more: str) -> tuple[object, Any]:
        """Exit code and answer of the real command."""
        try:
            code: object = cli.run(["audit", "verify", "--json", "--store", store, *more])
        except SystemExit as stop:
            code = stop.code
        return code or 0, json.loads(capfd.readouterr().out)

    return verified


def forged(store: str, statement: str) -> None:
    """As somebody would who has the file: triggers off, then the change."""
    connection = sqlite3.connect(load(store=store).app_db_path)
    connection.executescript("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;" + statement)
    connection.commit()
    connection.close()


def test_a_log_that_holds_ends_with_zero(verify: Verify) -> None:
    code, found = verify()
    assert (code, found["rows"], found["broken"]) == (0, ROWS, 0)
    assert verify("--head", found["head"])[0] == 0


@pytest.mark.parametrize(
    ("statement", "row"),
    [("UPDATE audit SET detail = 'Detail' WHERE n = 7;", 7), ("DELETE FROM audit WHERE n = 5;", 5)],
)
def test_an_altered_log_ends_with_nine(verify: Verify, store: str, statement: str, row: int) -> None:
    forged(store, statement)
    code, found = verify()
    assert (code, found["broken"], found["rows"]) == (BROKEN, row, row - 1)


def test_a_log_cut_at_its_end_ends_with_nine_for_whoever_noted_its_head(verify: Verify, store: str) -> None:
    head = verify()[1]["head"]
    forged(store, f"DELETE FROM audit WHERE n > {ROWS - 4};")
    assert verify()[0] == 0, "what is left is a chain: that is why the head is noted elsewhere"
    code, found = verify("--head", head)
    assert (code, found["broken"]) == (BROKEN, ROWS - 3)
