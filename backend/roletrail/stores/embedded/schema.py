"""The embedded store's file: its layout and migrations, from graph_schema/sqlite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from roletrail.resources import resource
from roletrail.sqlite import Database, Layout, migrations_in
from roletrail.stores.embedded.rows import unpack_action, unpack_node, unpack_sign_in
from roletrail.stores.lookups import is_workload

APPLICATION_ID = 0x52_54_47_31  # "RTG1" in the SQLite header
CACHE_MIB = 32
"""Pages of the writer. What is missed is read from the system's page cache, which holds the file as well."""
FUNCTIONS: Mapping[str, Callable[[bytes], str | int]] = {
    "action_name": lambda row: unpack_action(row).event_name,
    "sign_in_name": lambda row: unpack_sign_in(row).event_name,
    "of_workload": lambda row: int(is_workload(unpack_node(row))),
}
"""What later columns say of rows that were stored before there were any."""


def layout() -> Layout:
    return Layout("graph store", APPLICATION_ID, migrations_in(resource("graph_schema/sqlite")), CACHE_MIB, FUNCTIONS)


def open_database(path: Path, *, create: bool) -> Database:
    return Database(path, layout(), create=create)
