"""A small LookupEvents over HTTP, held to botocore's own model of it: requests and answers that do not fit fail the test.

It pages, throttles beyond a rate for each region, and knows one filter at a time, as the real one does.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.support.cloudtrail import Record, at

_OPERATION = ServiceModel(Loader().load_service_model("cloudtrail", "service-2")).operation_model("LookupEvents")
_ERRORS = {shape.name for shape in cast(list[Any], _OPERATION.error_shapes)} | {"ThrottlingException", "AccessDeniedException"}
_REGION = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/cloudtrail/")


class Fake:
    def __init__(self, records: list[Record], rate: float, now: Callable[[], float]) -> None:
        self.records = sorted(records, key=lambda record: record["eventTime"], reverse=True)
        self.rate = rate
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.throttled = 0
        self.faults: list[str] = []
        self.url = ""
        self._now = now
        self._lock = threading.Lock()
        self._last: dict[str, float] = defaultdict(lambda: -inf)

    def answer(self, region: str, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self._must_fit(wanted, _OPERATION.input_shape)
        with self._lock:
            now = self._now()
            if now - self._last[region] < 1 / self.rate:
                self.throttled += 1
                return self._error("ThrottlingException", "Rate exceeded")
            self._last[region] = now
            self.asked.append((region, wanted))
        if not 1 <= wanted.get("MaxResults", 50) <= 50:
            return self._error("InvalidMaxResultsException", "")
        if len(wanted.get("LookupAttributes", ())) > 1:
            return self._error("InvalidLookupAttributesException", "")
        if wanted.get("StartTime", 0) > wanted.get("EndTime", 1 << 40):
            return self._error("InvalidTimeRangeException", "")
        return self._page(region, wanted)

    def _page(self, region: str, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        found = [record for record in self.records if record["awsRegion"] == region and _fits(record, wanted)]
        begin = int(wanted.get("NextToken", "0"))
        end = begin + wanted.get("MaxResults", 50)
        answer: dict[str, Any] = {"Events": [_event(record) for record in found[begin:end]]}
        if end < len(found):
            answer["NextToken"] = str(end)
        checked = {
            **answer,
            "Events": [event | {"EventTime": datetime.fromtimestamp(event["EventTime"], UTC)} for event in answer["Events"]],
        }
        self._must_fit(checked, _OPERATION.output_shape)
        return 200, answer

    def _error(self, code: str, message: str) -> tuple[int, dict[str, Any]]:
        if code not in _ERRORS:
            self.faults.append(f"no such error: {code}")
        return 400, {"__type": code, "message": message}

    def _must_fit(self, value: Any, shape: Any) -> None:
        report = ParamValidator().validate(value, shape)
        if report.has_errors():
            self.faults.append(report.generate_report())


def _fits(record: Record, wanted: dict[str, Any]) -> bool:
    if record.get("eventCategory", "Management") != "Management":
        return False
    seconds = at(record["eventTime"][:10], record["eventTime"][11:19])
    if not wanted.get("StartTime", 0) <= seconds <= wanted.get("EndTime", 1 << 40):
        return False
    return all(_attribute(record, one["AttributeKey"]) == one["AttributeValue"] for one in wanted.get("LookupAttributes", ()))


def _attribute(record: Record, key: str) -> str:
    identity = record.get("userIdentity") or {}
    names = {"EventName": "eventName", "EventId": "eventID", "EventSource": "eventSource"}
    if key == "AccessKeyId":
        return identity.get("accessKeyId", "")
    if key == "Username":
        return identity.get("userName") or identity.get("principalId", "").rpartition(":")[2]
    if key == "ResourceName":
        return next((one.get("ARN", "") for one in record.get("resources") or ()), "")
    return record.get(names.get(key, key), "")


def _event(record: Record) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventTime": float(at(record["eventTime"][:10], record["eventTime"][11:19])),
        "EventSource": record["eventSource"],
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


@contextmanager
def serving(records: list[Record], *, rate: float = inf, now: Callable[[], float] = time.monotonic) -> Iterator[Fake]:
    """The fake at `fake.url`, counting its rate by the clock `now`. Fails when anything did not fit the model."""
    fake = Fake(records, rate, now)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.headers["X-Amz-Target"].endswith("CloudTrail_20131101.LookupEvents"):
                fake.faults.append(self.headers["X-Amz-Target"])
            region = _REGION.search(self.headers["Authorization"])
            status, answer = fake.answer(region[1] if region else "", json.loads(body))
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
    assert not fake.faults
