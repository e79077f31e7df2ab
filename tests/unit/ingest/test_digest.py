"""Digests and addenda as ingest reads them, and the resources of data events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at
from tests.support.reduced import part_of, reasons, reduced

DAY = "2026-11-06"
NAME = "AWSLogs/111111111111/CloudTrail-Digest/eu-central-1/2026/11/06/111111111111_CloudTrail-Digest_eu-central-1_t_eu-central-1_20261106T110000Z.json.gz"
LOG = "AWSLogs/111111111111/CloudTrail/eu-central-1/2026/11/06/111111111111_CloudTrail_eu-central-1_20261106T1000Z_x.json.gz"


def digest(**change: Any) -> bytes:
    value = {
        "awsAccountId": "111111111111",
        "digestStartTime": f"{DAY}T10:00:00Z",
        "digestEndTime": f"{DAY}T11:00:00Z",
        "digestS3Object": NAME,
        "previousDigestS3Object": None,
        "logFiles": [{"s3Object": LOG, "hashAlgorithm": "SHA-256", "hashValue": "A" * 64}],
    }
    return json.dumps({**value, **change}).encode()


def test_a_digest_says_which_files_there_must_be() -> None:
    part = reduced(digest()).part
    assert part.digest is not None
    assert part.digest[:6] == (NAME, "111111111111", "eu-central-1", at(DAY, "10:00:00"), at(DAY, "11:00:00"), "")
    assert part.digest.files == ((LOG, "a" * 64),)
    assert (part.taken, part.ignored, part.quarantined) == (0, 1, [])


@pytest.mark.parametrize(
    "change",
    [
        {"awsAccountId": "root"},
        {"digestEndTime": f"{DAY}T10:00:00Z"},
        {"digestEndTime": "2026-12-06T10:00:00Z"},
        {"digestStartTime": "soon"},
        {"digestS3Object": ""},
        {"digestS3Object": "elsewhere.json.gz", "logFiles": []},
        {"logFiles": [{"s3Object": LOG, "hashValue": "abc"}]},
        {"logFiles": [{"hashValue": "a" * 64}]},
        {"logFiles": ["x"]},
        {"logFiles": [{"s3Object": "x" * 1025, "hashValue": "a" * 64}]},
        {"logFiles": [{}] * 20_001},
    ],
)
def test_a_digest_that_cannot_be_trusted_is_quarantined(change: dict[str, Any]) -> None:
    part = reduced(digest(**change)).part
    assert (part.digest, part.object.kind, reasons(part)) == (None, "digest", ["bad_digest"])


def records(**addendum: Any) -> list[Record]:
    trail = Trail(SeededIds("addenda"))
    key = trail.user_key("111111111111", "alice")
    trail.call(key, at(DAY, "10:00:00"), "iam", "CreateUser", {"userName": "x"})
    return [{**trail.records[0], **({"addendum": addendum} if addendum else {})}]


def test_a_patch_is_no_use_of_a_key() -> None:
    part = part_of(records(reason="UPDATED_DATA", updatedFields="sourceIPAddress", originalEventID="e-1"))
    assert (part.taken, part.callers, part.activities) == (1, [], [])
    (addendum,) = part.addenda
    assert (addendum.original, addendum.reason, addendum.fields) == ("e-1", "UPDATED_DATA", "sourceIPAddress")
    assert [action.event_name for action in part.actions] == ["CreateUser"]


@pytest.mark.parametrize("addendum", [{"reason": "DELIVERY_DELAY"}, {"reason": "UPDATED_DATA"}, {"reason": 7}, {}])
def test_a_late_record_is_one_like_any_other(addendum: dict[str, Any]) -> None:
    part = part_of(records(**addendum))
    assert part[1:] == part_of(records())[1:]
    assert part.addenda == ()
    assert len(part.callers) == 1


def test_an_outage_is_noted_and_its_record_counts() -> None:
    part = part_of(records(reason="SERVICE_OUTAGE"))
    assert [(a.reason, a.original, a.account) for a in part.addenda] == [("SERVICE_OUTAGE", "", "111111111111")]
    assert len(part.callers) == 1


def test_resources_of_data_events_are_counted() -> None:
    trail = Trail(SeededIds("resources"))
    key = trail.user_key("111111111111", "alice")
    for second, bucket in enumerate(("b", "a", "b")):
        trail.call(key, at(DAY, "10:00:00") + second, "s3", "GetObject", {"bucketName": bucket, "key": "k"})
    trail.denied(key, at(DAY, "10:00:05"), "s3", "GetObject", {"bucketName": "b", "key": "k"})
    trail.call(key, at(DAY, "10:00:06"), "s3", "GetObject", {"bucketName": ["odd"]})
    trail.call(key, at(DAY, "10:00:07"), "s3", "ListBuckets")
    key_arn = "arn:aws:kms:eu-central-1:111111111111:key/00000000-0000-4000-8000-000000000000"
    trail.call(key, at(DAY, "10:00:08"), "kms", "Decrypt", {"encryptionContext": {}}, resources=[{"ARN": key_arn}])
    found = {(use.event_name, use.resource): use for use in part_of(trail.records).resources}
    assert {place: (use.count, use.errors) for place, use in found.items()} == {
        ("GetObject", "a"): (1, 0),
        ("GetObject", "b"): (3, 1),
        ("Decrypt", key_arn): (1, 0),
    }
    assert found["GetObject", "b"].last_at - found["GetObject", "b"].first_at == 5
