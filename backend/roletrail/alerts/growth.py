"""The growth of a watched pin as it leaves: whoever is assigned to the investigation hears of it where findings are heard of."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

_SUBJECT = "pin:"


class Growth(NamedTuple):
    """`base` as in Message. `assignee` "" is nobody."""

    pin: str
    investigation: str
    title: str
    assignee: str
    kind: str  # chain | session
    label: str
    session_id: str
    grown: str
    base: str

    @property
    def subject(self) -> str:
        """What it goes by among letters, where findings go by their ids."""
        return f"{_SUBJECT}{self.investigation}:{self.pin}"

    @property
    def content(self) -> str:
        """Hash of what is said: growth that was told is told again when there is more of it, or to another assignee."""
        told = json.dumps([self.pin, self.grown, self.assignee])
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def permalink(self) -> str:
        return f"{self.base}/investigations/{self.investigation}"

    @property
    def command(self) -> str:
        return f"roletrail investigations show {self.investigation}"

    @property
    def sentence(self) -> str:
        return f"{self.label} grew: {self.grown}"

    def plain(self) -> dict[str, object]:
        return {
            "type": "pin_grown",
            "investigation_id": self.investigation,
            "investigation": self.title,
            "assignee": self.assignee,
            "pin": self.pin,
            "kind": self.kind,
            "label": self.label,
            "session_id": self.session_id,
            "grown": self.grown,
            "permalink": self.permalink,
            "command": self.command,
        }


def investigation_of(subject: str) -> str:
    """Id of the investigation a letter speaks of; "" when it speaks of a finding."""
    return subject.removeprefix(_SUBJECT).partition(":")[0] if subject.startswith(_SUBJECT) else ""
