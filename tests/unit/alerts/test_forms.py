"""Every form a finding can leave in, for every finding any rule's samples make."""

from __future__ import annotations

import csv
import io
import json

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from roletrail.alerts import forms
from roletrail.alerts.message import Message
from roletrail.detect.finding import Finding, Reason
from roletrail.detect.rule import findings_of
from roletrail.detect.rules import RULES

FOUND = [
    (finding, rule.meta) for rule in RULES for sample in rule.fires for finding in findings_of(rule, sample.story, sample.past)
]
MESSAGES = [
    Message(finding, meta, status, "https://roletrail.example", "eu-central-1")
    for status in ("open", "benign", "confirmed")
    for finding, meta in FOUND
]
HOSTILE = Finding(
    "f", "chain-two", 1, '=HYPERLINK("http://x") <b>`\n', "high", 70, "watch", "i", "i", "111111111111",
    (Reason("<script>&`", 70, ("20261102.e",)),), 1, 2,
)  # fmt: skip


def test_ocsf_is_what_the_published_schema_takes() -> None:
    assert len(MESSAGES) > 100
    for message in MESSAGES:
        told = forms.ocsf(message)
        read = DetectionFinding.model_validate(told)
        assert read.finding_info is not None
        assert (read.class_uid, read.finding_info.uid, read.severity_id.value) == (2004, message.finding.id, message.rank + 1)
        assert read.finding_info.src_url == f"https://roletrail.example/sessions/{message.finding.session_id}"
        assert {attack.technique.uid for attack in read.finding_info.attacks or [] if attack.technique} == set(
            message.meta.attack
        )
        assert told["type_uid"] == told["class_uid"] * 100 + told["activity_id"]
        json.dumps(told)


def test_a_schema_that_refuses_nothing_would_prove_nothing() -> None:
    told = forms.ocsf(MESSAGES[0])
    with pytest.raises(ValueError, match="severity_id"):
        DetectionFinding.model_validate({**told, "severity_id": 42})


def test_every_form_carries_permalink_and_command() -> None:
    for message in MESSAGES[:40]:
        for told in (
            forms.ocsf(message), forms.asff(message, "123456789012"), forms.event(message, "bus"), forms.slack(message), message.plain(),
        ):  # fmt: skip
            text = json.dumps(told)
            assert message.permalink in text
            assert message.command in text


def test_texts_of_logs_stay_texts() -> None:
    message = Message(HOSTILE, RULES[0].meta, "open", "", "us-east-1")
    blocks = json.dumps(forms.slack(message))
    assert "<script>" not in blocks
    assert "&lt;script&gt;&amp;" in blocks
    (row,) = csv.DictReader(io.StringIO(forms.table([message])))
    assert row["title"].startswith("'=")
    assert list(row) == list(forms.COLUMNS)


def test_what_is_said_again_is_the_same_and_what_changed_is_not() -> None:
    message = Message(HOSTILE, RULES[0].meta, "open", "", "us-east-1")
    assert message.content == message._replace(base="https://x").content
    assert message.content != message._replace(status="confirmed").content
    assert message.content != message._replace(finding=HOSTILE._replace(score=80)).content


def test_an_entry_of_a_bus_is_cut_before_it_is_too_large() -> None:
    many = HOSTILE._replace(reasons=tuple(Reason("x" * 4000, 1) for _ in range(100)))
    entry = forms.event(Message(many, RULES[0].meta, "open", "", "us-east-1"), "bus")
    assert len(entry["Detail"]) < forms.MOST_DETAIL
    assert json.loads(entry["Detail"])["cut"]
