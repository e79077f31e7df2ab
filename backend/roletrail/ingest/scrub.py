"""Secrets out of a record before anything keeps it: keys, session tokens, assertions, passwords.

The same function serves evidence at ingest and raw records read again from their object later.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from roletrail.ingest.json_text import BadJson, encode, loads

DROPPED = "(dropped)"

_NAMES = (
    "secretaccesskey sessiontoken samlassertion webidentitytoken webidtoken idtoken id_token accesstoken access_token "
    "refreshtoken refresh_token password newpassword oldpassword masteruserpassword initialpassword temporarypassword "
    "privatekey keymaterial clientsecret client_secret clientassertion client_assertion assertion plaintext "
    "secretstring secretbinary signintoken tokencode codeverifier code_verifier devicecode authorizationcode passworddata sshprivatekey "
    "base32stringseed qrcodepng tokenvalue subjecttoken subject_token"
).split()
SECRET_NAMES = frozenset(_NAMES)
"""Member names, in lower case, whose value is a secret wherever it stands."""

_ALTERNATIVES = "|".join(sorted(_NAMES, key=len, reverse=True)).encode()
_PAIR = re.compile(
    rb'("(?:' + _ALTERNATIVES + rb')"\s*+:\s*+)("(?:[^"\\]++|\\.)*+"|-?[0-9][0-9.eE+\-]*+|true|false|[\[{])', re.IGNORECASE
)
_MARKS = re.compile(
    rb"secret|token|assertion|password|private|plaintext|keymaterial|codeverifier|code_verifier|code\"|seed|qrcode", re.IGNORECASE
)
_DROPPED = b'"' + DROPPED.encode() + b'"'


def scrubbed(raw: bytes) -> bytes:
    """The record's JSON without secrets; BadJson when it cannot be read.

    Text that hides names (escapes, JSON within strings) or whose secrets are no plain values is decoded and rebuilt.
    """
    if b"\\" not in raw:
        if _MARKS.search(raw) is None:
            return raw
        return _PAIR.sub(_drop, raw) if _all_plain(raw) else rebuilt(raw)
    return rebuilt(raw)


def _all_plain(raw: bytes) -> bool:
    return all(found[2][:1] not in b"[{" for found in _PAIR.finditer(raw))


def _drop(found: re.Match[bytes]) -> bytes:
    return found[1] + _DROPPED


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
            elif isinstance(value, str) and value[:1] in ("{", "[") and _MARKS.search(value.encode("utf-8", "replace")):
                container[name] = _clean_text(value)  # type: ignore[index,call-overload]
    return holder[0]


def _clean_text(value: str) -> str:
    """JSON inside a string (Athena rows, policies in parameters), cleaned as well."""
    try:
        inner = loads(value)
        return encode(cleaned(inner)).decode() if isinstance(inner, dict | list) else value
    except (BadJson, msgspec.MsgspecError):
        return DROPPED
