"""Uploads: taken in by a process of their own, watched and stopped through a row."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_ports, uploads_folder
from roletrail.ingest.jobs import MOST_WAITING, SILENT_SECONDS, Jobs
from roletrail.investigations.book import Casebook
from roletrail.loaders import intake_of
from roletrail.settings import load
from roletrail.stores.port import ChainQuery
from roletrail.usecases.chains import listing as chains
from roletrail.usecases.investigations import cases as investigations
from roletrail.usecases.loading.ingests import run_ingest
from tests.scenarios.recipes.assuming import three_accounts
from tests.support import layout
from tests.support.served import Served, serving

RECORDS = three_accounts().records
BODY = layout.packed(RECORDS)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = f"sqlite:///{tmp_path_factory.mktemp('uploads') / 'store.sqlite'}"
    load_once = load(store=store)
    with intake_of(load_once).store():
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROLETRAIL_UPLOAD_MB", "1")
        with serving(store) as served:
            yield served


@pytest.fixture
def uploader(own: Served) -> Iterator[httpx.Client]:
    with own.client(own.token("read", "ingest", role="analyst")) as client:
        yield client


def ended(client: httpx.Client, id_: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    found: dict[str, Any] = {}
    while time.monotonic() < end:
        found = client.get(f"/api/v1/ingests/{id_}").json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def test_an_upload_is_taken_in_and_seen(uploader: httpx.Client, own: Served) -> None:
    answer = uploader.post("/api/v1/ingests", params={"name": "../../export <1>.json.gz"}, content=BODY)
    assert answer.status_code == 202
    first = answer.json()
    assert answer.headers["location"] == f"/api/v1/ingests/{first['id']}"
    assert (first["name"], first["bytes"]) == (".._.._export_1_.json.gz", len(BODY))
    done = ended(uploader, first["id"])
    assert (done["state"], done["events"], done["quarantined"]) == ("done", len({record["eventID"] for record in RECORDS}), 0)
    assert uploader.get("/api/v1/health").json()["chains_3"] == 1
    again = ended(uploader, uploader.post("/api/v1/ingests", content=BODY).json()["id"])
    assert (again["state"], again["events"]) == ("done", 0)
    listed = uploader.get("/api/v1/ingests", params={"limit": 1}).json()
    assert listed["items"][0]["id"] in (first["id"], again["id"])
    (rest,) = uploader.get("/api/v1/ingests", params={"limit": 1, "after": listed["next"]}).json()["items"]
    assert {rest["id"], listed["items"][0]["id"]} == {first["id"], again["id"]}
    assert not [path for path in own.ports.uploads.folder.iterdir() if path.name != ".lock"], "nothing is left"


def test_what_is_no_log_says_why(uploader: httpx.Client) -> None:
    found = ended(uploader, uploader.post("/api/v1/ingests", content=b"hello").json()["id"])
    assert (found["state"], found["reasons"]) == ("done", {"not_cloudtrail": 1})


def test_limits(uploader: httpx.Client, own: Served) -> None:
    assert uploader.post("/api/v1/ingests", content=b"").status_code == 422
    large = b" " * (own.ports.uploads.most_bytes + 1)
    for content in (large, iter([large])):  # with its length, and without
        answer = uploader.post("/api/v1/ingests", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not list(own.ports.uploads.folder.glob("*.part"))


def test_who_may(own: Served) -> None:
    for token in (own.token("read", role="analyst"), own.token("ingest", role="viewer")):
        with own.client(token) as client:
            assert client.post("/api/v1/ingests", content=BODY).status_code == 403
            assert client.post("/api/v1/ingests/x/cancel").status_code == 403
    with own.client() as stranger:
        assert stranger.post("/api/v1/ingests", content=BODY).status_code == 401
    with own.reader() as reader:
        assert reader.get("/api/v1/ingests").status_code == 200
        assert reader.get("/api/v1/ingests/none").status_code == 404


# --- the row ----------------------------------------------------------------------------------------------------------


class Desk:
    """A store with an upload that waits, and no server."""

    def __init__(self, folder: Path, body: bytes) -> None:
        self.settings = load(store=f"sqlite:///{folder / 'store.sqlite'}", workers=1)
        self.now = time.time()
        self.app = AppDatabase(self.settings.app_db_path, lambda: self.now)
        self.jobs = Jobs(self.app)
        self.folder = uploads_folder(self.settings)
        self.folder.mkdir()
        self.id = ""
        self.wait(body)

    def wait(self, body: bytes) -> None:
        self.id = self.jobs.new("x.json.gz", hashlib.sha256(body).hexdigest(), len(body), "somebody")
        (self.folder / self.id).write_bytes(body)

    def run(self) -> Any:
        return run_ingest(self.app, intake_of(self.settings), self.folder, local_actor(), self.id)


def test_growth_of_a_watched_pin_is_noticed_by_whatever_takes_logs_in(tmp_path: Path) -> None:
    desk = Desk(tmp_path, layout.packed(RECORDS[:-1]))
    desk.run()
    ports = open_ports(desk.settings)
    try:
        (chain, *_) = chains.list_chains(ports.graph, local_actor(), ChainQuery()).items
        case = investigations.create_investigation(ports, local_actor(), "Growing").id
        investigations.pin(ports, local_actor(), case, "chain", chain.session_id)
        desk.wait(BODY)
        desk.run()
        (pin,) = Casebook(ports.app).every_pin()
        assert "more calls" in pin.grown
    finally:
        ports.close()


def test_one_that_waits_is_cancelled_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BODY)
    desk.jobs.cancel(desk.id)
    assert desk.run().state == "cancelled"
    assert not (desk.folder / desk.id).exists()


def test_one_that_runs_stops_between_two_commits_and_what_is_in_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [RECORDS[0] | {"eventID": f"{number:032x}"} for number in range(120_000)]
    desk = Desk(tmp_path, gzip.compress(json.dumps({"Records": many}).encode(), 1))
    beat = Jobs.beat

    def and_cancel(self: Jobs, id_: str, progress: Any) -> bool:
        desk.jobs.cancel(id_)
        return beat(self, id_, progress)

    monkeypatch.setattr(Jobs, "beat", and_cancel)
    view = desk.run()
    assert (view.state, view.cancel_asked) == ("cancelled", True)
    assert view.detail.startswith("Stopped")


def test_one_whose_process_is_gone_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BODY)
    assert desk.jobs.start(desk.id)
    assert desk.jobs.get(desk.id).state == "running"
    desk.now += SILENT_SECONDS + 1
    gone = desk.jobs.get(desk.id)
    assert (gone.state, gone.detail.startswith("Its process ended")) == ("failed", True)


def test_too_many_wait(tmp_path: Path) -> None:
    from roletrail.errors import TooMany

    desk = Desk(tmp_path, BODY)
    for _ in range(MOST_WAITING - 1):
        desk.jobs.new("x", "0" * 64, 1, "somebody")
    with pytest.raises(TooMany):
        desk.jobs.new("x", "0" * 64, 1, "somebody")
