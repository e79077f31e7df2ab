"""Pages of things that are no credential: role, address, account, instance, user; their sessions and chains."""

from __future__ import annotations

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import NotFound
from roletrail.stores.port import ChainRow, GraphStore, NodeRow
from roletrail.usecases.chains.listing import chain_views, labels_for
from roletrail.usecases.chains.own import OwnReading
from roletrail.usecases.chains.paths import Known
from roletrail.usecases.chains.present import iso, path_node
from roletrail.usecases.chains.views import EntityView

MAX_SESSIONS = 100
MAX_CHAINS = 20
MOST_LOOKED_AT = 2_000
"""Sessions passed over in search of those that are not our own."""


def show_entity(graph: GraphStore, actor: Actor, id_: str, *, own_role: str = "") -> EntityView:
    """Newest sessions of an entity and the chains that end in one of them. Our own reading is left out and counted."""
    require(actor, "entities.read", id_)
    found = graph.entity(id_)
    if found is None:
        raise NotFound("There is no role, address, account, instance or user with this id in this store.")
    kind, value = found
    sessions, hidden, more = _newest(graph, kind, value, OwnReading(graph, own_role))
    known = Known(graph)
    known.fetch(sessions)
    rows = [known.rows[session] for session in sessions if session in known.rows]
    labels = labels_for(known, rows)
    leaves = [row for row in rows if row.leaf and row.standing.sessions > 1][:MAX_CHAINS]
    return EntityView(
        id=id_,
        kind=kind,
        label=value,
        facts=_facts(kind, rows, more=more),
        first_seen=iso(min((row.first_seen for row in rows if row.first_seen), default=0)),
        last_seen=iso(max((row.last_seen for row in rows), default=0)),
        sessions=[path_node(row, labels) for row in rows],
        chains=chain_views(graph, [_as_chain(row) for row in leaves], full=False),
        more=more,
        own_hidden=hidden,
    )


def _newest(graph: GraphStore, kind: str, value: str, reading: OwnReading) -> tuple[list[str], int, bool]:
    """Newest sessions but our own, how many of ours were passed over, and whether there are more."""
    found: list[str] = []
    looked, hidden, after = 0, 0, ""
    while True:
        sessions, after = graph.entity_sessions(kind, value, MAX_SESSIONS - len(found), after)
        own = reading.among(sessions)
        found += [session for session in sessions if session not in own]
        looked, hidden = looked + len(sessions), hidden + len(own)
        if not after or len(found) >= MAX_SESSIONS or looked >= MOST_LOOKED_AT:
            return found, hidden, bool(after)


def _facts(kind: str, rows: list[NodeRow], *, more: bool) -> list[tuple[str, str]]:
    facts = [("kind", kind), ("sessions shown", f"the newest {len(rows)}" if more else str(len(rows)))]
    facts.append(("uses", f"{sum(row.uses for row in rows):,}"))
    facts.append(("refused", f"{sum(row.errors for row in rows):,}"))
    accounts = sorted({row.node.account for row in rows if row.node.account})
    facts.append(("accounts", ", ".join(accounts[:10]) + (" and more" if len(accounts) > 10 else "")))
    return facts


def _as_chain(row: NodeRow) -> ChainRow:
    return ChainRow(row.node.id, row.standing, row.standing.started or row.first_seen, row.last_seen, row.uses, row.errors)
