"""Constraints and indexes, from graph_schema/neo4j: numbered scripts, applied once each, refused when newer than the program.

Labels, relationship types and property names that queries speak of exist from the first migration on: a query over a
database that has never seen a token gets a notification of the server, and every notification in a test is a failure.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import LiteralString, NamedTuple, cast

from roletrail.errors import SchemaMismatch
from roletrail.resources import resource
from roletrail.stores.neo4j.connection import Connection
from roletrail.stores.neo4j.statements import statements

_COMMENT = re.compile(r"^//.*\n", re.MULTILINE)
_Q = statements("store")


class Migration(NamedTuple):
    number: int
    name: str
    checksum: str
    statements: list[LiteralString]


def migrations() -> list[Migration]:
    return [_read(path) for path in sorted(resource("graph_schema/neo4j").glob("[0-9][0-9][0-9][0-9]_*.cypher"))]


def _read(path: Path) -> Migration:
    text = path.read_text("utf-8")
    parts = [part.strip() for part in _COMMENT.sub("", text).split(";")]
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(int(path.name[:4]), path.stem, checksum, [cast("LiteralString", part) for part in parts if part])


def prepare(connection: Connection) -> None:
    """Bring the database to the newest layout. Raises SchemaMismatch when it is newer than this program."""
    done = _done(connection)
    wanted = migrations()
    if newer := [number for number in done if number > wanted[-1].number]:
        raise SchemaMismatch(
            f"{connection.address.shown} was written by a newer Roletrail (layout {max(newer)}, this one knows {wanted[-1].number}).",
            hint="Use that version, or another store.",
        )
    if altered := [one.name for one in wanted if done.get(one.number, one.checksum) != one.checksum]:
        raise SchemaMismatch(f"The layout of {connection.address.shown} is another {altered[0]}.", hint="Use another store.")
    for migration in wanted:
        if migration.number not in done:
            _apply(connection, migration)


def _done(connection: Connection) -> dict[int, str]:
    """Checksums by number. A database without the constraint has never heard of migrations, and must not be asked."""
    constraints = connection.read(lambda cypher: cypher.rows("SHOW CONSTRAINTS YIELD name RETURN name"))
    if ["migration_number"] not in constraints:
        return {}
    return connection.read(lambda cypher: cypher.pairs(_Q["applied"]))


def _apply(connection: Connection, migration: Migration) -> None:
    for statement in migration.statements:
        connection.schema(statement)
    connection.write(
        lambda cypher, _: cypher.run(_Q["apply"], number=migration.number, name=migration.name, checksum=migration.checksum)
    )
