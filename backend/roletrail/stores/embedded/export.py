"""The graph in canonical order: what equality of two graphs means. Where it came from is left out."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

from roletrail.lineage.model import CredentialUse
from roletrail.stores.embedded import ledger, rows
from roletrail.stores.embedded.derived import Row, as_standings
from roletrail.stores.embedded.observed import actions, all_activities, attempts, resources_of
from roletrail.stores.embedded.rows import STANDING_COLUMNS

STEP = 1000
EVERY = 1 << 40


def export(connection: Connection) -> Iterator[tuple[str, object]]:
    """Identities by id, each with all that is known of it; then coverage."""
    after = ""
    while True:
        page = connection.execute("SELECT n, id FROM identity WHERE id > ? ORDER BY id LIMIT ?", (after, STEP)).fetchall()
        for n, id_ in page:
            yield from _linked(connection, n, id_)
            yield from _observed(connection, n, id_)
        if len(page) < STEP:
            break
        after = page[-1][1]
    yield from (("coverage", row) for row in ledger.coverage(connection))


def _linked(connection: Connection, n: int, id_: str) -> Iterator[tuple[str, object]]:
    for node, edges in connection.execute("SELECT row, edges FROM node WHERE n = ?", (n,)):
        yield "node", rows.unpack_node(node)
        for edge in rows.unpack_edges(edges):
            yield "edge", edge
    placed = [Row(*row) for row in connection.execute(f"SELECT {STANDING_COLUMNS} FROM standing WHERE n = ?", (n,))]
    for standing in as_standings(connection, placed).values():
        yield "standing", (id_, standing, placed[0].band, placed[0].first_seen, placed[0].last_seen)
    said = "SELECT id, rule, confidence, evidence FROM alias JOIN identity ON identity.n = target WHERE alias = ? ORDER BY id"
    for row in connection.execute(said, (n,)):
        yield "alias", rows.alias_of(id_, *row)


def _observed(connection: Connection, n: int, id_: str) -> Iterator[tuple[str, object]]:
    for row in connection.execute(f"SELECT {rows.CALLER_COLUMNS} FROM caller WHERE n = ?", (n,)):
        yield "caller", rows.caller_of(id_, *row)
    uses = connection.execute(f"SELECT {rows.CREDENTIAL_COLUMNS} FROM credential WHERE n = ? ORDER BY access_key_id", (n,))
    for row in uses:
        yield "credential", CredentialUse(id_, *row)
    yield from (("activity", activity) for activity in all_activities(connection, id_))
    yield from (("action", action) for action in actions(connection, id_))
    yield from (("attempt", attempt) for attempt in attempts(connection, id_))
    yield from (("resource", use) for use in resources_of(connection, [id_], EVERY))
