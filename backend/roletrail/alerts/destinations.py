"""Where findings and growth of watched pins go: one line of settings each, and how one letter is handed over there.

`webhook:URL`, `slack:URL`, `eventbridge:BUS[@REGION]`, `securityhub:ACCOUNT@REGION`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from roletrail import __version__
from roletrail.alerts import forms
from roletrail.alerts.growth import Growth
from roletrail.alerts.message import Message
from roletrail.alerts.outbox import Letter
from roletrail.aws.clients import client
from roletrail.errors import InvalidRequest, RoletrailError

KINDS = ("webhook", "slack", "eventbridge", "securityhub")
TIMEOUT = 10
SIGNATURE, TIMESTAMP, IDEMPOTENCY = "X-Roletrail-Signature", "X-Roletrail-Timestamp", "Idempotency-Key"
_GONE = frozenset({400, 401, 403, 404, 405, 410, 413, 422})
"""Answers that will be the same next time: such a letter is dead at once."""


class Undelivered(Exception):
    """A letter was not taken. `final`: it never will be."""

    def __init__(self, said: str, *, final: bool = False) -> None:
        super().__init__(said)
        self.final = final


class Destination(NamedTuple):
    name: str  # as in settings, without what may be secret in a URL
    kind: str
    target: str
    region: str

    def form(self, message: Message) -> dict[str, Any]:
        if self.kind == "slack":
            return forms.slack(message)
        if self.kind == "securityhub":
            return forms.asff(message, self.target)
        return forms.event(message, self.target) if self.kind == "eventbridge" else message.plain()

    def grown_form(self, growth: Growth) -> dict[str, Any] | None:
        """None where only findings are taken."""
        if self.kind == "securityhub":
            return None
        if self.kind == "slack":
            return forms.grown_slack(growth)
        return forms.grown_event(growth, self.target) if self.kind == "eventbridge" else growth.plain()


def destinations(text: str) -> list[Destination]:
    """Of a setting: parted by spaces. Raises InvalidRequest."""
    return [_destination(one) for one in text.split()]


def _destination(text: str) -> Destination:
    kind, _, rest = text.partition(":")
    if kind in ("webhook", "slack"):
        parts = urlsplit(rest)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidRequest(f"{kind} needs a URL: {text[:60]!r}.", hint=f"{kind}:https://example.com/hook")
        told = hashlib.sha256(rest.encode()).hexdigest()[:6]  # a Slack URL is its own secret
        return Destination(f"{kind}:{parts.hostname}#{told}", kind, rest, "")
    target, _, region = rest.partition("@")
    if kind not in KINDS or not target:
        raise InvalidRequest(
            f"{text[:60]!r} names no destination.", hint="Known: " + ", ".join(f"{one}:..." for one in KINDS) + "."
        )
    return Destination(f"{kind}:{target}" + (f"@{region}" if region else ""), kind, target, region)


Deliver = Callable[[Sequence[Letter]], dict[str, Undelivered]]
"""Hands letters over; answers what was not taken, by finding."""


def deliverer(destination: Destination, secret: str) -> Deliver:
    if destination.kind in ("webhook", "slack"):
        signed = secret if destination.kind == "webhook" else ""
        return lambda letters: _each(letters, lambda letter: _post(destination.target, letter, signed))
    if destination.kind == "eventbridge":
        return lambda letters: _put_events(destination, letters)
    return lambda letters: _import_findings(destination, letters)


def _each(letters: Sequence[Letter], send: Callable[[Letter], None]) -> dict[str, Undelivered]:
    missed: dict[str, Undelivered] = {}
    for letter in letters:
        try:
            send(letter)
        except Undelivered as error:
            missed[letter.finding] = error
    return missed


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA-256 over `timestamp.body`: a receiver that checks both is safe from replays."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _post(url: str, letter: Letter, secret: str) -> None:
    body, timestamp = letter.body.encode(), str(int(time.time()))
    headers = {"Content-Type": "application/json", "User-Agent": f"roletrail/{__version__}", IDEMPOTENCY: letter.idempotency_key}
    if secret:
        headers |= {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, body)}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - http or https, as destinations() checked
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        raise Undelivered(f"answered {error.code}", final=error.code in _GONE) from None
    except (OSError, ValueError) as error:
        raise Undelivered(f"{type(error).__name__}: {error}"[:300]) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed body goes where the settings say and nowhere else."""

    def redirect_request(self, *_: object) -> None:  # type: ignore[override]
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _put_events(destination: Destination, letters: Sequence[Letter]) -> dict[str, Undelivered]:
    missed: dict[str, Undelivered] = {}
    for start in range(0, len(letters), 10):
        some = letters[start : start + 10]
        answer = _asked(
            lambda some=some: client("events", destination.region).put_events(Entries=[json.loads(one.body) for one in some])
        )
        if isinstance(answer, Undelivered):
            missed |= {letter.finding: answer for letter in some}
            continue
        for letter, entry in zip(some, answer["Entries"], strict=True):
            if entry.get("ErrorCode"):
                missed[letter.finding] = Undelivered(f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")
    return missed


def _import_findings(destination: Destination, letters: Sequence[Letter]) -> dict[str, Undelivered]:
    missed: dict[str, Undelivered] = {}
    for start in range(0, len(letters), 100):
        some = letters[start : start + 100]
        found = [json.loads(one.body) for one in some]
        answer = _asked(lambda found=found: client("securityhub", destination.region).batch_import_findings(Findings=found))
        if isinstance(answer, Undelivered):
            missed |= {letter.finding: answer for letter in some}
            continue
        failed = {
            one["Id"]: Undelivered(f"{one['ErrorCode']}: {one['ErrorMessage']}") for one in answer.get("FailedFindings", [])
        }
        missed |= {
            letter.finding: failed[f"roletrail/{letter.finding}"] for letter in some if f"roletrail/{letter.finding}" in failed
        }
    return missed


def _asked(call: Callable[[], Any]) -> Any:
    """The answer, or why there is none: whatever AWS's client raises is a reason to try again, not to stop the others."""
    try:
        return call()
    except RoletrailError as error:
        return Undelivered(error.detail)
    except Exception as error:  # noqa: BLE001 - botocore raises classes made at run time
        return Undelivered(f"{type(error).__name__}: {error}"[:300])
