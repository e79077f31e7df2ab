"""Rows found by a name that has an index: sessions of workloads, notable calls and sign-ins."""

from __future__ import annotations

from collections.abc import Collection
from sqlite3 import Connection

from roletrail.lineage.model import Action, Node, SignIn
from roletrail.stores.embedded.rows import select_in, unpack_action, unpack_node, unpack_sign_in


def nodes(connection: Connection) -> list[Node]:
    found = connection.execute("SELECT row FROM node INDEXED BY node_workload WHERE workload = 1")
    return sorted((unpack_node(row) for (row,) in found), key=lambda n: n.id)


def ids(connection: Connection) -> list[str]:
    found = connection.execute("SELECT id FROM node INDEXED BY node_workload JOIN identity USING (n) WHERE workload = 1")
    return sorted(id_ for (id_,) in found)


def actions_named(connection: Connection, event_names: Collection[str]) -> list[Action]:
    found = select_in(connection, "SELECT row FROM action WHERE name IN (?)", event_names)
    return sorted((unpack_action(row) for (row,) in found), key=lambda a: (a.at, a.event_id))


def sign_ins_named(connection: Connection, event_names: Collection[str]) -> list[SignIn]:
    found = select_in(connection, "SELECT row FROM sign_in WHERE name IN (?)", event_names)
    return sorted((unpack_sign_in(row) for (row,) in found), key=lambda s: (s.at, s.event_id))
