"""Three places of state: graph, archive, app database; who writes where (ADR 0005)."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from roletrail.cli import run
from roletrail.errors import InvalidRequest
from roletrail.settings import load
from tests.support.served import SAMPLE, Served, serving

LOGS = SAMPLE / "ssrf-instance" / "AWSLogs"


def command(*arguments: str) -> None:
    try:
        code: object = run(list(arguments))
    except SystemExit as end:
        code = end.code
    assert not code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    command("ingest", str(LOGS), "--store", f"sqlite:///{tmp_path}/graph.sqlite")
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file; the write-ahead log and its index come and go."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_archive_and_app_database_lie_beside_the_graph_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = load(store="sqlite:////data/graph.sqlite")
    assert (str(beside.archive_path), str(beside.app_db_path)) == ("/data/graph.sqlite.archive", "/data/graph.sqlite.app")
    monkeypatch.setenv("ROLETRAIL_ARCHIVE", "/rows")
    monkeypatch.setenv("ROLETRAIL_APP_DB", "/people.db")
    apart = load(store="sqlite:////data/graph.sqlite")
    assert (str(apart.archive_path), str(apart.app_db_path)) == ("/rows", "/people.db")
    monkeypatch.delenv("ROLETRAIL_ARCHIVE")
    with pytest.raises(InvalidRequest, match="no default place"):
        _ = load(store="neo4j://graph").archive_path


def test_ingest_leaves_the_row_of_its_run_in_the_app_database_and_nothing_else(folder: Path) -> None:
    with sqlite3.connect(folder / "graph.sqlite.app") as app:
        tables = [name for (name,) in app.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        filled = {name for name in tables if app.execute(f"SELECT count(*) FROM {name}").fetchone()[0]}
    assert filled == {"ingest_job"}


def test_reading_commands_write_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(folder)
    store = ("--store", f"sqlite:///{folder}/graph.sqlite")
    command("chains", *store)
    command("trace", "192.0.2.1", *store)
    command("health", *store)
    assert capsys.readouterr().out
    assert contents(folder) == before


def test_serving_writes_only_what_people_do(folder: Path) -> None:
    before = contents(folder)
    with serving(f"sqlite:///{folder}/graph.sqlite") as served, served.browser() as client:
        look_around(client.get, served)
    changed = {name for name, digest in contents(folder).items() if before.get(name) != digest}
    assert {name.split("/")[0] for name in changed} == {"graph.sqlite.app"}


def look_around(get, served: Served) -> None:  # noqa: ANN001
    for path in ("/", "/chains", "/api/v1/chains", "/api/v1/health"):
        assert get(path).status_code == 200, (served.url, path)


def test_everything_is_its_owners_alone(folder: Path) -> None:
    with serving(f"sqlite:///{folder}/graph.sqlite") as served, served.reader() as client:
        assert client.get("/api/v1/chains").status_code == 200
        files = {path for path in folder.rglob("*") if path.is_file()}
        assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {"0o600"}
        assert len(files) >= 4


def test_graph_and_archive_can_be_made_again_without_what_people_did(folder: Path) -> None:
    store = f"sqlite:///{folder}/graph.sqlite"
    with serving(store) as served, served.client(token := served.token()) as client:
        before = client.get("/api/v1/chains").json()
        assert before["items"]
    for path in folder.glob("graph.sqlite*"):
        if path.is_dir():
            shutil.rmtree(path)
        elif not path.name.startswith("graph.sqlite.app"):
            path.unlink()
    command("ingest", str(LOGS), "--store", store)
    with serving(store) as served, served.client(token) as client:
        assert client.get("/api/v1/chains").json() == before


def test_a_credential_of_one_app_database_opens_nothing_of_another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = f"sqlite:///{folder}/graph.sqlite"
    with serving(store) as one:
        token = one.token()
        monkeypatch.setenv("ROLETRAIL_APP_DB", str(folder / "other.app"))
        with serving(store) as two, two.client(token) as client:
            assert client.get("/api/v1/health").status_code == 401
        with one.client(token) as client:
            assert client.get("/api/v1/health").status_code == 200
