"""Secrets out of a record before anything keeps it: keys, session tokens, assertions, passwords.

The same rules serve evidence at ingest and raw records read again from their object later. The fast way works on the
text itself; whatever could hide a name from it (escapes, JSON within strings, blanks before a colon) goes the slow way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from roletrail.ingest.json_text import BadJson, encode, loads

DROPPED = "(dropped)"
_DROPPED = DROPPED.encode()
_WHITE = frozenset((b" ", b"\t", b"\r", b"\n"))

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
_QUOTE, _COLON, _BLANK = b'": '
_LOWER = 0x20
"""The bit that a lower-case letter has and its capital has not. What else it makes alike is looked at again."""
_TOGETHER_BYTES = 1 << 16
"""Text in which names are looked for at once: what is made of it stays in the cache of a core."""


def _pairs(place: int, before: int) -> np.ndarray:
    """Marks the pairs of letters, each pair as one number, that secrets' names have at two places."""
    marks = np.zeros(1 << 16, bool)
    for name in _NAMES:
        marks[(name[place] | _LOWER) << 8 | name[before] | _LOWER] = True
    return marks


_ENDINGS = ((1, _pairs(-1, -2)), (3, _pairs(-3, -4)))


def scrubbed(raw: bytes) -> bytes:
    """The record's JSON without secrets; BadJson when it cannot be read."""
    ends = None if b"\\" in raw else _name_ends(raw)
    return rebuilt(raw) if ends is None else _without(raw, ends)


def scrubbed_each(raws: Sequence[bytes]) -> list[bytes]:
    """Every record's JSON without secrets, and why not of those that cannot be read. Names are looked for in many at once."""
    found: list[bytes] = []
    some: list[bytes] = []
    size = 0
    for raw in raws:
        some.append(raw)
        size += len(raw)
        if size > _TOGETHER_BYTES:
            found += _scrubbed_together(some)
            some, size = [], 0
    return [*found, *_scrubbed_together(some)]


def _scrubbed_together(raws: list[bytes]) -> Iterator[bytes]:
    plain = [raw if b"\\" not in raw else b"" for raw in raws]
    ends = _name_ends(b"".join(plain))
    if ends is None:
        yield from map(_scrubbed_or_not, raws)
        return
    begin = passed = 0
    for raw, text in zip(raws, plain, strict=True):
        stop = begin + len(text)
        upto = bisect_left(ends, stop, passed)
        yield _scrubbed_or_not(raw, [end - begin for end in ends[passed:upto]] if text else None)
        begin, passed = stop, upto


def _scrubbed_or_not(raw: bytes, ends: list[int] | None = None) -> bytes:
    try:
        return scrubbed(raw) if ends is None else _without(raw, ends)
    except BadJson as error:  # what cannot be read cannot be cleaned
        return b'{"quarantined":"' + error.fault.reason.encode() + b'"}'


def _name_ends(text: bytes) -> list[int] | None:
    """Where names of members end, at their quotation mark, that end as a secret's does; None when blanks could hide some.

    For text without a backslash: there every quotation mark opens or ends a string, so that a name can be told by the colon.
    """
    letters = np.frombuffer(text, np.uint8)
    before = letters[:-1]
    colons = letters[1:] == _COLON
    if (colons & (before <= _BLANK)).any():
        return None
    ends = np.flatnonzero(colons & (before == _QUOTE))
    for place, marks in _ENDINGS:
        ends = ends[marks[(letters[ends - place] | _LOWER).astype(np.uint16) << 8 | letters[ends - place - 1] | _LOWER]]
    return ends.tolist()


def _without(raw: bytes, ends: Sequence[int]) -> bytes:
    """The text without the values of the members whose names end there, as far as they are secrets'."""
    for end in reversed(ends):
        if raw[raw.rfind(b'"', 0, end) + 1 : end].lower() not in _NAMES:
            continue
        start = end + 2
        while raw[start : start + 1] in _WHITE:
            start += 1
        stop = raw.find(b'"', start + 1)
        if raw[start : start + 1] == b'"' and stop > 0:
            raw = raw if stop == start + 1 else raw[: start + 1] + _DROPPED + raw[stop:]
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
