"""Containment plans over HTTP: of a session, a finding, an investigation; as JSON, Markdown and a script; in reports and shares."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from roletrail.detect.responders import Responder
from roletrail.investigations import respond
from roletrail.investigations.shares import ShareBook
from tests.support.served import Served

NAMES = ("artifact-reader", "deploy-shop", "data-platform-admin", "backup-sync", "svc-metrics-export")


@pytest.fixture(scope="module")
def stolen(reader: httpx.Client) -> str:
    return reader.get("/api/v1/chains", params={"q": "backup", "min_sessions": 3}).json()["items"][0]["session_id"]


@pytest.fixture
def analyst(served: Served) -> Iterator[httpx.Client]:
    with served.client(served.token("read", "investigate", "export", "admin", role="admin")) as client:
        yield client


def plan(client: httpx.Client, place: str, **asked: str) -> Any:
    answer = client.get(f"/api/v1/{place}/containment", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_plan_in_three_forms(reader: httpx.Client, stolen: str, tmp_path: Path) -> None:
    found = plan(reader, f"sessions/{stolen}")
    assert [phase["order"] for phase in found["phases"]] == [0, 1, 2, 3, 4]
    assert [step for phase in found["phases"] for step in phase["steps"]] == found["steps"]
    place = f"/api/v1/sessions/{stolen}/containment"
    written = reader.get(place, params={"format": "md"})
    assert written.headers["content-type"] == "text/markdown; charset=utf-8"
    script = reader.get(place, params={"format": "sh"})
    assert script.headers["content-type"] == "text/x-shellscript; charset=utf-8"
    for step in found["steps"]:
        assert f"### {step['number']} " in written.text
        assert step["script"] in script.text
        assert step["script"] in written.text
    (tmp_path / "plan.sh").write_text(script.text)
    subprocess.run(["bash", "-n", str(tmp_path / "plan.sh")], check=True)


def test_facts_the_logs_do_not_hold(reader: httpx.Client, stolen: str) -> None:
    managed = plan(reader, f"sessions/{stolen}", management_account="444444444444")
    assert next(step["step"] for step in managed["steps"] if step["order"] == 1) == "quarantine"
    mine = "arn:aws:iam::333333333333:role/pipeline/deploy-shop"
    assert plan(reader, f"sessions/{stolen}", responder=mine)["red"][0].startswith(mine)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"format": "pdf"}, "format"),
        ({"responder": "me"}, "responder"),
        ({"management_account": "12"}, "management_account"),
        ({"execute": "1"}, "execute"),
    ],
)
def test_what_cannot_be_asked(reader: httpx.Client, stolen: str, asked: dict[str, str], named: str) -> None:
    answer = reader.get(f"/api/v1/sessions/{stolen}/containment", params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]


def test_no_route_carries_a_plan_out(every_route: list[tuple[str, str]]) -> None:
    assert {method for method, path in every_route if "containment" in path} <= {"GET", "HEAD"}


def test_the_plan_of_a_finding(reader: httpx.Client) -> None:
    finding = reader.get("/api/v1/findings").json()["items"][0]
    found = plan(reader, f"findings/{finding['id']}")
    assert found["id"] == finding["session_id"]
    assert found["steps"] == plan(reader, f"sessions/{finding['session_id']}")["steps"]
    assert reader.get("/api/v1/findings/nothing/containment").status_code == 404


def test_the_plan_of_an_investigation(analyst: httpx.Client, reader: httpx.Client, stolen: str) -> None:
    """One plan over everything that is pinned: two chains, each step once, in one order."""
    case = analyst.post("/api/v1/investigations", json={"title": "Two ways in"}).json()["id"]
    assert analyst.get(f"/api/v1/investigations/{case}/containment").status_code == 404
    other = reader.get("/api/v1/chains", params={"q": "warehouse-loader", "min_sessions": 3}).json()["items"][0]["session_id"]
    for target in (stolen, other):
        analyst.post(f"/api/v1/investigations/{case}/pins", json={"kind": "chain", "target": target})
    found = plan(analyst, f"investigations/{case}")
    assert found["title"] == "Containment of Two ways in"
    revoked = {role for step in found["steps"] if step["step"] == "revoke sessions" for role in step["roles"]}
    assert revoked >= {
        "artifact-reader",
        "deploy-shop",
        "data-platform-admin",
        "storefront-web",
        "inventory-sync",
        "warehouse-loader",
    }
    assert len({step["id"] for step in found["steps"]}) == len(found["steps"])
    assert [step["order"] for step in found["steps"]] == sorted(step["order"] for step in found["steps"])


def test_a_declared_responder_is_known_to_the_plan(served: Served, reader: httpx.Client, stolen: str) -> None:
    role = "arn:aws:iam::222222222222:role/artifact-reader"
    declared = respond.declare(served.access.app, "lead", Responder(role), "break glass")
    try:
        assert plan(reader, f"sessions/{stolen}")["red"] == [
            f"{role} is to carry this plan out, and this plan cuts it off: use another way in before you begin."
        ]
    finally:
        respond.withdraw(served.access.app, declared)


def test_marks_shape_the_plan(analyst: httpx.Client, reader: httpx.Client, stolen: str) -> None:
    """What people marked as ours is not in the plan; all else of the chain still is."""
    path = reader.get(f"/api/v1/sessions/{stolen}").json()["chain"]["path"]
    reader_session = next(node["id"] for node in path if node["label"] == "artifact-reader")
    key = path[0]["id"]
    mark = analyst.post("/api/v1/marks", json={"side": "ours", "session_id": key}).json()["id"]
    other = analyst.post("/api/v1/marks", json={"side": "attacker", "session_id": reader_session}).json()["id"]
    try:
        found = plan(reader, f"sessions/{stolen}")
        assert key not in found["attacker_ids"]
        assert reader_session in found["attacker_ids"]
        assert "AKIATHPL2AOHOIQJHLW5" not in {step["key"] for step in found["steps"]}
    finally:
        for id_ in (mark, other):
            analyst.delete(f"/api/v1/marks/{id_}")


def test_a_report_holds_the_plan(reader: httpx.Client, stolen: str) -> None:
    steps = reader.get(f"/api/v1/sessions/{stolen}/report").json()["containment"]["steps"]
    assert [step["title"] for step in steps] == [step["title"] for step in plan(reader, f"sessions/{stolen}")["steps"]]


def test_a_share_holds_the_plan_without_names_and_numbers(served: Served, analyst: httpx.Client, stolen: str) -> None:
    made = analyst.post("/api/v1/shares", json={"kind": "session", "subject": stolen, "redaction": "names"})
    assert made.status_code == 201, made.text
    text = ShareBook(served.access.app).content(made.json()["share"]["id"]).decode()
    held = text[text.index('"containment"') :]
    assert "Revoke the sessions of role name-" in held
    assert "put-role-policy --role-name name-" in held
    assert not re.search(r"(?<![0-9])[0-9]{12}(?![0-9])", held)
    assert not [name for name in NAMES if name in held]
    assert not re.search(r"A[KS]IA[A-Z0-9]{8,}", held)
