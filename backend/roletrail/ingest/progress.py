"""What an ingest run says of itself, while it goes and when it is done."""

from __future__ import annotations

from typing import NamedTuple

MOST_ACCOUNTS = 100_000
"""Files whose account a summary lists one by one; the ledger has all of them."""


class Progress(NamedTuple):
    """State of a run. `started` is time.monotonic() at its beginning."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    events: int
    quarantined: int
    stage: str  # reading | linking | judging | merging
    started: float


class FileAccount(NamedTuple):
    """What became of one object. `reasons` counts what was refused by reason; `known` objects were in the ledger already."""

    locator: str
    kind: str
    known: bool
    taken: int
    doubles: int
    ignored: int
    reasons: dict[str, int]


class IngestSummary(NamedTuple):
    files: int
    known: int  # files that were in the ledger already, and were not read again
    taken: int
    doubles: int
    ignored: int
    quarantined: dict[str, int]  # records and files by reason
    seconds: float
    accounts: list[FileAccount]
    interrupted: bool


NOTHING = IngestSummary(0, 0, 0, 0, 0, {}, 0.0, [], interrupted=False)


def joined(one: IngestSummary, other: IngestSummary) -> IngestSummary:
    """Two runs as one account."""
    reasons = sorted(one.quarantined.keys() | other.quarantined.keys())
    return IngestSummary(
        files=one.files + other.files,
        known=one.known + other.known,
        taken=one.taken + other.taken,
        doubles=one.doubles + other.doubles,
        ignored=one.ignored + other.ignored,
        quarantined={reason: one.quarantined.get(reason, 0) + other.quarantined.get(reason, 0) for reason in reasons},
        seconds=one.seconds + other.seconds,
        accounts=(one.accounts + other.accounts)[:MOST_ACCOUNTS],
        interrupted=one.interrupted or other.interrupted,
    )
