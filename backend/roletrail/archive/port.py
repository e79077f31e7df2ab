"""What use-cases may ask of the archive: the events of a session, one event, the evidence kept of it.

The archive holds no truth of its own about which files count: the ledger says so, through `Visible`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, Protocol


class NamedFile(Protocol):
    """A file as the ledger names it (`stores.port.ArchiveFile` and `writer.WrittenFile` both fit)."""

    @property
    def name(self) -> str: ...
    @property
    def day(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def rows(self) -> int: ...


class Group(NamedTuple):
    """Files of one kind and day that a merge makes one."""

    kind: str
    day: str
    names: tuple[str, ...]


class Visible(NamedTuple):
    """The files that count right now, and the attempts inside them that do not (they were refused as doubles)."""

    files: Sequence[NamedFile]
    excluded_attempts: Collection[int]


ReadVisible = Callable[[], Visible]


class Cursor(NamedTuple):
    """Position behind one event of a session: pages are ordered by (at, event_id)."""

    at: int
    event_id: str


class LoggedEvent(NamedTuple):
    """One slim row: everything the archive keeps of every event. Names are those of the Parquet columns."""

    attempt: int
    record: int  # index in its object
    event_id: str
    at: int
    identity: str
    access_key_id: str
    event_source: str
    event_name: str
    region: str
    account: str
    address: str
    agent: str
    error_code: str
    read_only: bool | None
    vpce_id: str
    invoked_by: str


class EventLog(Protocol):
    def session_events(
        self, identities: Collection[str], limit: int, after: Cursor | None = None, from_: int = 0, to: int = 0
    ) -> list[LoggedEvent]:
        """The next `limit` events of an identity, by (at, event_id) ascending.

        `identities` is the identity's id with the ids that became its aliases: rows carry the id their record gave.
        `from_` and `to` (exclusive, 0 for none) should be the identity's first and last use: they prune days.
        """
        ...

    def count(self, identities: Collection[str], from_: int = 0, to: int = 0) -> int: ...
    def event(self, day: str, event_id: str) -> LoggedEvent | None:
        """The row of an event of a day (yyyymmdd)."""
        ...

    def events(self, day: str, event_ids: Iterable[str]) -> dict[str, LoggedEvent]: ...
    def evidence(self, day: str, event_id: str) -> bytes | None:
        """The whole scrubbed record as JSON, for the events that keep it (ADR 0006)."""
        ...

    def find(self, event_id: str) -> LoggedEvent | None:
        """The row of an event whose day nobody knows: reads one column of every day, so prefer `event`."""
        ...

    def close(self) -> None: ...
