"""UPDATED_DATA addenda: an event that is kept one by one is what its first record and every patch of it come to together.

Whichever comes first, a patch or what it patches: every version of such an event is kept beside the one row that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from roletrail.lineage.link import anchors
from roletrail.lineage.model import Addendum, Attempt, Issuance, Part, SignIn
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.versions import patched_whole

_Q = statements("versions")
_C = statements("commit")


class _Kind(NamedTuple):
    field: str  # of Part
    shape: shapes.Shape[Any]
    anchors: Callable[[Any], tuple[int, ...]]
    ref: str


def _no_anchors(_: Attempt) -> tuple[int, ...]:
    return ()


_KINDS = (
    _Kind("issuances", shapes.ISSUANCE, anchors.of_issuance, "i"),
    _Kind("sign_ins", shapes.SIGN_IN, anchors.of_sign_in, "s"),
    _Kind("actions", shapes.ACTION, anchors.of_action, "a"),
    _Kind("attempts", shapes.ATTEMPT, _no_anchors, ""),
)


def patched(cypher: Cypher, parts: list[Part]) -> list[Part]:
    """The parts as they are to be written: where a patch is about, its event's rows are replaced by the one that counts."""
    addenda = [addendum for part in parts for addendum in part.addenda]
    cypher.write(_Q["write_addenda"], [shapes.ADDENDUM.properties(addendum) for addendum in addenda])
    if not cypher.value(_Q["any_patch"]):
        return parts
    for kind in _KINDS:
        parts = _of_kind(cypher, kind, parts)
    return parts


def _of_kind(cypher: Cypher, kind: _Kind, parts: list[Part]) -> list[Part]:
    ids = sorted({row.event_id for part in parts for row in getattr(part, kind.field)})
    patches: dict[str, str] = cypher.pairs_of(_Q["patches"], ids) if ids else {}
    concerned = {*patches.values(), *(row[0] for row in (cypher.rows_of(_Q["patched"], ids) if ids else ()))}
    if not concerned:
        return parts
    versions = _keep(cypher, kind, parts, patches, concerned)
    left_out = patches.keys() | concerned
    rest = [
        part._replace(**{kind.field: [row for row in getattr(part, kind.field) if row.event_id not in left_out]})
        for part in parts
    ]
    whole = [patched_whole(event_id, versions[event_id].items()) for event_id in sorted(concerned) if versions[event_id]]
    return [rest[0]._replace(**{kind.field: [*getattr(rest[0], kind.field), *whole]}), *rest[1:]]


def _keep(
    cypher: Cypher, kind: _Kind, parts: Iterable[Part], patches: dict[str, str], concerned: set[str]
) -> defaultdict[str, dict[str, Any]]:
    """Every version by event and patch; first of all, what was written before anybody knew of a patch."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for event_id, patch, row in cypher.rows_of(_Q["versions"], sorted(concerned), kind=kind.field):
        found[event_id][patch] = kind.shape.row(row)
    known = set(found)
    written = [(number, kind.shape.row(row)) for number, row in cypher.rows_of(_Q[f"written_{kind.field}"], sorted(concerned))]
    fresh: dict[tuple[str, str], Any] = {}
    for _, row in written:
        if row.event_id not in known:
            fresh[row.event_id, ""] = max(row, fresh.get((row.event_id, ""), row))
    for part in parts:
        for row in getattr(part, kind.field):
            if row.event_id in patches:
                fresh[patches[row.event_id], row.event_id] = row
            elif row.event_id in concerned:
                fresh[row.event_id, ""] = row
    for (event_id, patch), row in fresh.items():
        found[event_id][patch] = row
    rows = [
        {**kind.shape.properties(row), "versionOf": event_id, "kind": kind.field, "patch": patch}
        for (event_id, patch), row in sorted(fresh.items(), key=lambda item: item[0])
    ]
    cypher.write(_Q["write_versions"], rows)
    _take_out(cypher, kind, written)
    return found


def _take_out(cypher: Cypher, kind: _Kind, written: list[tuple[int, Any]]) -> None:
    cypher.write(_Q[f"drop_{kind.field}"], [number for number, _ in written])
    cypher.write(_C["drop_anchors"], [[a, f"{kind.ref}{number}"] for number, row in written for a in kind.anchors(row)])
    counted = [{"id": _who(row), "address": row.address} for _, row in written if not isinstance(row, SignIn)]
    cypher.write(_Q["uncount"], [one for one in counted if one["id"] and one["address"]])
    # Whoever it had issued is looked at again.
    cypher.write(_Q["look_again"], [row.child for _, row in written if isinstance(row, Issuance)])


def _who(row: Any) -> str:
    if not isinstance(row, Issuance):
        return row.identity
    return row.parent if row.parent_kind in {"session", "key"} else ""


def outages(cypher: Cypher, account: str) -> list[Addendum]:
    found = [shapes.ADDENDUM.row(row[0]) for row in cypher.rows(_Q["outages"], account=account)]
    return sorted(found, key=lambda a: (a.at, a.event_id))
