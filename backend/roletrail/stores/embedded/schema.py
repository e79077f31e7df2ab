"""The embedded store's file: its layout and migrations, from graph_schema/sqlite."""

from __future__ import annotations

from pathlib import Path

from roletrail.resources import resource
from roletrail.sqlite import Database, Layout, migrations_in

APPLICATION_ID = 0x52_54_47_31  # "RTG1" in the SQLite header
CACHE_MIB = 32
"""Pages of the writer. What is missed is read from the system's page cache, which holds the file as well."""


def layout() -> Layout:
    return Layout("graph store", APPLICATION_ID, migrations_in(resource("graph_schema/sqlite")), CACHE_MIB)


def open_database(path: Path, *, create: bool) -> Database:
    return Database(path, layout(), create=create)
