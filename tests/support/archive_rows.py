"""Event rows and evidence for the archive, as ingest hands them over: one list per column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from roletrail.archive.port import LoggedEvent, NamedFile, Visible
from roletrail.archive.writer import ArchiveWriter, WrittenFile

NOON = 1_763_035_200  # 2025-11-13T12:00:00Z
DAY = 86_400


def event(number: int, at: int = NOON, identity: str = "session", **fields: object) -> LoggedEvent:
    """An ordinary event; `number` makes its id."""
    plain = LoggedEvent(
        attempt=1 << 24,
        record=number,
        event_id=f"00000000-0000-4000-8000-{number:012d}",
        at=at,
        identity=identity,
        access_key_id="ASIAEXAMPLE000000001",
        event_source="s3.amazonaws.com",
        event_name="GetObject",
        region="eu-west-1",
        account="123456789012",
        address="192.0.2.7",
        agent="aws-cli",
        error_code="",
        read_only=True,
        vpce_id="",
        invoked_by="",
    )
    return plain._replace(**fields)


def columns(events: Sequence[LoggedEvent]) -> dict[str, list]:
    return dict(zip(LoggedEvent._fields, map(list, zip(*events, strict=True)), strict=True))


def evidence(events: Iterable[LoggedEvent]) -> list[tuple[int, str, int, bytes]]:
    return [(e.attempt, e.event_id, e.at, json.dumps({"eventID": e.event_id, "of": e.identity}).encode()) for e in events]


class Ledger:
    """What of the archive is named: stands for the store's tables, with its rule that a late swap changes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, NamedFile] = {}
        self.excluded: list[int] = []

    def write(
        self, events: Sequence[LoggedEvent], kept: Sequence[LoggedEvent] = (), run: int = 1, worker: int = 0
    ) -> list[WrittenFile]:
        """One worker with one flush."""
        writer = ArchiveWriter(self.folder, run, worker)
        writer.add(columns(events), evidence(kept))
        written = writer.flush()
        self.name(written)
        return written

    def name(self, files: Iterable[WrittenFile]) -> None:
        self.files |= {file.name: file for file in files}

    def visible(self) -> Visible:
        return Visible(list(self.files.values()), self.excluded)

    def swap(self, remove: Iterable[str], add: Iterable[WrittenFile]) -> bool:
        if not set(remove) <= self.files.keys():
            return False
        for name in remove:
            del self.files[name]
        self.name(add)
        return True

    def on_disk(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
