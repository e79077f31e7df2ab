"""The driver: addresses, transactions, retries, and what its errors mean to whoever runs Roletrail. Knows no question of the port.

Every write transaction first bumps the one :WriterLease node and so waits for its turn. Commits carry on by themselves when
the server goes away and comes back within the patience; reads give up sooner, because a person waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, LiteralString, NamedTuple, TypeVar, cast

import neo4j
from neo4j import exceptions

from roletrail.errors import InvalidRequest, RoletrailError, StoreUnavailable
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import StoreAway, StoreBusy, TooMuchAtOnce

T = TypeVar("T")

BATCH = 2_000
"""Rows of one UNWIND."""

READ_SECONDS = 30.0
WRITE_SECONDS = 900.0
"""A writer may wait for another one's whole transaction before its own begins."""

RETRY_SECONDS = 0.5
PATIENCE_SECONDS = 60.0
"""How long a commit goes on trying while the server restarts or is busy."""

Statement = LiteralString


class Address(NamedTuple):
    """Where a store is, and who asks."""

    uri: str
    database: str
    user: str
    password: str

    @property
    def shown(self) -> str:
        return f"{self.uri}/{self.database}"


class Cypher:
    """Statements inside one transaction."""

    def __init__(self, transaction: neo4j.Transaction | neo4j.ManagedTransaction) -> None:
        self._transaction = transaction

    def rows(self, statement: Statement, **parameters: Any) -> list[list[Any]]:
        return self._transaction.run(statement, parameters).values()

    def value(self, statement: Statement, **parameters: Any) -> Any:
        """The one value of the one row; None when there is no row."""
        found = self.rows(statement, **parameters)
        return found[0][0] if found else None

    def pairs(self, statement: Statement, **parameters: Any) -> dict[Any, Any]:
        """Rows of two values each, by the first."""
        return dict(cast("list[tuple[Any, Any]]", self.rows(statement, **parameters)))

    def pairs_of(self, statement: Statement, values: Iterable[Any], **parameters: Any) -> dict[Any, Any]:
        return dict(cast("list[tuple[Any, Any]]", self.rows_of(statement, values, **parameters)))

    def rows_of(self, statement: Statement, values: Iterable[Any], **parameters: Any) -> list[list[Any]]:
        """Rows for a list that the statement unwinds as `$rows`, a batch at a time."""
        found: list[list[Any]] = []
        for some in batches(values, BATCH * 5):
            found += self._transaction.run(statement, {"rows": some, **parameters}).values()
        return found

    def write(self, statement: Statement, rows: Iterable[Any], **parameters: Any) -> None:
        """Run a statement that unwinds `$rows`, a batch at a time. Nobody waits for its end: what comes next is made meanwhile,
        and an error of it is raised by the next statement, or by the commit."""
        for some in batches(rows, BATCH):
            self._transaction.run(statement, {"rows": some, **parameters})

    def run(self, statement: Statement, **parameters: Any) -> None:
        self._transaction.run(statement, parameters).consume()


def batches(values: Iterable[T], size: int) -> Generator[list[T]]:
    left = iter(values)
    while some := list(islice(left, size)):
        yield some


class Connection:
    """One driver a process. Threads may share it: each transaction has a session of its own."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._away_since = 0  # first failure since the server last answered; 0 while it does
        auth = (address.user, address.password) if address.user else None
        with self._clear_errors():
            self._driver = neo4j.GraphDatabase.driver(  # pyright: ignore[reportUnknownMemberType]
                address.uri,
                auth=auth,
                user_agent="roletrail",
                connection_timeout=5.0,
                connection_acquisition_timeout=20.0,
                max_connection_lifetime=1800,
                liveness_check_timeout=30,
            )

    def read(self, work: Callable[[Cypher], T]) -> T:
        """Ask in one reading transaction; once more when the connection had died unnoticed."""
        with self._clear_errors():
            for last in (False, True):
                try:
                    return self._read_once(work)
                except (exceptions.SessionExpired, exceptions.TransientError):
                    if last:
                        raise
            raise AssertionError

    def _read_once(self, work: Callable[[Cypher], T]) -> T:
        with self._session(neo4j.READ_ACCESS) as session, session.begin_transaction(timeout=READ_SECONDS) as transaction:
            return work(Cypher(transaction))

    @contextmanager
    def reading(self) -> Generator[Cypher]:
        """A reading transaction for answers that are handed over bit by bit."""
        with (
            self._clear_errors(),
            self._session(neo4j.READ_ACCESS) as session,
            session.begin_transaction(timeout=WRITE_SECONDS) as transaction,
        ):
            yield Cypher(transaction)

    def write(self, work: Callable[[Cypher, int], T]) -> T:
        """Write in one transaction, tried again on what passes by itself. `work` is told which try it is, from 0.

        Too little memory is no such thing, though the server calls it transient: the same again cannot work.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        tried = 0
        while True:
            try:
                with self.writing() as cypher:
                    return work(cypher, tried)
            except TooMuchAtOnce:
                raise
            except StoreBusy:
                if time.monotonic() > end:
                    raise
            tried += 1
            time.sleep(min(RETRY_SECONDS * tried, 5.0))

    @contextmanager
    def writing(self) -> Generator[Cypher]:
        """One write transaction, committed on exit, rolled back on error, never tried again by itself."""
        with (
            self._clear_errors(),
            self._session(neo4j.WRITE_ACCESS) as session,
            session.begin_transaction(timeout=WRITE_SECONDS) as transaction,
        ):
            yield Cypher(transaction)
            transaction.commit()

    def schema(self, statement: Statement) -> None:
        """A statement about the schema, in a transaction of its own."""
        with self._clear_errors(), self._session(neo4j.WRITE_ACCESS) as session:
            session.run(statement).consume()

    def _session(self, access: str) -> neo4j.Session:
        return self._driver.session(  # pyright: ignore[reportUnknownMemberType]
            database=self.address.database, default_access_mode=access
        )

    def close(self) -> None:
        self._driver.close()

    @contextmanager
    def _clear_errors(self) -> Generator[None]:
        try:
            yield
        except RoletrailError:
            raise
        except (exceptions.Neo4jError, exceptions.DriverError, OSError) as error:
            told = explained(error, self.address)
            if type(told) is StoreAway:
                self._away_since = self._away_since or int(time.time())
                told.since = self._away_since
            raise told from error
        else:
            self._away_since = 0


_CODES: Sequence[tuple[str, type[RoletrailError], str, str]] = (
    ("Security.AuthenticationRateLimit", StoreUnavailable, "{shown} was asked with wrong passwords too often.", "Wait a minute, then set ROLETRAIL_NEO4J_PASSWORD."),
    ("Security.CredentialsExpired", StoreUnavailable, "The password of {user} at {shown} must be changed first.", "ALTER CURRENT USER SET PASSWORD on its database `system`."),
    ("Security.Forbidden", StoreUnavailable, "{user} may not do this at {shown}.", "Give the user a role that reads and writes the database."),
    ("Security.", StoreUnavailable, "{shown} does not accept this user and password.", "Set ROLETRAIL_NEO4J_USER and ROLETRAIL_NEO4J_PASSWORD."),
    ("Database.DatabaseNotFound", StoreUnavailable, "There is no database of this name at {shown}.", "Name one that exists after the last slash of the store's URL; Community has one, `neo4j`."),
    ("General.ForbiddenOnReadOnlyDatabase", StoreUnavailable, "{shown} is read-only.", "ALTER DATABASE ... SET ACCESS READ WRITE, or take server.databases.default_to_read_only and its like out of its settings."),
    ("General.WriteOnReadOnlyAccessDatabase", StoreUnavailable, "{shown} is read-only.", "Allow writes in the settings of the server."),
    ("General.MemoryPoolOutOfMemoryError", TooMuchAtOnce, "{shown} has too little memory for one transaction.", "Raise server.memory.heap.max_size or dbms.memory.transaction.total.max; at least 1 GB of heap is advised."),
    ("General.TransactionOutOfMemoryError", TooMuchAtOnce, "{shown} has too little memory for one transaction.", "Raise db.memory.transaction.max, or the heap."),
    ("Transaction.TransactionTimedOut", StoreBusy, "{shown} took too long to answer.", "Try again; if it stays so, look at its memory and its query log."),
    ("Transaction.LockAcquisitionTimeout", StoreBusy, "Another loader holds {shown} for too long.", "Try again when it has ended."),
    ("General.DatabaseUnavailable", StoreAway, "The database {shown} is not up yet, or stopped.", "Start it, or wait until it has recovered."),
)  # fmt: skip


def explained(error: Exception, address: Address) -> RoletrailError:
    """What to do about an error of the driver."""
    told = {"shown": address.shown, "user": address.user or "Nobody"}
    if isinstance(error, exceptions.Neo4jError):
        code = error.code or ""
        for part, kind, detail, hint in _CODES:
            if part in code:
                return kind(detail.format(**told), hint=hint)
        if isinstance(error, exceptions.TransientError):
            return StoreBusy(f"{address.shown} was too busy: {error.message}", hint="Try again.")
        return StoreUnavailable(f"{address.shown} refused a statement: {code}: {error.message}", hint="Please report it.")
    if isinstance(error, exceptions.ConfigurationError):
        return InvalidRequest("This address of a Neo4j server is not usable.", hint="Use neo4j://HOST:7687/DATABASE.")
    return StoreAway(
        f"The Neo4j server {address.uri} cannot be reached.",
        hint="Start it, or name another with --store; whatever it had acknowledged is kept, and loading again goes on from there.",
    )


LEASE = statements("store")["lease"]
"""Bumps the lease and returns it: from here on this transaction is the only writer."""
