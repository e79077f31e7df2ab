"""Every container gives the same events as CloudTrail's own file."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from roletrail.ingest.records import open_object
from roletrail.lineage.model import Part
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Role
from tests.support.reduced import file_of, part_of, reasons, reduced

Record = dict[str, Any]
DAY = at("2026-11-06", "10:00:00")


def _records() -> list[Record]:
    trail = Trail(NamedIds())
    alice = trail.user_key("111111111111", "alice", key="ALICE")
    session = trail.assume(alice, DAY, Role("111111111111", "A", "AROAIEXAMPLEXXXXXXXXA"), "work", key="K1")
    trail.call(session, DAY + 60, "s3", "ListBuckets")
    trail.denied(session, DAY + 61, "iam", "CreateUser", {"userName": "mallory"})
    return trail.records


RECORDS = _records()


def lines(values: list[Any]) -> bytes:
    return b"\n".join(json.dumps(value).encode() for value in values)


def athena(record: Record) -> Record:
    """A row as Athena prints it: lower-case names, every value a text, objects as JSON."""
    objects = {"userIdentity", "requestParameters", "responseElements", "resources", "tlsDetails"}
    row = {}
    for name, value in record.items():
        shown = json.dumps(value) if name in objects else str(value).lower() if isinstance(value, bool) else value
        row[name.lower()] = "" if value is None else shown
    return row


def lower(value: Any) -> Any:
    return {name.lower(): lower(member) for name, member in value.items()} if isinstance(value, dict) else value


def elastic(record: Record) -> Record:
    rest = {name: value for name, value in record.items() if name != "eventTime"}
    return {"_index": "logs", "_source": {**rest, "@timestamp": record["eventTime"].replace("Z", ".000Z")}}


WRAPPERS: dict[str, Callable[[list[Record]], bytes]] = {
    "Records": file_of,
    "Records, indented": lambda rs: json.dumps({"Records": rs}, indent=4).encode(),
    "records in lower case": lambda rs: json.dumps({"records": rs}).encode(),
    "gzip": lambda rs: gzip.compress(file_of(rs)),
    "gzip of many members": lambda rs: b"".join(gzip.compress(piece) for piece in (file_of(rs)[:100], file_of(rs)[100:])),
    "gzip padded with zeros": lambda rs: gzip.compress(file_of(rs)) + bytes(512),
    "byte order mark": lambda rs: codecs.BOM_UTF8 + file_of(rs),
    "UTF-16 with a mark": lambda rs: file_of(rs).decode().encode("utf-16"),
    "UTF-16 without a mark": lambda rs: file_of(rs).decode().encode("utf-16-le"),
    "list": lambda rs: json.dumps(rs).encode(),
    "NDJSON": lines,
    "NDJSON with blank lines and CRLF": lambda rs: b"\r\n\r\n".join(json.dumps(r).encode() for r in rs) + b"\r\n",
    "one behind the other": lambda rs: b"".join(json.dumps(r).encode() for r in rs),
    "one behind the other, indented": lambda rs: b"\n".join(json.dumps(r, indent=2).encode() for r in rs),
    "LookupEvents": lambda rs: json.dumps(
        {"Events": [{"EventId": r["eventID"], "EventName": r["eventName"], "CloudTrailEvent": json.dumps(r)} for r in rs]}
    ).encode(),
    "LookupEvents, a line each": lambda rs: lines(
        [{"EventName": r["eventName"], "EventSource": r["eventSource"], "CloudTrailEvent": json.dumps(r)} for r in rs]
    ),
    "EventBridge": lambda rs: lines([{"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": r} for r in rs]),
    "CloudWatch Logs subscription": lambda rs: json.dumps(
        {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": json.dumps(r)} for r in rs]}
    ).encode(),
    "filter-log-events": lambda rs: json.dumps({"events": [{"message": json.dumps(r)} for r in rs]}).encode(),
    "a message a line": lambda rs: lines([{"timestamp": 1, "message": json.dumps(r)} for r in rs]),
    "Firehose of EventBridge": lambda rs: b"".join(json.dumps({"detail": r}).encode() for r in rs),
    "Athena rows": lambda rs: json.dumps([athena(r) for r in rs]).encode(),
    "Athena rows, a line each": lambda rs: lines([athena(r) for r in rs]),
    "Athena rows with an all lower-case identity": lambda rs: lines(
        [{**athena(r), "useridentity": json.dumps(lower(r["userIdentity"]))} for r in rs]
    ),
    "Lake query": lambda rs: json.dumps(
        {"QueryResultRows": [[{name: value} for name, value in athena(r).items()] for r in rs]}
    ).encode(),
    "Elastic without eventTime": lambda rs: lines([elastic(r) for r in rs]),
    "Elastic search answer": lambda rs: json.dumps({"hits": {"hits": [elastic(r) for r in rs]}}).encode(),
    "Elastic event.original": lambda rs: lines([{"_source": {"event": {"original": json.dumps(r)}}} for r in rs]),
    "Elastic, flattened": lambda rs: lines([{"event.original": json.dumps(r)} for r in rs]),
    "queue message": lambda rs: lines([{"messageId": "1", "body": json.dumps({"detail": r})} for r in rs]),
    "a column of JSON": lambda rs: lines([{"event": json.dumps(r)} for r in rs]),
}


def told(part: Part) -> Part:
    """A part without what only says where it comes from."""
    return part._replace(object=None, n=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrapper_gives_the_same_observations(name: str) -> None:
    found = reduced(WRAPPERS[name](RECORDS)).part
    assert reasons(found) == []
    assert found.taken == len(RECORDS)
    assert told(found) == told(part_of(RECORDS))


@pytest.mark.parametrize("name", ["LookupEvents", "EventBridge", "Athena rows", "NDJSON"])
def test_evidence_is_the_record_and_not_its_envelope(name: str) -> None:
    evidence = reduced(WRAPPERS[name](RECORDS)).evidence
    assert {row[1] for row in evidence} >= {RECORDS[0]["eventID"]}
    for row in evidence:
        assert json.loads(row[3])["eventID"] == row[1]


def test_bare_event() -> None:
    assert reduced(json.dumps(RECORDS[0]).encode()).part.issuances == part_of(RECORDS[:1]).issuances


def test_envelopes_in_envelopes() -> None:
    inner = json.dumps({"detail": RECORDS[1]})
    nested = json.dumps({"logEvents": [{"message": json.dumps({"body": inner})}]})
    assert reduced(nested.encode()).part.taken == 1


def test_hash_is_of_the_uncompressed_bytes() -> None:
    body = file_of(RECORDS)
    assert open_object(gzip.compress(body)).sha256 == open_object(body).sha256 != ""


def test_empty_records_are_an_empty_file() -> None:
    part = reduced(b'{"Records":[]}').part
    assert (part.object.kind, part.taken, part.quarantined, part.n) == ("cloudtrail", 0, [], 1)


def test_insight_records_are_ignored() -> None:
    insight = {**RECORDS[1], "eventType": "AwsCloudTrailInsight", "eventCategory": "Insight", "insightDetails": {}}
    part = part_of([*RECORDS, insight])
    assert (part.taken, part.ignored, part.quarantined) == (len(RECORDS), 1, [])


def test_digest_is_recognised_by_its_members() -> None:
    folder = "AWSLogs/111111111111/CloudTrail-Digest/eu-central-1/2026/11/06"
    digest = {
        "awsAccountId": "111111111111",
        "digestStartTime": "2026-11-06T10:00:00Z",
        "digestEndTime": "2026-11-06T11:00:00Z",
        "digestS3Bucket": "trail",
        "digestS3Object": f"{folder}/111111111111_CloudTrail-Digest_eu-central-1_trail_eu-central-1_20261106T110000Z.json.gz",
        "previousDigestS3Object": None,
        "logFiles": [],
    }
    part = reduced(gzip.compress(json.dumps(digest).encode())).part
    assert (part.object.kind, part.taken, part.ignored, part.quarantined) == ("digest", 0, 1, [])


def test_a_record_that_mentions_a_digest_is_no_digest() -> None:
    hostile = {**RECORDS[1], "requestParameters": {"digestS3Object": "x", "digestStartTime": "y", "logFiles": []}}
    assert reduced(lines([hostile, RECORDS[0]])).part.taken == 2


def test_records_without_an_event_id_get_one_from_their_text() -> None:
    bare = {name: value for name, value in RECORDS[1].items() if name != "eventID"}
    twice = reduced(lines([bare, dict(reversed(bare.items()))])).part
    assert (twice.taken, twice.doubles) == (1, 1)
