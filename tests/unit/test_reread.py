"""A record read again is the record at that place, without its secrets, or nothing at all (ADR 0006)."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from roletrail.ingest.inflate import Unreadable
from roletrail.ingest.reread import read_again

SECRET = "example-secret-that-must-not-be-shown"


def record(number: int, **members: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "eventTime": "2025-11-13T12:00:00Z",
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "awsRegion": "eu-west-1",
        "eventID": f"00000000-0000-4000-8000-{number:012d}",
        "recipientAccountId": "123456789012",
        **members,
    }


def stored(folder: Path, text: bytes, name: str = "object.json.gz") -> str:
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return str(path)


def test_the_record_at_its_place(tmp_path: Path) -> None:
    records = [record(n) for n in range(5)]
    locator = stored(tmp_path, json.dumps({"Records": records}).encode())
    for number in range(5):
        assert json.loads(read_again(locator, number) or b"") == records[number]
    assert read_again(locator, 5) is None
    assert read_again(locator, -1) is None


def test_secrets_are_dropped_on_this_way_too(tmp_path: Path) -> None:
    issued = record(0, responseElements={"credentials": {"accessKeyId": "ASIAEXAMPLE000000001", "sessionToken": SECRET}})
    found = read_again(stored(tmp_path, json.dumps({"Records": [issued]}).encode()), 0)
    assert found is not None
    assert SECRET.encode() not in found
    assert b"ASIAEXAMPLE000000001" in found


def test_places_count_the_bad_records_too(tmp_path: Path) -> None:
    lines = [json.dumps(record(0)), '"no record"', json.dumps(record(2)), "{broken"]
    locator = stored(tmp_path, "\n".join(lines).encode(), "events.ndjson")
    assert json.loads(read_again(locator, 2) or b"")["eventID"] == record(2)["eventID"]
    assert read_again(locator, 1) is None
    assert read_again(locator, 3) is None


def test_an_object_that_is_gone_or_ruined_has_no_records(tmp_path: Path) -> None:
    locator = stored(tmp_path, json.dumps({"Records": [record(0)]}).encode())
    Path(locator).write_bytes(Path(locator).read_bytes()[:-20])
    assert read_again(locator, 0) is None
    Path(locator).unlink()
    assert read_again(locator, 0) is None


@pytest.mark.timeout(10)
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_again(str(tmp_path / "pipe"), 0) is None
    assert read_again(str(tmp_path), 0) is None
    assert read_again("relative.json", 0) is None


@pytest.mark.parametrize("locator", ["stdin:0123", "upload:0123/x.json", "lookup-events:111111111111/us-east-1/0-1"])
def test_what_cannot_be_asked_again_says_why(locator: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_again(locator, 0)
    assert refused.value.detail.startswith("It came")
