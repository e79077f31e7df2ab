"""Reports and downloads over HTTP: five graded sentences, the same content in every format, an export scope for events."""

from __future__ import annotations

import csv
import html
import io
import json
from typing import Any

import httpx
import pytest

from roletrail.auth.audit import AuditLog
from tests.support.served import Served

GRADES = {"proved", "likely", "cannot be known"}


@pytest.fixture(scope="module")
def stolen(reader: httpx.Client) -> str:
    return reader.get("/api/v1/chains", params={"q": "backup", "min_sessions": 3}).json()["items"][0]["session_id"]


@pytest.fixture(scope="module")
def exporter(served: Served) -> Any:
    with served.client(served.token("read", "export")) as client:
        yield client


def test_a_report_has_five_graded_sentences(reader: httpx.Client, stolen: str) -> None:
    found = reader.get(f"/api/v1/sessions/{stolen}/report").json()
    assert len(found["management"]) == 5
    assert {one["grade"] for one in found["management"]} <= GRADES
    assert found["management"][-1]["grade"] == "cannot be known"
    assert "CreateAccessKey" in found["management"][2]["text"]
    assert found["digest_state"]
    assert found["does_not_expire"]
    assert len(found["content_hash"]) == 64
    again = reader.get(f"/api/v1/sessions/{stolen}/report").json()
    assert again["content_hash"] == found["content_hash"]


def test_every_chain_can_be_reported(reader: httpx.Client) -> None:
    chains = reader.get("/api/v1/chains/shapes", params={"min_sessions": 1}).json()["items"]
    for shape in chains:
        found = reader.get(f"/api/v1/sessions/{shape['examples'][0]['session_id']}/report").json()
        assert [one for one in found["management"] if not one["text"].endswith(".")] == []
        if found["session"]["chain"]["path"][0]["kind"] == "unknown":
            assert found["management"][0]["grade"] == "cannot be known"


@pytest.mark.parametrize(
    ("format_", "media"),
    [
        ("html", "text/html"),
        ("markdown", "text/markdown"),
        ("json", "application/json"),
        ("svg", "image/svg+xml"),
        ("timeline", "image/svg+xml"),
        ("csv", "text/csv"),
        ("jsonl", "application/x-ndjson"),
    ],
)
def test_every_format_is_a_file_and_leaves_a_row_in_the_audit_log(
    served: Served, exporter: httpx.Client, stolen: str, format_: str, media: str
) -> None:
    log = AuditLog(served.access.app)
    before = next((row.n for row in log.newest(0, 1)), 0)
    answer = exporter.get(f"/api/v1/sessions/{stolen}/export/{format_}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "data-platform-admin" in answer.text or format_ in ("csv", "jsonl")
    action = "events.export" if format_ in ("csv", "jsonl") else "report.read"
    rows = [row for row in log.newest(0, 50) if row.n > before and row.resource == stolen]
    assert [row.via for row in rows if row.action == action] == ["token"]


def test_events_leave_complete(exporter: httpx.Client, stolen: str) -> None:
    expected = [event["event_id"] for event in exporter.get(f"/api/v1/sessions/{stolen}/events").json()["items"]]
    rows = list(csv.DictReader(io.StringIO(exporter.get(f"/api/v1/sessions/{stolen}/export/csv").text)))
    assert [row["event_id"] for row in rows] == expected
    lines = exporter.get(f"/api/v1/sessions/{stolen}/export/jsonl").text.splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == expected


def test_events_need_the_export_scope(reader: httpx.Client, stolen: str) -> None:
    assert reader.get(f"/api/v1/sessions/{stolen}/export/csv").status_code == 403
    assert reader.get(f"/api/v1/sessions/{stolen}/export/markdown").status_code == 200


def test_an_unknown_format_is_named(exporter: httpx.Client, stolen: str) -> None:
    answer = exporter.get(f"/api/v1/sessions/{stolen}/export/docx")
    assert answer.status_code == 422
    assert "markdown" in answer.text


def test_marks_bound_impact_report_and_home(served: Served, stolen: str) -> None:
    with served.client(served.token("read", "investigate", role="analyst")) as client:
        place = f"/api/v1/sessions/{stolen}"
        plain = client.get(f"{place}/report").json()
        assert plain["impact"]["marked"] == ""
        top = next(row["node"]["id"] for row in plain["session"]["tree"] if row["node"]["kind"] == "key")
        mark = client.post("/api/v1/marks", json={"side": "unclear", "session_id": top}).json()
        try:
            report, home = client.get(f"{place}/report").json(), client.get("/api/v1/home").json()
            assert client.get(f"{place}/impact").json()["marked"] == report["impact"]["marked"] != ""
            assert top in {one["id"] for one in home["unclear"]}
            assert top not in {one["id"] for one in home["live"]}
            assert any("unclear whose" in one for one in report["does_not_expire"])
            with served.browser() as browser:
                assert "unclear whose" in browser.get("/").text
                assert report["impact"]["marked"] in html.unescape(browser.get(f"/sessions/{stolen}").text)
        finally:
            client.delete(f"/api/v1/marks/{mark['id']}")
