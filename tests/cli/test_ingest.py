"""The ingest command: an account of every file, standard input, --strict, a bar on terminals alone."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROLETRAIL, Command
from tests.scenarios.recipes.assuming import three_accounts
from tests.support.served import SAMPLE

STORE = ("--store", "sqlite:///x.sqlite")
QUARANTINED = 7


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Good, bad and foreign files."""
    folder = tmp_path / "logs"
    folder.mkdir()
    good = json.dumps({"Records": three_accounts().records}).encode()
    (folder / "good.json.gz").write_bytes(gzip.compress(good))
    (folder / "cut.json.gz").write_bytes(gzip.compress(good)[:200])
    (folder / "records.json").write_text('{"Records": [7, {}]}')
    (folder / "empty.json").write_text("")
    return folder


def test_bad_input_is_named_and_the_rest_goes_in(command: Command, logs: Path) -> None:
    done = command.run("ingest", str(logs), *STORE)
    assert done.returncode == 0, done.stderr
    assert "8 events" in done.stdout
    assert "from 4 files" in done.stdout
    for name in ("cut.json.gz", "records.json"):
        assert name in done.stdout
    assert "good.json.gz" not in done.stdout
    strict = command.run("ingest", str(logs), "--strict", *STORE)
    assert strict.returncode in {0, QUARANTINED}
    fresh = command.run("ingest", str(logs), "--strict", "--store", "sqlite:///y.sqlite")
    assert fresh.returncode == QUARANTINED


def test_the_summary_in_json_accounts_for_each_file(command: Command, logs: Path) -> None:
    summary: dict[str, Any] = command.json("ingest", str(logs), "--json", *STORE)
    assert summary["taken"] == 8
    accounts = {Path(account["locator"]).name: account for account in summary["accounts"]}
    assert set(accounts) == {path.name for path in logs.iterdir()}
    assert accounts["good.json.gz"]["taken"] == 8
    assert sum(accounts["records.json"]["reasons"].values()) == 2
    again = command.json("ingest", str(logs), "--json", *STORE)
    assert (again["taken"], again["known"] >= 1) == (0, True)


def test_standard_input(command: Command) -> None:
    lines = "\n".join(json.dumps(record) for record in three_accounts().records)
    done = command.run("ingest", "-", *STORE, stdin=lines)
    assert done.returncode == 0, done.stderr
    assert "8 events" in done.stdout
    chains = command.json("chains", "--min-sessions", "3", "--json", *STORE)
    assert [chain["sessions"] for chain in chains] == [3]
    assert command.run("ingest", "-", *STORE, stdin=lines).returncode == 0
    assert command.json("health", "--json", *STORE)["events"] == 8


def test_a_missing_path_among_good_ones_changes_nothing(command: Command, logs: Path) -> None:
    done = command.run("ingest", str(logs), "no/such/place", *STORE)
    assert done.returncode == 6
    assert not list(command.folder.glob("x.sqlite*"))


def test_no_bar_without_a_terminal(command: Command, logs: Path) -> None:
    done = command.run("ingest", str(logs), *STORE)
    assert "\x1b[" not in done.stdout + done.stderr
    assert "\r" not in done.stderr


def test_a_bar_on_a_terminal(command: Command) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ROLETRAIL, "ingest", str(SAMPLE), *STORE],
        cwd=command.folder,
        env=command.environment({"TERM": "xterm-256color", "COLUMNS": "120"}),
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert b"events/s" in out
    for word in (b"files", b"events/s", b"quarantined"):
        assert word in shown
    os.close(ours)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side is gone: Linux says EIO
        return b""
