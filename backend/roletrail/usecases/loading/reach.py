"""Where the next piece of a chain may lie: from the nodes known so far to accounts and hours worth fetching.

Upwards a session was issued at a known second: its account's copy of that call names the caller's account, and the
caller's copy names the caller's key. Downwards a session may have gone anywhere it obtained a role.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from roletrail.ingest.source.selective import Want
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.recognise import Thing

AROUND_SECONDS = 120
"""Either side of an issuance: clocks agree within two seconds, and names of objects have minutes."""
LONGEST_SECONDS = 12 * 3600
"""A session whose end is unknown may have lived this long."""
MOST_IDS = 20
MOST_BELOW = 200


class Reached(NamedTuple):
    """A want and how far it is from where triage began; usage comes after lineage at the same distance."""

    distance: int
    usage: bool
    want: Want
    why: str


def found(graph: GraphStore, things: Sequence[Thing]) -> list[str]:
    """Identities the first telling thing leads to."""
    for thing in things:
        if thing.kind == "id":
            ids = [graph.resolve_alias(thing.value)]
        else:
            ids = [hit.id for hit in graph.trace(thing.kind, thing.value, MOST_IDS)]
        if ids := [id_ for id_ in ids if id_]:
            return ids
    return []


def reached(graph: GraphStore, ids: Sequence[str], since: int, until: int) -> Iterator[Reached]:
    """What the chains of these identities lead to, up to their roots and down to their last sessions."""
    paths = graph.paths(ids)
    above = [[step.id for step in paths[id_]] for id_ in ids if id_ in paths]
    below = [graph.descendants(id_, MOST_BELOW)[0] for id_ in ids]
    rows = graph.rows({id_ for path in (*above, *below) for id_ in path})
    for path in above:
        known = [rows[id_] for id_ in path if id_ in rows]
        for place, row in enumerate(known):
            distance = len(known) - place - 1
            yield from _lineage(row, known[place + 1] if place + 1 < len(known) else None, distance, first=place == 0)
            yield from _usage(row, distance, since, until)
    for descendants in below:
        for place, id_ in enumerate(descendants):
            if id_ in rows:
                yield from _usage(rows[id_], 1 + place // 10, since, until)


def _lineage(row: NodeRow, child: NodeRow | None, distance: int, *, first: bool) -> Iterator[Reached]:
    node = row.node
    if node.kind == "session" and first and node.issued_at:
        want = Want(node.account, node.issued_at - AROUND_SECONDS, node.issued_at + AROUND_SECONDS)
        yield Reached(distance, False, want, f"the call that issued the session {_name(row)}")
    if node.kind == "origin" and node.account and child is not None and (at := _issued(child)):
        want = Want(node.account, at - AROUND_SECONDS, at + AROUND_SECONDS)
        yield Reached(distance, False, want, f"the caller's copy of the call that issued the session {_name(child)}")


def _usage(row: NodeRow, distance: int, since: int, until: int) -> Iterator[Reached]:
    node = row.node
    if node.kind not in ("session", "key") or not node.account or node.service_linked:
        return
    begin = max(node.issued_at, since) if node.issued_at else since
    end = min(node.expires or (node.issued_at + LONGEST_SECONDS if node.issued_at else until), until)
    if begin < end:
        key = node.access_key_ids[0] if node.access_key_ids else ""
        yield Reached(distance + 1, True, Want(node.account, begin, end, key), f"what {_name(row)} did")


def _issued(row: NodeRow) -> int:
    return row.node.issued_at or row.first_seen


def _name(row: NodeRow) -> str:
    return row.node.label or row.node.principal_id
