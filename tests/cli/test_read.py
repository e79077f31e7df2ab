"""Commands that read: the JSON the issue promises, and pictures a terminal can show."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.cli.conftest import ROLETRAIL, Command
from tests.support.served import serving

FIELDS = set("session_id sessions hops depth pivots reach tone confidence first_seen last_seen path".split())


@pytest.fixture(scope="module")
def reader(sample_store: str) -> Iterator[httpx.Client]:
    with serving(sample_store) as served, served.reader() as client:
        yield client


@pytest.fixture
def alarm(command: Command, sample_store: str) -> str:
    return command.json("chains", "--min-sessions", "3", "--json", "--store", sample_store)[0]["session_id"]


def test_chains_are_a_list_of_objects(command: Command, sample_store: str, reader: httpx.Client) -> None:
    found = command.json("chains", "--json", "--store", sample_store)
    assert isinstance(found, list)
    assert all(set(chain) >= FIELDS for chain in found)
    assert found == reader.get("/api/v1/chains").json()["items"]
    three = command.json("chains", "--min-sessions", "3", "--json", ROLETRAIL_STORE=sample_store)
    assert three == [chain for chain in found if chain["sessions"] >= 3]


def test_all_is_json_lines(command: Command, sample_store: str) -> None:
    done = command.run("chains", "--all", "--min-sessions", "1", "--json", "--store", sample_store)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len({chain["session_id"] for chain in lines}) > 100
    first = command.json("chains", "--min-sessions", "1", "--json", "--store", sample_store)
    assert len(first) == 100
    assert lines[:100] == first


def test_limit_and_cursor(command: Command, sample_store: str) -> None:
    done = command.run("chains", "--limit", "2", "--json", "--store", sample_store)
    assert len(json.loads(done.stdout)) == 2
    cursor = re.search(r"--after (\S+)", done.stderr)
    assert cursor
    rest = command.json("chains", "--limit", "2", "--after", cursor[1], "--json", "--store", sample_store)
    whole = command.json("chains", "--limit", "4", "--json", "--store", sample_store)
    assert json.loads(done.stdout) + rest == whole


def test_other_reads_are_the_apis(command: Command, sample_store: str, reader: httpx.Client, alarm: str) -> None:
    store = ("--json", "--store", sample_store)
    assert command.json("show", alarm, *store) == reader.get(f"/api/v1/sessions/{alarm}").json()
    assert command.json("events", alarm, *store) == reader.get(f"/api/v1/sessions/{alarm}/events").json()["items"]
    assert command.json("health", *store) == reader.get("/api/v1/health").json()
    assert command.json("trace", alarm, *store) == reader.get("/api/v1/trace", params={"thing": alarm}).json()
    ref = command.json("chains", *store)[0]["path"][-1]["edge"]["evidence_refs"][0]
    assert command.json("event", ref, "--store", sample_store) == reader.get(f"/api/v1/events/{ref}").json()


def test_events_stream_as_json_lines(command: Command, sample_store: str, alarm: str) -> None:
    done = command.run("events", alarm, "--all", "--json", "--store", sample_store)
    assert [json.loads(line) for line in done.stdout.splitlines()] == command.json(
        "events", alarm, "--json", "--store", sample_store
    )


def test_trace_reads_standard_input(command: Command, sample_store: str, alarm: str) -> None:
    done = command.run("trace", "-", "--json", "--store", sample_store, stdin=f"{alarm}\n")
    assert [found["id"] for found in json.loads(done.stdout)["candidates"]] == [alarm]


def test_people_see_digits_accounts_and_grades(command: Command, sample_store: str, alarm: str) -> None:
    text = command.run("chains", "--min-sessions", "3", "--store", sample_store).stdout
    assert alarm in text
    assert re.search(r" 3 +3 role sessions · \d accounts?", text)
    assert re.search(r"→  1 .*→  2 .*→  3 ", text)
    assert re.search(r"\b\d{12}\b", text)
    assert "proved 1.00" in text or "strong" in text
    shown = command.run("show", alarm, "--store", sample_store).stdout
    assert "role sessions" in shown
    assert "credential" in shown


def test_colour_is_for_terminals(command: Command, sample_store: str) -> None:
    plain = command.run("chains", "--store", sample_store).stdout
    assert "\x1b[" not in plain
    coloured = command.run("chains", "--store", sample_store, FORCE_COLOR="1").stdout
    assert "\x1b[" in coloured


def test_a_reader_that_goes_away_is_no_error(command: Command, sample_store: str) -> None:
    line = f"{' '.join(ROLETRAIL)} chains --all --min-sessions 1 --store {sample_store} | head -n 1"
    done = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False, env=command.environment({})
    )
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_nothing_to_show_says_what_to_try(command: Command, sample_store: str) -> None:
    done = command.run("chains", "--min-sessions", "50", "--store", sample_store)
    assert done.returncode == 0
    assert "--min-sessions 1" in done.stderr
    assert command.json("chains", "--min-sessions", "50", "--json", "--store", sample_store) == []
    done = command.run("responders", "list", "--store", sample_store)
    assert (done.returncode, done.stdout) == (0, "")
    assert "roletrail responders declare" in done.stderr


def test_coverage_and_impact_are_the_answers_of_the_api(
    command: Command, sample_store: str, reader: httpx.Client, alarm: str
) -> None:
    window = {"account": "222222222222", "from": "2026-11-01"}
    options = [text for name, value in window.items() for text in (f"--{name}", value)]
    found = command.json("coverage", *options, "--json", "--store", sample_store)
    assert found == reader.get("/api/v1/coverage", params=window).json()
    assert (
        command.json("impact", alarm, "--json", "--store", sample_store) == reader.get(f"/api/v1/sessions/{alarm}/impact").json()
    )


def test_coverage_and_impact_for_people(command: Command, sample_store: str, alarm: str) -> None:
    covered = command.run("coverage", "--store", sample_store)
    assert covered.returncode == 0
    assert re.search(r"^222222222222 +eu-central-1 .* no digest", covered.stdout, re.MULTILINE)
    done = command.run("impact", alarm, "--store", sample_store)
    assert [line.split(":")[0] for line in done.stdout.splitlines() if re.match(r"(read|shared|destroyed|spent):", line)] == [
        "read", "shared", "destroyed", "spent",
    ]  # fmt: skip
    assert "can neither be shown nor excluded" in " ".join(done.stdout.split())
    wrong = command.run("coverage", "--account", "12", "--store", sample_store)
    assert (wrong.returncode, "12 digits" in wrong.stderr) == (2, True)
