"""Secrets out of a record before anything keeps it: keys, session tokens, assertions, passwords.

The same function serves evidence at ingest and raw records read again from their object later. The fast way works on the
text itself; whatever could hide a name from it (escapes, JSON within strings) goes the slow way.
"""

from __future__ import annotations

from typing import Any

import msgspec

from roletrail.ingest.json_text import BadJson, encode, loads

DROPPED = "(dropped)"

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

_NAMES = frozenset(name.encode() for name in SECRET_NAMES)


def scrubbed(raw: bytes) -> bytes:
    """The record's JSON without secrets; BadJson when it cannot be read.

    Without a backslash every quotation mark opens or ends a string: cut at them, every second piece is a string.
    """
    if b"\\" in raw:  # a name may be written in escapes, or stand in JSON within a string
        return rebuilt(raw)
    folded = raw.lower().split(b'"')
    if _NAMES.isdisjoint(folded):
        return raw
    pieces = raw.split(b'"')
    for at in [at for at, piece in enumerate(folded) if piece in _NAMES]:
        after = pieces[at + 1].strip()
        if after == b":":
            pieces[at + 2] = pieces[at + 2] and DROPPED.encode()
        elif after[:1] == b":" and not after[1:].lstrip().startswith(b"null"):
            return rebuilt(raw)
    return b'"'.join(pieces)


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
