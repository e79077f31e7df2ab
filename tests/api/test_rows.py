"""Runs and feeds of the command line have rows beside uploads: seen over the API and on the page, stopped from there."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from roletrail import cli
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.errors import InputUnavailable, InvalidRequest
from roletrail.ingest.jobs import Jobs
from roletrail.ingest.progress import NOTHING, Progress
from roletrail.settings import load
from roletrail.usecases.loading import rows
from roletrail.usecases.loading.ingests import IngestView, list_ingests, show_ingest
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.served import serving

RECORDS = three_accounts().records
EVENTS = len({record["eventID"] for record in RECORDS})
HALFWAY = Progress(1, 2, 50, 100, 7, 1, "reading", 0.0)


@pytest.fixture
def app(tmp_path: Path) -> AppDatabase:
    return AppDatabase(tmp_path / "app")


def run(*arguments: str) -> object:
    try:
        return cli.run(list(arguments))
    except SystemExit as stop:
        return stop.code


def only(app: AppDatabase) -> IngestView:
    (one,) = list_ingests(app, local_actor(), 10).items
    return one


def test_a_run_of_the_command_line_has_a_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout.write(tmp_path / "logs", layout.delivered(RECORDS))
    store = f"sqlite:///{tmp_path / 'r.sqlite'}"
    for _ in range(2):
        assert not run("ingest", str(tmp_path / "logs"), "--store", store)
    capsys.readouterr()
    assert not run("ingests", "list", "--json", "--store", store)
    second, first = sorted(json.loads(capsys.readouterr().out), key=lambda one: one["events"])
    assert (first["kind"], first["state"], first["events"], first["name"]) == ("run", "done", EVENTS, str(tmp_path / "logs"))
    assert (second["events"], second["detail"]) == (0, "3 of 3 objects were in already.")
    assert run("ingests", "run", first["id"], "--store", store) == InvalidRequest.exit_code
    assert "no upload" in capsys.readouterr().err


def test_nothing_is_left_of_a_run_that_never_began(tmp_path: Path) -> None:
    assert run("ingest", str(tmp_path / "nowhere"), "--store", f"sqlite:///{tmp_path / 'r.sqlite'}")
    assert not list(tmp_path.iterdir())


def test_progress_is_seen_and_a_cancel_interrupts_between_two_commits(app: AppDatabase) -> None:
    with pytest.raises(KeyboardInterrupt), rows.row(app, local_actor(), "run", ["a", "b"]) as own:
        own.heard(HALFWAY)
        seen = only(app)
        assert (seen.state, seen.progress, seen.events, seen.name) == ("running", "reading, 50 %", 7, "a b")
        Jobs(app).cancel(own.id)
        own._made()._next = 0.0  # the next word may be said at once
        own.heard(HALFWAY)
    assert (only(app).state, only(app).detail) == ("cancelled", rows.STOPPED)


def test_a_feed_adds_up_and_stops_when_asked_to(app: AppDatabase) -> None:
    stop = threading.Event()
    with rows.row(app, local_actor(), "follow", ["queue"], stop) as own:
        own.looked("AWS is away.")
        assert (only(app).state, only(app).progress, only(app).detail) == ("running", "waits for more", "AWS is away.")
        for _ in range(2):
            own.took(NOTHING._replace(taken=5, quarantined={"not_json": 1}))
        seen = only(app)
        assert (seen.events, seen.reasons, seen.detail) == (10, {"not_json": 2}, "")
        Jobs(app).cancel(own.id)
        assert stop.wait(30)
    assert (only(app).state, only(app).events) == ("cancelled", 10)


def test_a_run_that_fails_says_why(app: AppDatabase) -> None:
    with pytest.raises(InputUnavailable), rows.row(app, local_actor(), "run", ["s3://bucket"]) as own:
        own.heard(HALFWAY)
        raise InputUnavailable("The bucket went away.")
    assert (only(app).state, only(app).detail) == ("failed", "The bucket went away.")


def test_without_a_row_the_logs_go_in_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(b"somebody else's file, and no database at all")
    with rows.row(AppDatabase(tmp_path / "app"), local_actor(), "run", ["x"]) as own:
        own.heard(HALFWAY)
        own.took(NOTHING)
    assert not own.id


def test_a_scheduled_feed_is_stopped_from_the_page(tmp_path: Path) -> None:
    logs, store = tmp_path / "logs", f"sqlite:///{tmp_path / 'r.sqlite'}"
    layout.write(logs, layout.delivered(RECORDS))
    command = [sys.executable, "-m", "roletrail", "ingest", "--every", "1h", str(logs), "--store", store]
    app = AppDatabase(load(store=store).app_db_path)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            _until(lambda: any(one.stage == "waiting" for one in list_ingests(app, local_actor(), 10).items), process)
            with (
                serving(store) as served,
                served.reader() as reader,
                served.client(served.token("read", "ingest", role="analyst")) as writer,
            ):
                (row,) = reader.get("/api/v1/ingests").json()["items"]
                assert (row["kind"], row["state"], row["events"]) == ("schedule", "running", EVENTS)
                assert f'data-ingest="{row["id"]}"' in reader.get("/data").text
                assert reader.post(f"/data/ingests/{row['id']}/cancel").status_code == 403
                assert writer.post(f"/data/ingests/{row['id']}/cancel").status_code == 303
                assert reader.get(f"/api/v1/ingests/{row['id']}").json()["cancel_asked"]
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert show_ingest(app, local_actor(), row["id"]).state == "cancelled"


def _until(moment: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while not moment():
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < end
        time.sleep(0.1)
