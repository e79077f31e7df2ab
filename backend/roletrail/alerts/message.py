"""A finding as it leaves: with a permalink to its session and the command line that shows it. Forms are made of this."""

from __future__ import annotations

import hashlib
import json
import time
from typing import NamedTuple

from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.detect.rule import Meta


class Message(NamedTuple):
    """`base` is the URL people open Roletrail under, without a slash at its end; "" when nobody said."""

    finding: Finding
    meta: Meta
    status: str
    base: str
    region: str

    @property
    def permalink(self) -> str:
        return f"{self.base}/sessions/{self.finding.session_id}"

    @property
    def finding_link(self) -> str:
        return f"{self.base}/findings/{self.finding.id}"

    @property
    def command(self) -> str:
        return f"roletrail show {self.finding.session_id}"

    @property
    def rank(self) -> int:
        """0 informational to 4 critical."""
        return SEVERITIES.index(self.finding.severity)

    @property
    def why(self) -> str:
        """Reasons on one line each, the weightiest first."""
        ranked = sorted(self.finding.reasons, key=lambda reason: -abs(reason.weight))
        return "\n".join(f"{reason.weight:+d} {reason.text}" for reason in ranked)

    @property
    def content(self) -> str:
        """Hash of what is said: a finding whose score or reasons changed is news, the same one again is not."""
        told = json.dumps([self.finding.id, self.finding.score, self.finding.last_seen, self.why, self.status])
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def plain(self) -> dict[str, object]:
        """The finding as the API has it, with its links."""
        f = self.finding
        return {
            "id": f.id,
            "rule": f.rule,
            "title": f.title,
            "severity": f.severity,
            "tone": f.tone,
            "session_id": f.session_id,
            "reasons": [{"text": reason.text, "weight": reason.weight, "events": list(reason.events)} for reason in f.reasons],
            "first_seen": iso(f.first_seen),
            "last_seen": iso(f.last_seen),
            "status": self.status,
            "account": f.account,
            "permalink": self.permalink,
            "command": self.command,
        }


def iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
