"""Reading and writing the JSON that observations and nodes carry as `detail`."""

from __future__ import annotations

import json
from typing import Any, cast


def detail_of(text: str) -> dict[str, Any]:
    """The JSON object of a `detail`; empty when there is none."""
    if not text:
        return {}
    found: object = json.loads(text)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def detail_text(facts: dict[str, Any]) -> str:
    """Canonical text of what is set; "" when nothing is."""
    kept = {name: value for name, value in facts.items() if value not in ("", None, [], {}, 0)}
    return _encode(kept) if kept else ""


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
