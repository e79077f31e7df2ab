"""Small HTTP servers for what moto lacks: services held to botocore's own model in both directions, throttling, plain files."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

IDENTITY = [{"UserId": "AIDAEXAMPLE", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/reader"}]
Answers = dict[str, dict[str, list[dict[str, Any]]]]
"""Service -> operation -> its answers, one after the other."""


def finding(id_: str, type_: str) -> dict[str, Any]:
    """A GuardDuty finding on an instance's stolen credentials, as GetFindings gives it."""
    return {
        "AccountId": "222222222222", "Arn": f"arn:aws:guardduty:us-east-1:222222222222:detector/d1/finding/{id_}", "Id": id_,
        "CreatedAt": "2026-11-02T10:40:00.000Z", "UpdatedAt": "2026-11-02T10:50:00.000Z", "Region": "us-east-1",
        "SchemaVersion": "2.0", "Severity": 8.0, "Type": type_, "Title": "Credentials of an instance are used from outside AWS.",
        "Resource": {
            "ResourceType": "AccessKey",
            "AccessKeyDetails": {
                "AccessKeyId": "ASIAIEXAMPLEXXXXXXK2", "PrincipalId": "AROAEXAMPLE:i-0aaaaaaaaaaaaaaa1", "UserName": "web",
                "UserType": "AssumedRole",
            },
            "InstanceDetails": {"InstanceId": "i-0aaaaaaaaaaaaaaa1"},
        },
        "Service": {
            "Action": {
                "ActionType": "AWS_API_CALL",
                "AwsApiCallAction": {"Api": "GetCallerIdentity", "RemoteIpDetails": {"IpAddressV4": "203.0.113.20"}},
            },
            "Count": 2, "EventFirstSeen": "2026-11-02T10:30:06.000Z", "EventLastSeen": "2026-11-02T10:30:06.000Z",
        },
    }  # fmt: skip


class Fake:
    def __init__(self, answers: Answers) -> None:
        self.answers = {service: {name: list(pages) for name, pages in of.items()} for service, of in answers.items()}
        self.faults: list[str] = []
        self.url = ""
        self._models: dict[str, Any] = {
            service: ServiceModel(Loader().load_service_model(service, "service-2")) for service in answers
        }

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes, str]:
        service = re.search(r"Credential=[^/]+/\d+/[a-z0-9-]+/([a-z0-9-]+)/", headers["Authorization"])
        model = self._models[service[1] if service else ""]
        operation = self._operation(model, method, path, headers, body)
        self._check(self._asked(operation, path, body), operation.input_shape)
        page = self.answers[model.service_name][operation.name].pop(0)
        if model.metadata["protocol"] == "query":
            return 200, _xml(operation, page), "text/xml"
        wire = _wire(page, operation.output_shape)
        self._parses(model, operation, wire)
        return 200, json.dumps(wire).encode(), "application/json"

    def _operation(self, model: Any, method: str, path: str, headers: Any, body: bytes) -> Any:
        if model.metadata["protocol"] == "query":
            return model.operation_model(re.search(rb"Action=(\w+)", body)[1].decode())  # type: ignore[index]
        if headers.get("X-Amz-Target"):
            return model.operation_model(headers["X-Amz-Target"].rpartition(".")[2])
        for name in model.operation_names:
            http = model.operation_model(name).http
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", http["requestUri"].partition("?")[0])
            if http["method"] == method and re.fullmatch(pattern, path.partition("?")[0]):
                return model.operation_model(name)
        raise AssertionError(f"{method} {path} is no operation of {model.service_name}")

    def _asked(self, operation: Any, path: str, body: bytes) -> dict[str, Any]:
        """The request as parameters, from URL and body."""
        shape = operation.input_shape
        if shape is None or operation.service_model.metadata["protocol"] == "query":
            return {}
        sent = json.loads(body) if body else {}
        named = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        asked = {named.get(name, name): _unwire(value, shape.members.get(named.get(name, name))) for name, value in sent.items()}
        http = operation.http["requestUri"].partition("?")[0]
        found = re.fullmatch(re.sub(r"\{([^}]+)\}", r"(?P<\1>[^/]+)", http), path.partition("?")[0])
        return asked | {named.get(name, name): value for name, value in (found.groupdict() if found else {}).items()}

    def _check(self, value: dict[str, Any], shape: Any) -> None:
        if shape is not None:
            report = ParamValidator().validate(value, shape)
            if report.has_errors():
                self.faults.append(report.generate_report())

    def _parses(self, model: Any, operation: Any, wire: dict[str, Any]) -> None:
        """What botocore makes of the answer must be all of it."""
        parser = create_parser(model.metadata["protocol"])
        parsed = parser.parse({"status_code": 200, "headers": {}, "body": json.dumps(wire).encode()}, operation.output_shape)
        parsed.pop("ResponseMetadata", None)
        self._check({name: value for name, value in parsed.items() if value is not None}, operation.output_shape)
        if len(parsed) < len(wire):
            self.faults.append(f"{operation.name}: botocore reads only {sorted(parsed)} of {sorted(wire)}")


def _wire(value: Any, shape: Any) -> Any:
    """Members under their names on the wire."""
    if shape is not None and shape.type_name == "structure" and isinstance(value, dict):
        return {
            shape.members[name].serialization.get("name", name): _wire(one, shape.members[name]) for name, one in value.items()
        }
    if shape is not None and shape.type_name == "list":
        return [_wire(one, shape.member) for one in value]
    return value


def _unwire(value: Any, shape: Any) -> Any:
    if shape is not None and shape.type_name == "structure" and isinstance(value, dict):
        named = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        return {named.get(name, name): _unwire(one, shape.members.get(named.get(name, name))) for name, one in value.items()}
    if shape is not None and shape.type_name == "map" and isinstance(value, dict):
        return {name: _unwire(one, shape.value) for name, one in value.items()}
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [_unwire(one, shape.member) for one in value]
    return value


def _xml(operation: Any, page: dict[str, Any]) -> bytes:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in page.items())
    result = f"{operation.name}Result"
    return f"<{operation.name}Response><{result}>{inside}</{result}></{operation.name}Response>".encode()


@contextmanager
def serving(answers: Answers) -> Iterator[Fake]:
    """The fake at `fake.url`. Fails when a request or an answer did not fit the model."""
    fake = Fake(answers)
    with _server(fake.answer) as fake.url:
        yield fake
    assert not fake.faults


class Throttled:
    def __init__(self, url: str, every: int) -> None:
        self.url = ""
        self.throttled = 0
        self._behind = url
        self._every = every
        self._seen: dict[str, int] = defaultdict(int)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes, str]:
        self._seen["all"] += 1
        if self._seen["all"] % self._every == 0:
            self.throttled += 1
            error = (
                b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message></Error></Errors></Response>"
            )
            return 503, error, "text/xml"
        passed = {name: value for name, value in headers.items() if name.lower() not in ("content-length", "connection")}
        request = urllib.request.Request(self._behind + path, body or None, passed, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers.get("Content-Type", "")


@contextmanager
def throttling(url: str, every: int) -> Iterator[Throttled]:
    """A way to `url` that refuses every so many requests."""
    proxy = Throttled(url, every)
    with _server(proxy.answer) as proxy.url:
        yield proxy


@contextmanager
def files(content: dict[str, bytes]) -> Iterator[str]:
    def answer(method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes, str]:
        del method, headers, body
        return (200, content[path], "application/json") if path in content else (404, b"", "text/plain")

    with _server(answer) as url:
        yield url


Answer = Callable[[str, str, Any, bytes], tuple[int, bytes, str]]


@contextmanager
def _server(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text, kind = answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _do  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden one
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
