"""A Neo4j server that forbids, is away and comes back, or is read-only: whoever runs Roletrail is told what to do.

The tests go on from one another: the first finds it with little memory, the last one makes it read-only.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from roletrail import cli
from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.errors import InvalidRequest, RoletrailError, StoreUnavailable
from roletrail.ingest.clock import iso
from roletrail.ingest.linking import link_pending
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.judging import FindingQuery
from roletrail.stores.neo4j import Address, Neo4jStore
from roletrail.stores.neo4j.connection import Connection, Cypher, explained
from roletrail.stores.port import ChainQuery, StoreAway, TooMuchAtOnce
from roletrail.usecases.findings.evaluate import evaluate
from tests.neo4j_server.owned import Owned
from tests.support.neo4j_graphs import commit_whole, log_files, parts_of
from tests.support.served import SAMPLE, serving

READ_ONLY = "server.databases.default_to_read_only=true\n"


def told(error: RoletrailError) -> str:
    return f"{error.detail} {error.hint}"


def test_little_memory_takes_a_load_in_smaller_pieces(owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a commit as of linking and judging, and all come to what a store with enough of it holds."""
    told_by: list[str] = []
    writing = Connection.writing

    @contextmanager
    def watched(self: Connection) -> Generator[Cypher]:
        try:
            with writing(self) as cypher:
                yield cypher
        except TooMuchAtOnce:
            told_by.append(stage)
            raise

    monkeypatch.setattr(Connection, "writing", watched)
    paths = list(log_files(["sample/company-noise"]))[:90]
    store, plenty = Neo4jStore(owned.address()), EmbeddedStore(tmp_path / "plenty")
    for one in (plenty, store):
        stage = "commit"
        commit_whole(one, parts_of(paths), paths, 2 << 24)
        stage = "link"
        link_pending(one)
        stage = "judge"
        evaluate(one, local_actor())
    assert {"commit", "link", "judge"} == set(told_by), "the server had memory enough: this tests nothing"
    assert store.findings(FindingQuery()) == plenty.findings(FindingQuery())
    assert list(store.export()) == list(plenty.export())
    assert store.totals() == plenty.totals()
    store.close()
    plenty.close()


@pytest.mark.parametrize(
    ("user", "password", "database", "says"),
    [
        ("neo4j", "wrong-password", "neo4j", "ROLETRAIL_NEO4J_PASSWORD"),
        ("", "", "neo4j", "ROLETRAIL_NEO4J_PASSWORD"),
        ("neo4j", Owned.password, "elsewhere", "no database of this name"),
    ],
)
def test_who_asks_wrongly_is_told_what_to_set(owned: Owned, user: str, password: str, database: str, says: str) -> None:
    with pytest.raises(StoreUnavailable) as failed:
        Neo4jStore(owned.address(user=user, password=password, database=database))
    assert says in told(failed.value)
    assert password == "" or password not in told(failed.value)


@pytest.mark.parametrize(
    "url", ["neo4j://neo4j:secret@127.0.0.1:7687/neo4j", "neo4j://h:1/a/b", "neo4j:///x", "bolt://h:1/a?b=c"]
)
def test_a_url_with_credentials_is_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(InvalidRequest) as failed:
        open_graph(url, create=True)
    assert "secret" not in told(failed.value)


def test_a_server_that_is_away_is_told_with_its_hour_and_comes_back(
    owned: Owned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """In the store's errors, on the page, in the API and on the command line; the page recovers by itself."""
    for name, value in owned.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("archive", "app_db", "inventory"):
        monkeypatch.setenv(f"ROLETRAIL_{name.upper()}", str(tmp_path / name))
    store = Neo4jStore(owned.address())

    def said(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        try:
            code = cli.run(list(arguments))
        except SystemExit as ended:  # how a command ends that went well
            code = int(ended.code or 0)
        out, errors = capfdbinary.readouterr()
        return code, out.decode(), errors.decode()

    code, _, errors = said("ingest", "--workers", "1", str(SAMPLE / "ssrf-instance"), "--store", owned.url)
    assert code == 0, errors
    held = list(store.export())
    session = store.chains(ChainQuery(min_sessions=1))[0][0].id
    with serving(owned.url) as served, served.browser() as browser, served.reader() as reader:
        for command in (("chains",), ("show", session), ("trace", session), ("findings",), ("off-instance",), ("health",)):
            code, out, errors = said(*command, "--json", "--store", owned.url)
            assert code == 0, (command, errors)
            assert json.loads(out), command
        assert browser.get("/chains").status_code == 200
        before = int(time.time())
        owned.server.kill()
        page, again = browser.get("/chains"), browser.get("/chains")
        assert page.status_code == again.status_code == 503
        assert page.headers["refresh"]
        since = re.findall(r"has not answered since (\S+Z)\.", page.text)
        assert len(since) == 1, page.text
        assert since[0] in again.text
        assert iso(before) <= since[0] <= iso(int(time.time()))
        problem = reader.get("/api/v1/chains").json()
        assert since[0] in problem["detail"]
        code, _, errors = said("chains", "--store", owned.url)
        assert code == StoreUnavailable.exit_code
        assert "cannot be reached" in errors
        assert "Start it" in errors
        owned.restart()
        owned.wait()
        assert browser.get("/chains").status_code == 200, "the page does not recover"
        assert session in reader.get("/api/v1/chains").text
    assert list(store.export()) == held, "a SIGKILL took what was acknowledged"
    store.close()


def test_a_read_only_server_answers_and_says_that_it_takes_nothing(owned: Owned) -> None:
    owned.restart(READ_ONLY)
    owned.wait()
    store = Neo4jStore(owned.address())
    assert store.totals().events > 0
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.begin_run()
    store.close()


def test_errors_of_no_kind_we_know_are_still_sentences() -> None:
    error = explained(OSError("no route"), Address("neo4j://h:1", "neo4j", "", ""))
    assert isinstance(error, StoreAway)
