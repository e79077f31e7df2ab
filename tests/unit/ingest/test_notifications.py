"""What messages say, in each form they come in, hostile ones included."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roletrail.ingest.source.notifications import announced
from tests.support.cloudtrail import at

KEY = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/11/06/111111111111_CloudTrail_us-east-1_20261106T1005Z_a.json.gz"


def s3_event(key: str = KEY, name: str = "ObjectCreated:Put", **thing: Any) -> dict[str, Any]:
    return {
        "eventSource": "aws:s3",
        "eventName": name,
        "eventTime": "2026-11-06T10:06:00.000Z",
        "s3": {"bucket": {"name": "trail"}, "object": {"key": key, "size": 512, "eTag": "abc"} | thing},
    }


def said(message: Any) -> list[tuple[str, int, str]] | None:
    found = announced(json.dumps(message) if not isinstance(message, str) else message).objects
    return None if found is None else [(one.locator, one.size, one.version) for one in found]


EXPECTED = [(f"s3://trail/{KEY}", 512, "abc")]


def through_sns(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:111111111111:t", "Message": json.dumps(message)}


def test_every_way_an_object_is_announced() -> None:
    direct = {"Records": [s3_event()]}
    assert said(direct) == EXPECTED
    assert announced(json.dumps(direct)).at == at("2026-11-06", "10:06:00")
    assert said(through_sns(direct)) == EXPECTED
    assert said(through_sns(through_sns(direct))) == EXPECTED
    bridge = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": "2026-11-06T10:06:00Z",
        "detail": {"bucket": {"name": "trail"}, "object": {"key": KEY, "size": 512, "etag": "abc"}},
    }
    assert said(bridge) == EXPECTED
    assert said(through_sns({"s3Bucket": "trail", "s3ObjectKey": [KEY]})) == [(f"s3://trail/{KEY}", -1, "")]


def test_keys_are_decoded_where_they_are_encoded() -> None:
    assert said({"Records": [s3_event("a%2Fb+c%2B%C3%A4%25.json")]}) == [("s3://trail/a/b c+ä%.json", 512, "abc")]
    detail = {"bucket": {"name": "trail"}, "object": {"key": "a/b+c%2B.json", "size": 1, "etag": "x"}}
    assert said({"source": "aws.s3", "detail-type": "Object Created", "detail": detail}) == [("s3://trail/a/b+c%2B.json", 1, "x")]


@pytest.mark.parametrize(
    "message",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-06T10:06:00Z", "Bucket": "trail"},
        through_sns({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "trail"}),
        {"Records": []},
        {"Records": [s3_event(name="ObjectRemoved:Delete")]},
        {"Records": [s3_event("AWSLogs/111111111111/Config/us-east-1/2026/11/06/x.json.gz")]},
        {"Records": [s3_event(KEY.replace("CloudTrail", "CloudTrail-Insight"))]},
    ],
)
def test_what_announces_nothing_for_us(message: Any) -> None:
    assert said(message) == []


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[1]",
        "{}",
        {"Message": "{"},
        {"Records": [{}]},
        {"Records": ["x"]},
        {"Records": [s3_event(size="many")]},
        {"Records": [s3_event("%ff")]},
        {"source": "aws.s3", "detail": {}},
        {"s3Bucket": "trail", "s3ObjectKey": "no list"},
        "[" * 10_000,
    ],
)
def test_what_nobody_can_read(message: Any) -> None:
    found = announced(json.dumps(message) if not isinstance(message, str) else message)
    assert found.objects is None or (found.objects == () and found.passed_by)
