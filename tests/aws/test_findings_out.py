"""Findings handed to AWS: Security Hub and EventBridge of a moto server, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roletrail import cli
from tests.support.aws import REGION, Cloud

SAMPLE = Path(__file__).parents[1] / "scenarios" / "t49-no-role-session" / "events.json"
HUB = "123456789012"


def run(*arguments: str) -> object:
    try:
        return cli.run(list(arguments))
    except SystemExit as stop:
        return stop.code


def test_findings_reach_security_hub_and_a_bus(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    hub = cloud.client("securityhub")
    hub.enable_security_hub()
    sqs, events = cloud.client("sqs"), cloud.client("events")
    queue = sqs.create_queue(QueueName="findings")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name="security")
    events.put_rule(Name="all", EventBusName="security", EventPattern=json.dumps({"source": ["roletrail"]}))
    events.put_targets(Rule="all", EventBusName="security", Targets=[{"Id": "queue", "Arn": arn}])
    monkeypatch.setenv("ROLETRAIL_ALERTS", f"securityhub:{HUB}@{REGION} eventbridge:security@{REGION}")
    monkeypatch.setenv("ROLETRAIL_PUBLIC_URL", "http://127.0.0.1:8765")
    store = f"sqlite:///{tmp_path / 'r.sqlite'}"
    assert not run("ingest", str(SAMPLE), "--store", store)  # sending is part of every ingest
    capfd.readouterr()
    assert not run("findings", "--json", "--severity", "medium", "--store", store)
    found = {one["id"]: one for one in json.loads(capfd.readouterr().out)}
    assert found
    imported = {one["Id"].removeprefix("roletrail/"): one for one in hub.get_findings()["Findings"]}
    assert imported.keys() == found.keys()
    for id_, one in imported.items():
        assert one["Severity"]["Label"] == found[id_]["severity"].upper()
        assert one["SourceUrl"].endswith(f"/sessions/{found[id_]['session_id']}")
        assert one["ProductFields"]["roletrail/command"] == f"roletrail show {found[id_]['session_id']}"
    got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    details = {event["detail"]["id"]: event["detail"] for event in (json.loads(one["Body"]) for one in got)}
    assert details.keys() == found.keys()
    assert all(details[id_]["title"] == one["title"] for id_, one in found.items())
    assert not run("findings", "send", "--json", "--store", store)
    assert json.loads(capfd.readouterr().out) == {"queued": 0, "sent": 0, "failed": 0, "dead": 0}


@pytest.mark.usefixtures("cloud")
def test_a_bus_that_is_not_there_is_tried_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = f"sqlite:///{tmp_path / 'r.sqlite'}"
    assert not run("ingest", str(SAMPLE), "--store", store)
    capfd.readouterr()
    assert run("findings", "send", "--to", f"eventbridge:nowhere@{REGION}", "--json", "--store", store) == 1
    sent = json.loads(capfd.readouterr().out)
    assert sent["failed"] == sent["queued"] > 0
    assert (sent["sent"], sent["dead"]) == (0, 0)
