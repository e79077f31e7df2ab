"""Secrets out of a record before anything keeps it: keys, session tokens, assertions, passwords.

The same function serves evidence at ingest and raw records read again from their object later. The fast way works on the
text itself; whatever could hide a name from it (escapes, JSON within strings) goes the slow way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from roletrail.ingest.json_text import BadJson, encode, loads

DROPPED = "(dropped)"
_DROPPED = DROPPED.encode()

SECRET_NAMES = frozenset(
    (
        "secretaccesskey secretstring secretbinary clientsecret client_secret "
        "sessiontoken securitytoken webidentitytoken webidtoken idtoken id_token accesstoken access_token refreshtoken "
        "refresh_token signintoken tokencode tokenvalue subjecttoken subject_token "
        "samlassertion clientassertion client_assertion assertion "
        "password newpassword oldpassword masteruserpassword initialpassword temporarypassword passworddata "
        "privatekey sshprivatekey keymaterial plaintext codeverifier code_verifier devicecode device_code authorizationcode "
        "base32stringseed qrcodepng"
    ).split()
)
"""Member names, in lower case, whose value is a secret wherever it stands."""


def _prefix_tree(words: Iterable[str]) -> str:
    """A pattern for any of the words that looks at each character once."""
    tails: dict[str, list[str]] = {}
    for word in words:
        tails.setdefault(word[:1], []).append(word[1:])
    ends = tails.pop("", None)
    branches = "|".join(first + _prefix_tree(rest) for first, rest in sorted(tails.items()))
    return "" if not branches else f"(?:{branches}){'?' if ends else ''}"


@cache
def _named() -> list[re.Pattern[bytes]]:
    """A member's name follows a comma or a brace. One pattern for each, because a search for one byte is by far the fastest.

    Made when first wanted: it takes longer than all else that is done at import.
    """
    return [re.compile(rf'{before}\s*"{_prefix_tree(SECRET_NAMES)}"\s*:\s*'.encode()) for before in (",", r"\{")]


def scrubbed(raw: bytes) -> bytes:
    """The record's JSON without secrets; BadJson when it cannot be read.

    Without a backslash every quotation mark opens or ends a string, so that a name and its value can be told in the text.
    """
    if b"\\" in raw:  # a name may be written in escapes, or stand in JSON within a string
        return rebuilt(raw)
    folded = raw.lower()
    values = [found.end() for pattern in _named() for found in pattern.finditer(folded)]
    for start in sorted(values, reverse=True):
        end = raw.find(b'"', start + 1)
        if raw[start : start + 1] == b'"' and end > 0:
            raw = raw if end == start + 1 else raw[: start + 1] + _DROPPED + raw[end:]
        elif raw[start : start + 4] != b"null":
            return rebuilt(raw)
    return raw


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
