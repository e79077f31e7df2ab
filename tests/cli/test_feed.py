"""Ingest as a service: it comes back, says how it is over HTTP, and stops when asked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from roletrail.cli.gauges import Gauges, Heard
from tests.cli.conftest import ROLETRAIL
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.served import NO_TLS


def _until(moment: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not moment() and time.monotonic() < end:
        time.sleep(0.1)
    assert moment()


def test_a_schedule_comes_back_and_counts(tmp_path: Path) -> None:
    objects = layout.delivered(three_accounts().records)
    first, *rest = objects
    logs = tmp_path / "logs"
    layout.write(logs, {first: objects[first]})
    command = [
        *ROLETRAIL,
        "ingest",
        str(logs),
        "--every",
        "1s",
        "--listen",
        "127.0.0.1:0",
        "--json",
        "--store",
        "sqlite:///x.sqlite",
    ]
    environment = os.environ | {"ROLETRAIL_LOG_LEVEL": "INFO", "ROLETRAIL_LOG_FORMAT": "json"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        url = next(found[1] for line in process.stderr if (found := re.search(r"Metrics (http\S+)/metrics", line)))
        with httpx.Client(base_url=url, verify=NO_TLS) as client:

            def counted(name: str) -> float:
                found = re.search(rf"^roletrail_ingest_{name} ([0-9.e+]+)$", client.get("/metrics").text, re.MULTILINE)
                return float(found[1]) if found else 0

            _until(lambda: counted("objects_total") == 1)
            layout.write(logs, {key: objects[key] for key in rest})
            _until(lambda: counted("objects_total") == len(objects))
            assert counted("events_total") == len({record["eventID"] for record in three_accounts().records})
            health = client.get("/health")
            assert (health.status_code, health.json()["status"]) == (200, "ok")
            assert client.get("/").status_code == 404
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert '"message": "run"' in errors
    assert '"taken": ' in errors


def test_health_says_trouble_and_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    gauges = Gauges(silent=60)
    assert gauges.health()[0]
    gauges.heard(Heard(trouble="The queue cannot be used."))
    well, said = gauges.health()
    assert (well, said["detail"]) == (False, "The queue cannot be used.")
    gauges.heard(Heard())
    assert gauges.health()[0]
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    well, said = gauges.health()
    assert not well
    assert "Nothing was heard" in str(said["detail"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "--every", "soon"], "no length of time"),
        (["x", "--every", "1m", "--follow", "http://q/1/x"], "exclude each other"),
        (["x", "--every", "1m", "--listen", "nowhere"], "HOST:PORT"),
        ([], "Name something"),
        (["x", "--accounts", "12"], "--accounts cannot hold"),
        (["x", "--since", "yesterday"], "--since is no time"),
        (["--follow", "arn:aws:sqs:us-east-1:111111111111:q"], "no queue"),
    ],
)
def test_mistakes_are_said(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = subprocess.run([*ROLETRAIL, "ingest", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
