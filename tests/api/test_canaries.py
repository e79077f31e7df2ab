"""Secret canaries in 20 places of records: none in any file, answer, export, share, audit row or log line of ours, and none in
what is left where reading a record, judging it or answering with it fails."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from roletrail import cli
from roletrail.auth.actor import SCOPES
from roletrail.cli import BUG
from roletrail.ingest import reduce
from roletrail.usecases import events
from roletrail.usecases.findings import gathering
from tests.support.served import Served, ingest, serving

LOGS = Path(__file__).parents[1] / "scenarios" / "t01-one-assumption" / "events.json"
CANARY = re.compile(r"CANARY-\d\d-SECRET")
STREAMS = ("/live", "/stream")


def places(record: dict[str, Any]) -> int:
    """Put one canary into each of 20 places of a record; returns how many."""
    canaries = (f"CANARY-{n:02}-SECRET" for n in range(100))
    asked = record["requestParameters"] = {**(record.get("requestParameters") or {})}
    told = record["responseElements"] = {**(record.get("responseElements") or {})}
    told["credentials"] = {**(told.get("credentials") or {}), "secretAccessKey": next(canaries), "sessionToken": next(canaries)}
    told["accessKey"] = {"secretAccessKey": next(canaries), "status": "Active"}
    told["SecretString"] = next(canaries)
    told["plaintext"] = {"bytes": next(canaries)}
    told["keyMaterial"] = next(canaries)
    told["idToken"] = next(canaries)
    told["deep"] = [{"list": [{"refreshToken": next(canaries)}]}]
    asked["sAMLAssertion"] = next(canaries)
    asked["webIdentityToken"] = next(canaries)
    asked["tokenCode"] = next(canaries)
    asked["password"] = next(canaries)
    asked["masterUserPassword"] = next(canaries)
    asked["clientSecret"] = next(canaries)
    asked["asText"] = json.dumps({"inner": {"newPassword": next(canaries)}})
    asked["twice"] = json.dumps({"inner": json.dumps({"privateKey": next(canaries)})})
    record["additionalEventData"] = {"accessToken": next(canaries), "code_verifier": next(canaries)}
    record["serviceEventDetails"] = {"base32StringSeed": next(canaries)}
    record["addendum"] = {"reason": "UPDATED_DATA", "sessionToken": next(canaries)}
    return len(set(CANARY.findall(json.dumps(record))))


def test_no_canary_is_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    document = json.loads(LOGS.read_text())
    assert {places(record) for record in document["Records"]} == {20}
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "events.json").write_text(json.dumps(document))
    kept = tmp_path / "kept"
    kept.mkdir()
    caplog.set_level(logging.DEBUG)
    store = f"sqlite:///{kept / 'r.sqlite'}"
    ingest(store, logs / "events.json")
    with serving(store) as served:
        answers = everything(served)
    assert sum("accessKeyId" in answer or "ASIA" in answer for answer in answers) > 3
    for answer in answers:
        assert not CANARY.search(answer), CANARY.findall(answer)
    assert not CANARY.search(caplog.text)
    assert files_without(kept) > 3


def files_without(kept: Path) -> int:
    """How many files there are, none of which holds a canary."""
    read = 0
    for path in kept.rglob("*"):
        if path.is_file():
            read += 1
            assert not CANARY.search(path.read_bytes().decode("latin-1")), path.name
        if path.suffix == ".parquet":
            assert not CANARY.search(repr(pq.read_table(path).to_pylist())), path.name
    return read


def broken(document: Any) -> dict[str, bytes]:
    """Files with canaries of which nothing can be read, or not all: cut off, no UTF-8, no JSON, records without what they need."""
    text = json.dumps(document).encode()
    middle = text.index(b"CANARY-07-SECRET")
    timeless = {
        "Records": [
            {**record, "eventID": "x", "eventTime": record["requestParameters"]["sAMLAssertion"]}
            for record in document["Records"]
        ]
    }
    return {
        "cut.json": text[: middle + len(b"CANARY-07-SECRET")],
        "bytes.json": text[:middle] + b"\xff\xfe" + text[middle:],
        "comma.json": text.replace(b'": "CANARY-07-SECRET', b'" "CANARY-07-SECRET', 1),
        "timeless.json": json.dumps(timeless).encode(),
    }


def test_no_canary_is_in_what_a_failure_leaves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step that has a record in hand fails with all it has in its message, and every traceback is logged."""
    document = json.loads(LOGS.read_text())
    for record in document["Records"]:
        places(record)
    logs, kept = tmp_path / "logs", tmp_path / "kept"
    for folder in (logs, kept):
        folder.mkdir()
    for name, content in broken(document).items():
        (logs / name).write_bytes(content)
    (tmp_path / "events.json").write_text(json.dumps(document))
    monkeypatch.setenv("ROLETRAIL_LOG_LEVEL", "DEBUG")
    store = f"sqlite:///{kept / 'r.sqlite'}"

    def run(*arguments: str) -> object:
        try:
            return cli.run([*arguments, "--store", store])
        except SystemExit as stop:
            return stop.code

    run("ingest", str(logs))
    for room, name, code in ((reduce.fold, "fold", BUG), (gathering.Gathering, "stories", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(room, name, failing)
            assert run("ingest", str(tmp_path / "events.json")) == code
        run("ingest", str(tmp_path / "events.json"))
    with serving(store) as served, served.reader() as client:
        assert client.get("/api/v1/health").json()["quarantined"] > 0
        monkeypatch.setattr(events, "EventView", failing)
        chain = client.get("/api/v1/chains", params={"min_sessions": 1}).json()["items"][0]
        reference = chain["path"][-1]["edge"]["evidence_refs"][0]
        assert client.get(f"/api/v1/events/{reference}").status_code == 500
        answers = [client.get(place).text for place in ("/data", "/api/v1/quarantine", "/api/v1/objects")]
    printed = capfd.readouterr()
    said = [printed.out, printed.err, caplog.text, *answers]
    assert "Traceback" in printed.err + caplog.text
    assert "all there was" in printed.err + caplog.text
    for text in said:
        assert not CANARY.search(text), CANARY.findall(text)
    assert files_without(kept) > 3


def failing(*had: Any, **more: Any) -> None:
    raise RuntimeError(f"all there was: {had!r} {more!r}")


def everything(served: Served) -> list[str]:
    """What every reading route answers of every session and event, an investigation, its export, a share and the audit log."""
    found: list[str] = []
    with served.client(served.token(*SCOPES, role="admin")) as client:

        def ask(method: str, place: str, body: Any = None) -> Any:
            answer = client.request(method, place, json=body) if body is not None else client.request(method, place)
            assert answer.status_code < 500, place
            found.append(answer.text)
            return answer

        chains = ask("GET", "/api/v1/chains?min_sessions=1").json()["items"]
        sessions = {node["id"] for chain in chains for node in chain["path"] if node["id"]}
        references = set()
        for id_ in sessions:
            rows = ask("GET", f"/api/v1/sessions/{id_}/events").json()
            references |= {row["event_ref"] for row in rows.get("items", [])}
        assert len(references) > 1
        for method, path in served.routes():
            if method == "GET" and not any(stream in path for stream in STREAMS):
                for id_ in sessions if "/sessions/{" in path else ["x"]:
                    with client.stream("GET", re.sub(r"{[^}]*}", id_, path)) as answer:
                        if "event-stream" not in answer.headers.get("content-type", ""):
                            found.append(answer.read().decode("utf-8", "replace"))
        case = ask("POST", "/api/v1/investigations", {"title": "Canaries"}).json()["id"]
        for kind, targets in (("chain", [chain["session_id"] for chain in chains]), ("event", references)):
            for target in targets:
                ask("POST", f"/api/v1/investigations/{case}/pins", {"kind": kind, "target": target})
        for reference in references:
            record = ask("GET", f"/api/v1/events/{reference}").json()["record"]
            assert "(dropped)" in json.dumps(record)
        for place in ("", "/export", "/handover"):
            ask("GET", f"/api/v1/investigations/{case}{place}")
        share = ask("POST", "/api/v1/shares", {"kind": "investigation", "subject": case, "may_download": True}).json()
    with served.client() as stranger:
        place = stranger.get(share["path"]).headers["location"]
        stranger.post(f"{place}/open", headers={"Sec-Fetch-Site": "same-origin"})
        found += [stranger.get(place).text, stranger.get(f"{place}/snapshot.json").text]
    return found
