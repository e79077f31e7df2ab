"""Reading members of decoded JSON that may be of any shape: missing, redacted and wrongly typed ones are all ""."""

from __future__ import annotations

from typing import Any

import msgspec

from roletrail.ingest.json_text import BadJson, loads

ABSENT = frozenset(
    {
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "Value hidden due to security reasons.",
        "REDACTED",
        "***",
    }
)
"""What CloudTrail and people's exports write where something was taken out."""


HUGE = 1 << 64


def text(value: Any) -> str:
    """The value as a text; "" when it is none, or stands for something that was taken out."""
    if type(value) is str:
        return "" if value in ABSENT else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(sound_number(value))
    return str(value) if isinstance(value, float) else ""


def sound_number(value: int) -> int:
    """The integer; BadJson when no 64-bit reader would take it, which says that nobody who means well wrote it."""
    if not -HUGE < value < HUGE:
        raise BadJson("huge_integer", "The record holds an integer beyond 64 bits.")
    return value


def identifier(value: Any) -> str:
    """The text of an id; "" for a masked one (`AKIA****************`), which would make strangers one."""
    found = text(value)
    return "" if "*" in found or found == "-" else found


def at(value: Any, *path: str) -> Any:
    """The member at a path of names; None when any of it is not there."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    return text(at(value, *path))


def identifier_at(value: Any, *path: str) -> str:
    return identifier(at(value, *path))


def items_at(value: Any, *path: str) -> list[Any]:
    """A list at a path, also when it is wrapped as `{"items": [...]}` or `{"member": [...]}`; [] when there is none."""
    found = at(value, *path)
    for wrapper in ("items", "member"):
        if isinstance(found, dict) and isinstance(found.get(wrapper), list):
            found = found[wrapper]
    return found if isinstance(found, list) else []


def members_of(raw: msgspec.Raw) -> dict[str, Any]:
    """A sub-object of a record; {} for null, absent, and anything that is no object. BadJson when it is no JSON."""
    if bytes(memoryview(raw)[:1]) != b"{":
        return {}
    value = loads(raw)
    return value if isinstance(value, dict) else {}


def list_of(raw: msgspec.Raw) -> list[Any]:
    """A list that is a field of a record; [] for null, absent, and anything that is no list."""
    if bytes(memoryview(raw)[:1]) != b"[":
        return []
    value = loads(raw)
    return value if isinstance(value, list) else []
