"""Redaction of a snapshot: each id, address and name is replaced by a token, the same one wherever it stands. Pure.

Key ids and unique ids encode their account, so they go together with accounts. Opaque ids go too: whoever guesses what they
are made of could test the guess.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

Preset = Literal["none", "ids", "names"]
PRESETS: tuple[Preset, ...] = ("none", "ids", "names")
SAID = {
    "none": "nothing",
    "ids": "accounts, key ids, unique ids, IP addresses, instances, event and session ids",
    "names": "accounts, key ids, unique ids, IP addresses, instances, event and session ids, names of roles, sessions, users and resources",
}

_PREFIXES = "AKIA|ASIA|AROA|AIDA|AIPA|ANPA|ANVA|AGPA|ABIA|ACCA|APKA|ASCA"
_PATTERNS = re.compile(
    rf"(?P<key>(?<![A-Za-z0-9])(?:{_PREFIXES})[A-Z0-9]{{8,}})"
    r"|(?P<event>(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Fa-f]))"
    r"|(?P<account>(?<![0-9])[0-9]{12}(?![0-9]))"
    r"|(?P<instance>(?<![A-Za-z0-9])(?:i|mi|eni|vpce|vpc|subnet)-[0-9a-f]{8,17}(?![0-9a-f]))"
    r"|(?P<ip>(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9])"
    # "::" behind a letter is the empty field of an ARN (iam::aws), not an address
    r"|(?<![0-9A-Fa-f:])(?!(?<=[A-Za-z])::)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Fa-f:]))"
)
_IDS = {"id", "session_id", "parent_id", "child_id", "identity_id", "identities", "pin", "event_id", "event_ref", "event_refs", "evidence",
        "evidence_refs", "reason_event"}  # fmt: skip
"""Fields that hold nothing but ids of ours or of CloudTrail."""
_NAMES = {
    "label",
    "role",
    "role_session_name",
    "principal",
    "target",
    "resource",
    "parent",
    "child",
    "assignee",
    "owner",
    "created_by",
    "updated_by",
    "pinned_by",
}
"""Fields that name something; parts of ARNs in them are names too."""
_WORDS = {"kind", "type", "tone", "rule", "grade", "event_name", "event_source", "category", "target_kind", "lane", "state", "redaction",
          "region", "error_code", "format", "workload", "reason_code", "pivot", "tool_version"}  # fmt: skip
"""Fields with a vocabulary of their own: a role called `session` must not change what kind a node is."""
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_NOT_NAMES = {
    "aws",
    "arn",
    "iam",
    "sts",
    "role",
    "user",
    "root",
    "assumed-role",
    "federated-user",
    "aws-cn",
    "aws-us-gov",
    "unknown",
}
_LEAST = 3


_COUNTED = {
    "events": "event",
    "accounts": "account",
    "keys": "key",
    "ips": "IP address",
    "instances": "instance",
    "names": "name",
}


def told(counts: Mapping[str, int]) -> str:
    """What leaves, in words; what there is none of is left out."""
    words = [(number, _COUNTED.get(name, name)) for name, number in counts.items() if number]
    return ", ".join(f"{number:,} {word}{('es' if word.endswith('s') else 's') * (number != 1)}" for number, word in words)


def redacted(document: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
    """A copy of a JSON document with everything replaced that the preset names."""
    if preset == "none":
        return dict(document)
    return _Tokens(document, names=preset == "names").over(dict(document))


def counted(document: Mapping[str, Any]) -> dict[str, int]:
    """How many different accounts, keys, addresses and names would leave with a document: what its sharer is shown."""
    tokens = _Tokens(document, names=True)
    tokens.over(dict(document))
    return tokens.counts()


class _Tokens:
    def __init__(self, document: Mapping[str, Any], *, names: bool) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._sizes: dict[str, int] = {}
        self._done: dict[tuple[str, bool], str] = {}
        self._ids = {text for text in _texts(document, _IDS) if len(text) >= _LEAST}
        words = sorted(_names(document), key=lambda text: (-len(text), text)) if names else []
        self._names = (
            re.compile("|".join(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])" for text in words)) if words else None
        )

    def over(self, value: Any, field: str = "") -> Any:
        """Documents nest as deep as our views do."""
        if isinstance(value, str):
            return self._text(value, field)
        if isinstance(value, list):
            return [self.over(one, field) for one in value]
        if isinstance(value, dict):
            return {name: self.over(one, name) for name, one in value.items()}
        return value

    def counts(self) -> dict[str, int]:
        return {kind: self._sizes.get(kind, 0) for kind in ("account", "key", "ip", "event", "instance", "name")}

    def _text(self, text: str, field: str) -> str:
        named = self._names is not None and field not in _WORDS
        done = self._done.get((text, named))
        if done is None:
            done = self._done[text, named] = self._replaced(text, named=named)
        return done

    def _replaced(self, text: str, *, named: bool) -> str:
        if text in self._ids:
            return self._for_id(text)
        text = _WORD.sub(lambda found: self._for_id(found[0]) if found[0] in self._ids else found[0], text)
        text = _PATTERNS.sub(self._matched, text)
        if named and self._names is not None:
            text = self._names.sub(lambda found: self._token("name", found[0]), text)
        return text

    def _for_id(self, text: str) -> str:
        day, dot, event = text.partition(".")
        if dot and len(day) == 8 and day.isdigit():  # a reference tells the day of its event
            return f"{day}.{self._token('event', event)}"
        return self._token("event" if "-" in text else "id", text)

    def _matched(self, found: re.Match[str]) -> str:
        kind, text = found.lastgroup or "", found[0]
        if kind == "ip" and not _is_address(text):
            return text
        return self._token(kind, text)

    def _token(self, kind: str, text: str) -> str:
        token = self._given.get((kind, text))
        if token is None:
            self._sizes[kind] = self._sizes.get(kind, 0) + 1
            token = self._given[kind, text] = f"{kind}-{self._sizes[kind]}"
        return token


def _texts(value: Any, fields: set[str], field: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if field in fields and value:
            yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, fields, field)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, fields, name)


def _names(document: Mapping[str, Any]) -> set[str]:
    """Whole values of naming fields, and the parts of ARNs and paths in them."""
    found: set[str] = set()
    for text in _texts(document, _NAMES):
        parts = {text, *re.split(r"[:/\s]+", text)} if text.startswith("arn:") or "/" in text else {text}
        found |= {part for part in parts if len(part) >= _LEAST and part not in _NOT_NAMES and not part.isdigit()}
    return {name for name in found if not _PATTERNS.fullmatch(name)}


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
