"""Which identities changed since rules last looked at them."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from roletrail.stores.embedded.rows import counter, insert


def touch(connection: Connection, numbers: Iterable[int]) -> None:
    """These changed: rules look at them again."""
    generation = counter(connection, "generation")
    insert(connection, "INSERT OR REPLACE INTO unjudged", [(n, generation) for n in numbers])


def touch_all(connection: Connection) -> None:
    generation = counter(connection, "generation")
    connection.execute("INSERT OR REPLACE INTO unjudged SELECT n, ? FROM standing", (generation,))
