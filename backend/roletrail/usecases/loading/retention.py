"""Retention: whole days of the archive go by age. What pins need is copied first; the ledger and its dedupe cells stay, so that
nothing of them is ingested again; the graph and frozen snapshots are never touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from roletrail.auth.actor import Actor
from roletrail.auth.audit import AuditLog
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, NotFound
from roletrail.investigations.book import Casebook
from roletrail.investigations.model import Pin
from roletrail.usecases.events import record_of
from roletrail.usecases.investigations.pins import keep, subjects
from roletrail.usecases.ports import Ports

LEAST_DAYS = 1
DAY = 86_400


@dataclass(frozen=True, slots=True)
class RetentionView:
    """`before` is the first day that stays. `kept` are records copied for pins, `missing` those whose source was gone already."""

    before: str
    days: list[str]
    files: int
    rows: int
    kept: int
    missing: int
    spanning: int  # files over several days, which stay until they are merged
    dry_run: bool


def run_retention(ports: Ports, actor: Actor, archive: Path, days: int, *, dry_run: bool = False) -> RetentionView:
    """Delete archive days older than `days` days before now."""
    require(actor, "retention.run")
    if days < LEAST_DAYS:
        raise InvalidRequest("Retention keeps at least one day.")
    before = time.strftime("%Y%m%d", time.gmtime(ports.app.now() - days * DAY))
    all_ = ports.graph.archive_files()
    gone = [file for file in all_ if file.day and file.day < before]
    doomed = {file.day for file in gone}
    references = [ref for ref in dict.fromkeys(_needed(ports)) if ref[:8] in doomed]
    kept, missing = (0, 0) if dry_run else _copied(ports, references)
    if gone and not dry_run:
        with ports.app.write():
            AuditLog(ports.app).wrote(actor, "retention.run", "", f"deleted {len(doomed)} archive days before {before}")
        if ports.graph.swap_archive_files([file.name for file in gone], ()):
            for file in gone:
                (archive / file.name).unlink(missing_ok=True)
    return RetentionView(
        before=before,
        days=sorted(doomed),
        files=len(gone),
        rows=sum(file.rows for file in gone),
        kept=kept if not dry_run else len(references),
        missing=missing,
        spanning=sum(not file.day for file in all_),
        dry_run=dry_run,
    )


def _needed(ports: Ports) -> Iterator[str]:
    """Events that pins of any investigation stand on: themselves, and the proofs of their joins."""
    if not ports.app.present:
        return
    pins: list[Pin] = Casebook(ports.app).every_pin(closed=True)
    yield from (pin.target for pin in pins if pin.kind == "event")
    ids = {id_ for found in subjects(ports.graph, pins).values() for id_ in found}
    for row in ports.graph.rows(ids).values():
        for edge in row.edges:
            yield from edge.evidence


def _copied(ports: Ports, references: list[str]) -> tuple[int, int]:
    kept = missing = 0
    for reference in references:
        try:
            record = record_of(ports, reference)
        except NotFound:
            record = None
        if record is None:
            missing += 1
        else:
            keep(ports, reference, record)
            kept += 1
    return kept, missing
