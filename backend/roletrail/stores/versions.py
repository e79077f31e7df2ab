"""What the versions of an event come to that UPDATED_DATA addenda patch. Pure; whoever keeps them brings them all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from roletrail.lineage.model import Issuance


def patched_whole(event_id: str, found: Iterable[tuple[str, Any]]) -> Any:
    """One row of (patch, row) pairs: where a patch says something, it holds, the latest first of all."""
    versions = sorted(((bool(patch), row.at, patch, row) for patch, row in found), key=lambda v: v[:3])
    whole = versions[0][3]
    for _, _, _, patch in versions[1:]:
        if patch.event_name == whole.event_name:
            said = {name: value for name, value in patch._asdict().items() if value not in ("", 0) and name != "at"}
            whole = whole._replace(**said)
    whole = whole._replace(event_id=event_id)
    was = sorted({row.child for *_, row in versions} - {whole.child, ""}) if isinstance(whole, Issuance) else []
    return _with_former_children(whole, was) if was else whole


def _with_former_children(whole: Issuance, was: list[str]) -> Issuance:
    """What the event seemed to have issued before it was patched: linking makes the session answer for these ids."""
    return whole._replace(detail=json.dumps({**_members(whole.detail), "was": was}, sort_keys=True, separators=(",", ":")))


def _members(text: str) -> dict[str, Any]:
    return json.loads(text) if text else {}
