"""The app database: one SQLite file for what people do here (ADR 0005). Knows its layout and its lock, and no room's tables.

Rooms that keep something in it (auth, investigations, alerts) put a numbered script into `schema/` and are handed an `AppDatabase`.
Opened at first use, so that commands which only read logs leave it alone.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection
from typing import Literal

from roletrail.errors import StoreUnavailable
from roletrail.sqlite import Database, Layout, migrations_in

APP_LAYOUT = Layout(
    what="app database",
    application_id=0x52544150,  # "RTAP"
    migrations=migrations_in(Path(__file__).parent / "schema"),
    cache_mib=2,
)


class AppDatabase:
    """The open file, its secret key and its clock. `now` is injected so that tests can let time pass."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = now
        self._mine = threading.local()
        self._lock_fd: int | None = None

    @property
    def present(self) -> bool:
        """Whether anything was ever written: readers of what people set need not make the file."""
        return "_db" in self.__dict__ or self.path.is_file()

    @cached_property
    def _db(self) -> Database:
        return Database(self.path, APP_LAYOUT)

    @cached_property
    def key(self) -> bytes:
        """Key of this installation: secrets are stored only as HMAC under it."""
        with self.write() as db:
            db.execute("INSERT INTO secret VALUES ('key', ?) ON CONFLICT DO NOTHING", (secrets.token_bytes(32),))
            return db.execute("SELECT value FROM secret WHERE name = 'key'").fetchone()[0]

    def now(self) -> int:
        """Epoch seconds."""
        return int(self.clock())

    def read(self) -> Connection:
        return self._db.read()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """One write transaction, committed on exit, rolled back on error. Nested uses join it: a change and its audit row
        stand or fall together."""
        joined: Connection | None = getattr(self._mine, "writer", None)
        if joined is not None:
            yield joined
            return
        with self._db.write() as db:
            self._mine.writer = db
            try:
                yield db
            finally:
                self._mine.writer = None

    def claim_server(self) -> None:
        """Hold this database for one web process group; refused while another holds it. Ends with the process."""
        fd = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise StoreUnavailable(
                f"Another Roletrail server uses the app database {self.path}.",
                hint="Open that one, stop it first, or set ROLETRAIL_APP_DB to another file.",
            ) from None
        self._lock_fd = fd

    def remember(self, name: Literal["url", "sample", "shares"], value: str) -> None:
        """A fact for other processes: `url` people open, `sample` when the store holds the sample incidents, `shares` when all sharing is stopped."""
        with self.write() as db:
            db.execute("INSERT INTO fact VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def recall(self, name: Literal["url", "sample", "shares"]) -> str:
        """What was remembered last; "" when nothing was."""
        row = self.read().execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def close(self) -> None:
        if "_db" in self.__dict__:
            self._db.close()
            del self.__dict__["_db"]
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None
