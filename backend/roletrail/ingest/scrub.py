"""Secrets out of a record before anything keeps it: keys, session tokens, assertions, passwords.

The same function serves evidence at ingest and raw records read again from their object later. The fast way works on the
text itself; whatever could hide a name from it (escapes, JSON within strings) goes the slow way.
"""

from __future__ import annotations

from typing import Any

import msgspec

from roletrail.ingest.json_text import BadJson, encode, loads

DROPPED = "(dropped)"
_DROPPED = b'"' + DROPPED.encode() + b'"'

_BY_MARK = {
    "secret": "secretaccesskey secretstring secretbinary clientsecret client_secret",
    "token": (
        "sessiontoken webidentitytoken webidtoken idtoken id_token accesstoken access_token refreshtoken refresh_token "
        "signintoken tokencode tokenvalue subjecttoken subject_token securitytoken"
    ),
    "assertion": "samlassertion clientassertion client_assertion assertion",
    "password": "password newpassword oldpassword masteruserpassword initialpassword temporarypassword passworddata",
    "private": "privatekey sshprivatekey",
    "plaintext": "plaintext",
    "keymaterial": "keymaterial",
    "verifier": "codeverifier code_verifier",
    "code": "devicecode device_code authorizationcode qrcodepng",
    "seed": "base32stringseed",
}
"""Member names, in lower case, whose value is a secret wherever it stands, by a part of them that is quickly looked for."""

SECRET_NAMES = frozenset(name for names in _BY_MARK.values() for name in names.split())
_MARKS = tuple(mark.encode() for mark in _BY_MARK)
_NAMES = frozenset(name.encode() for name in SECRET_NAMES)


def scrubbed(raw: bytes) -> bytes:
    """The record's JSON without secrets; BadJson when it cannot be read."""
    if b"\\u" in raw:  # any letter of a name may be written so
        return rebuilt(raw)
    lowered = raw.lower()
    marks = [mark for mark in _MARKS if mark in lowered]
    if not marks:
        return raw
    spans = None if b"\\" in raw else _spans(raw, lowered, marks)
    if spans is None:
        return rebuilt(raw)
    return _without(raw, spans) if spans else raw


def _spans(raw: bytes, lowered: bytes, marks: list[bytes]) -> set[tuple[int, int]] | None:
    """Where the values of secret members stand, in text without escapes; None when one is more than a string.

    Without escapes every quotation mark opens or ends a string, so the two around a mark hold the whole of it.
    """
    spans: set[tuple[int, int]] = set()
    for mark in marks:
        at = lowered.find(mark)
        while at >= 0:
            end = lowered.find(b'"', at)
            if lowered[lowered.rfind(b'"', 0, at) + 1 : end] in _NAMES:
                value = _after_blanks(raw, end + 1)
                if raw[value : value + 1] == b":":
                    value = _after_blanks(raw, value + 1)
                    if raw[value : value + 1] != b'"':
                        if raw[value : value + 4] != b"null":
                            return None
                    elif raw[value + 1 : value + 2] != b'"':
                        spans.add((value, raw.index(b'"', value + 1) + 1))
            at = lowered.find(mark, at + len(mark))
    return spans


def _after_blanks(raw: bytes, at: int) -> int:
    while raw[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
        at += 1
    return at


def _without(raw: bytes, spans: set[tuple[int, int]]) -> bytes:
    pieces: list[bytes] = []
    end = 0
    for start, stop in sorted(spans):
        pieces += [raw[end:start], _DROPPED]
        end = stop
    return b"".join([*pieces, raw[end:]])


def rebuilt(raw: bytes) -> bytes:
    """The record decoded, cleaned at any depth and encoded again."""
    return encode(cleaned(loads(raw)))


def cleaned(root: Any) -> Any:
    """The value without secrets, changed in place; iterative."""
    holder = [root]
    stack: list[dict[str, Any] | list[Any]] = [holder]
    while stack:
        container = stack.pop()
        entries = container.items() if isinstance(container, dict) else enumerate(container)
        for name, value in list(entries):
            if isinstance(name, str) and name.lower() in SECRET_NAMES and value not in (None, "", {}):
                container[name] = DROPPED  # type: ignore[index]
            elif isinstance(value, dict | list):
                stack.append(value)
            elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
                container[name] = _clean_text(value)  # type: ignore[index,call-overload]
    return holder[0]


def _clean_text(value: str) -> str:
    """JSON inside a string (Athena rows, policies in parameters) cleaned as well; untouched when it holds no secret."""
    try:
        inner = loads(value)
        before = encode(inner)
        after = encode(cleaned(inner))
    except (BadJson, msgspec.MsgspecError):
        return value if not _suspicious(value) else DROPPED
    return value if before == after else after.decode()


def _suspicious(value: str) -> bool:
    folded = value.lower()
    return any(name in folded for name in SECRET_NAMES)
