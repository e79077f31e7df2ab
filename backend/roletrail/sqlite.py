"""SQLite files of ours: private, in WAL mode, migrated when opened, one writer at a time, one reader a thread.

Used by the embedded graph store and by the app database. Knows neither schema.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from roletrail.errors import RoletrailError, SchemaMismatch, StoreUnavailable

BUSY_SECONDS = 120.0
"""How long a writer waits for another process's transaction: longer than any of ours lasts."""

WAIT_SECONDS = 0.01
"""Between two tries where SQLite itself does not wait."""

FILE_MODE = 0o600

READER_CACHE_MIB = 8
"""A server has dozens of reading threads; the system's page cache serves them all."""


class Migration(NamedTuple):
    number: int
    sql: str


class Layout(NamedTuple):
    """What makes a file one of a kind: `application_id` stands in the SQLite header (SQLite file format, offset 68)."""

    what: str  # "graph store", for sentences
    application_id: int
    migrations: Sequence[Migration]
    cache_mib: int = 16  # of the writer
    functions: Mapping[str, Callable[[bytes], str | int]] = {}  # of one packed row, for migrations alone to call

    @property
    def version(self) -> int:
        return max(migration.number for migration in self.migrations)


def migrations_in(folder: Path) -> list[Migration]:
    """Numbered scripts `NNNN_name.sql` of a folder, in order."""
    found = [Migration(int(path.name[:4]), path.read_text("utf-8")) for path in folder.glob("[0-9][0-9][0-9][0-9]_*.sql")]
    return sorted(found)


class _Lent:
    """A reading connection in a thread's hands: when the thread has ended, the next one gets it. A follower starts threads each
    round, and a server for each burst of requests."""

    __slots__ = ("_idle", "connection")

    def __init__(self, connection: sqlite3.Connection, idle: deque[sqlite3.Connection]) -> None:
        self.connection = connection
        self._idle = idle

    def __del__(self) -> None:
        self._idle.append(self.connection)


class Database:
    """One open file. `read` serves the calling thread's own connection, `write` the only writing one."""

    def __init__(self, path: Path, layout: Layout, *, create: bool = True) -> None:
        self.path = path
        self._layout = layout
        self._lock = threading.RLock()
        self._mine = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._idle: deque[sqlite3.Connection] = deque()
        self._watch = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        _ensure_private(path, layout.what, create=create)
        with _clear_errors(path, layout.what):
            self._writer = self._connect(layout.cache_mib)
            try:
                _migrate(self._writer, path, layout)
            except BaseException:
                self._writer.close()
                raise

    def _connect(self, cache_mib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            _use_wal(connection)
            for pragma in (
                "synchronous = NORMAL",
                "foreign_keys = ON",
                "secure_delete = OFF",
                "temp_store = MEMORY",
                f"cache_size = -{cache_mib * 1024}",
                "wal_autocheckpoint = 16384",
                "journal_size_limit = 67108864",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def read(self) -> sqlite3.Connection:
        """This thread's reading connection."""
        lent: _Lent | None = getattr(self._mine, "lent", None)
        if lent is None:
            lent = self._mine.lent = _Lent(self._left() or self._opened(), self._idle)
        return lent.connection

    def _left(self) -> sqlite3.Connection | None:
        """A connection whose thread has ended. A download may still read from it, in another thread: then it is left alone."""
        for _ in range(len(self._idle)):
            try:
                connection = self._idle.popleft()
            except IndexError:  # another thread was faster
                return None
            if not connection.in_transaction:
                return connection
            self._idle.append(connection)
        return None

    def _opened(self) -> sqlite3.Connection:
        with _clear_errors(self.path, self._layout.what):
            connection = self._connect(READER_CACHE_MIB)
        connection.execute("PRAGMA query_only = ON")
        with self._lock:
            self._readers.append(connection)
        return connection

    @contextmanager
    def snapshot(self) -> Generator[sqlite3.Connection]:
        """A reading connection that sees one state throughout; nested uses share it."""
        connection = self.read()
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def version(self) -> int:
        """Another number after every commit, this process's own and others' (https://www.sqlite.org/pragma.html#pragma_data_version)."""
        with self._watch:
            if self._watcher is None:
                self._watcher = self._connect(READER_CACHE_MIB)
                with self._lock:
                    self._readers.append(self._watcher)
            (number,) = self._watcher.execute("PRAGMA data_version").fetchone()
            return number

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """One write transaction: committed on exit, rolled back on error. Other writers wait."""
        with self._lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise _unavailable(self.path, self._layout.what, error) from error
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give back what the writer keeps of the file (https://www.sqlite.org/pragma.html#pragma_shrink_memory)."""
        with self._lock:
            self._writer.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for its lock while another process makes a new file a WAL file, whatever the timeout says
    (https://www.sqlite.org/c3ref/busy_handler.html: the handler may be left out to avoid a deadlock)."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(WAIT_SECONDS)
        else:
            return


def _ensure_private(path: Path, what: str, *, create: bool) -> None:
    """The file is ours alone before SQLite writes to it; WAL and shared memory take its mode over."""
    if not create and not path.is_file():
        raise StoreUnavailable(
            f"There is no {what} at {path}.", hint="Run `roletrail ingest` first, or name another store with --store."
        )
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | (os.O_CREAT if create else 0) | os.O_CLOEXEC, FILE_MODE))
    except OSError as error:
        raise StoreUnavailable(
            f"The {what} {path} cannot be opened: {error.strerror}.", hint="Check the path and its permissions."
        ) from error


def _migrate(connection: sqlite3.Connection, path: Path, layout: Layout) -> None:
    connection.execute("BEGIN")  # one state for all three questions, while another process may be making the file
    try:
        if _version(connection, path, layout) == layout.version:
            return
    finally:
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        present = _version(connection, path, layout)  # another process may have been first
        for name, function in layout.functions.items():
            connection.create_function(name, 1, function, deterministic=True)
        for number, sql in sorted(layout.migrations):
            if number > present:
                for statement in _statements(sql):
                    connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {layout.application_id}")
        connection.execute(f"PRAGMA user_version = {layout.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path, layout: Layout) -> int:
    """Schema version of the file; refuses files that are not ours and files of a newer Roletrail."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application_id != layout.application_id:
        raise StoreUnavailable(f"{path} is not a Roletrail {layout.what}.", hint="Name another file.")
    if version > layout.version:
        raise SchemaMismatch(
            f"The {layout.what} {path} has schema {version}, but this Roletrail knows schemas up to {layout.version}.",
            hint="Upgrade Roletrail, or name another store.",
        )
    return version


def _statements(sql: str) -> Iterator[str]:
    """Statements of a script, one by one: executescript would commit the migration's transaction."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _unavailable(path: Path, what: str, error: sqlite3.Error) -> StoreUnavailable:
    return StoreUnavailable(
        f"The {what} {path} cannot be used: {error}.", hint="Check that it is a Roletrail file and not in use elsewhere."
    )


@contextmanager
def _clear_errors(path: Path, what: str) -> Generator[None]:
    try:
        yield
    except RoletrailError:
        raise
    except sqlite3.Error as error:
        raise _unavailable(path, what, error) from error
