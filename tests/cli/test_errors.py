"""What goes wrong is one clear sentence with a hint on stderr and an exit code; never a traceback."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Command

INVALID, NOT_FOUND, STORE, INPUT = 2, 3, 5, 6


def expect(done: object, code: int, *words: str) -> None:
    stderr: str = done.stderr  # type: ignore[attr-defined]
    assert done.returncode == code, stderr  # type: ignore[attr-defined]
    assert done.stdout == ""  # type: ignore[attr-defined]
    assert "Traceback" not in stderr
    first = stderr.splitlines()[0]
    assert first.startswith("error: "), stderr
    for word in words:
        assert word in stderr


def test_no_store(command: Command) -> None:
    done = command.run("chains", "--store", "sqlite:///nothing.sqlite")
    expect(done, STORE, "nothing.sqlite", "roletrail ingest")
    assert list(command.folder.iterdir()) == [], "reading made files"


def test_no_database(command: Command) -> None:
    (command.folder / "x.sqlite").write_text("This is a text that is long enough to be taken for a header of something." * 50)
    expect(command.run("chains", "--store", "sqlite:///x.sqlite"), STORE, "x.sqlite")


def test_somebody_elses_database(command: Command) -> None:
    connection = sqlite3.connect(command.folder / "x.sqlite")
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    expect(command.run("chains", "--store", "sqlite:///x.sqlite"), STORE, "not a Roletrail graph store")


def test_a_newer_store(command: Command, tmp_path: Path) -> None:
    log = tmp_path / "events.json"
    log.write_text('{"Records": []}')
    assert command.run("ingest", str(log), "--store", "sqlite:///x.sqlite").returncode == 0
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    connection.execute("PRAGMA user_version = 900")
    connection.close()
    for arguments in (["chains"], ["ingest", str(log)], ["serve", "--port", "0"]):
        expect(command.run(*arguments, "--store", "sqlite:///x.sqlite"), STORE, "schema 900")


def test_an_unreadable_store(command: Command, tmp_path: Path) -> None:
    """Root reads whatever the mode says, so the test makes the path itself impossible."""
    (tmp_path / "file").touch()
    expect(command.run("chains", "--store", "sqlite:///file/x.sqlite"), STORE, "file/x.sqlite")
    expect(command.run("ingest", str(tmp_path / "file"), "--store", "sqlite:///file/x.sqlite"), STORE, "file/x.sqlite")


def test_a_folder_as_store(command: Command) -> None:
    (command.folder / "x.sqlite").mkdir()
    expect(command.run("ingest", str(command.folder), "--store", "sqlite:///x.sqlite"), STORE, "x.sqlite")


def test_a_neo4j_server_that_is_away(command: Command) -> None:
    done = command.run("chains", "--store", "neo4j://127.0.0.1:1/neo4j")
    expect(done, STORE, "127.0.0.1:1 cannot be reached", "Start it")
    assert len(done.stderr.splitlines()) == 2, done.stderr


@pytest.mark.parametrize("store", ["postgres://x", "sqlite:///", "nonsense", ""])
def test_no_kind_of_store(command: Command, store: str) -> None:
    expect(command.run("chains", "--store", store), INVALID, "sqlite:///")


def test_a_path_that_is_not_there(command: Command) -> None:
    done = command.run("ingest", "no/such/place", "--store", "sqlite:///x.sqlite")
    expect(done, INPUT, "no/such/place")


def test_a_port_in_use(command: Command, sample_store: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        expect(command.run("serve", "--port", port, "--store", sample_store), STORE, f"Port {port} is in use")


def test_listening_for_everybody(command: Command, sample_store: str) -> None:
    expect(command.run("serve", "--host", "0.0.0.0", "--port", "0", "--store", sample_store), INVALID, "Refusing to listen")


def test_a_host_that_is_none(command: Command, sample_store: str) -> None:
    expect(
        command.run("serve", "--host", "no-such-host.invalid", "--port", "0", "--store", sample_store),
        INVALID,
        "no-such-host.invalid",
    )


def test_a_setting_that_is_not_usable(command: Command) -> None:
    expect(command.run("chains", ROLETRAIL_PORT="eighty"), INVALID, "ROLETRAIL_PORT")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["chains", "--min-sessions", "x"], "min_sessions"),
        (["chains", "--tone", "red"], "tone"),
        (["chains", "--from", "yesterday"], "from"),
        (["chains", "--q", "ab"], "q"),
        (["events", "abc", "--after", "x"], "after"),
    ],
)
def test_values_nobody_can_use(command: Command, sample_store: str, arguments: list[str], word: str) -> None:
    done = command.run(*arguments, "--store", sample_store)
    if arguments[0] == "events":
        expect(done, NOT_FOUND)
    else:
        expect(done, INVALID, word)


def test_sessions_that_are_not_there(command: Command, sample_store: str) -> None:
    for verb in ("show", "events"):
        expect(command.run(verb, "abcdefghijklmnopqrst", "--store", sample_store), NOT_FOUND, "no session")
    expect(command.run("event", "x", "--store", sample_store), NOT_FOUND, "no event")


def test_no_server_yet(command: Command) -> None:
    expect(command.run("token", "launch", "--store", "sqlite:///x.sqlite"), INVALID, "roletrail serve")


@pytest.mark.parametrize("arguments", [["chains", "--colour", "red"], ["nothing"], ["events"], ["chains", "--limit"]])
def test_usage(command: Command, arguments: list[str]) -> None:
    done = command.run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Error" in done.stderr


def test_arguments_that_are_no_text(command: Command, sample_store: str) -> None:
    done = command.run("trace", "\udcff\udcfe!", "--store", sample_store)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_version(command: Command) -> None:
    assert command.run("--version").stdout.startswith("roletrail ")
    text = command.run("--help").stdout
    for verb in ("ingest", "chains", "events", "trace", "show", "serve", "demo", "health", "token"):
        assert verb in text
