"""How long a page of a session's events takes in a large archive: `python tests/bench/archive_page.py [--rows 10000000]`.

Builds synthetic days with ingest's own writer and compaction, then asks as the events page does: a session with its own
first and last use as bounds; a busy long-term key over all days; one event of a known day; one event of an unknown day.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from roletrail.archive.compact import compact
from roletrail.archive.eventlog import DuckEventLog
from roletrail.archive.names import day_name
from roletrail.archive.port import Cursor, LoggedEvent, Visible
from roletrail.archive.writer import ArchiveWriter, WrittenFile

OBJECT_ROWS = 1_400
OBJECTS_A_FLUSH = 10  # as an hourly ingest leaves them: about 24 files a day
ROWS_A_SESSION = 14
DAY = 86_400
START = 1_762_992_000  # 2025-11-13
PAGE = 100
TARGET_MS = 50


class Probe(NamedTuple):
    """One session that a reader may ask for."""

    identity: str
    event_id: str
    first: int
    last: int


class Archive:
    """The folder, the names that count, and sessions and keys to ask for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dice = random.Random(20251113)
        self.files: dict[str, WrittenFile] = {}
        self.keys = [f"key{number:017d}" for number in range(50)]
        self.probes: list[Probe] = []

    def swap(self, remove: object, add: object) -> bool:
        self.files = {name: file for name, file in self.files.items() if name not in set(remove)}  # type: ignore[call-overload]
        self.files |= {file.name: file for file in add}  # type: ignore[attr-defined]
        return True

    def fill(self, rows: int, days: int) -> None:
        writer = ArchiveWriter(self.folder, 1, 0)
        objects = max(1, rows // days // OBJECT_ROWS)
        for day in range(days):
            sessions = [f"{self.dice.getrandbits(80):020x}" for _ in range(objects * OBJECT_ROWS // ROWS_A_SESSION)]
            for number in range(objects):
                writer.add(self._object(day, number, objects, sessions))
                if number % OBJECTS_A_FLUSH == OBJECTS_A_FLUSH - 1:
                    self.swap((), writer.flush())
            self.swap((), writer.flush())

    def _object(self, day: int, number: int, objects: int, sessions: list[str]) -> dict[str, list]:
        """An object: a quarter of an hour of sixty sessions that are alive then, and of two long-term keys."""
        dice, n = self.dice, OBJECT_ROWS
        alive = len(sessions) * number // objects
        pool = [sessions[(alive + dice.randrange(400)) % len(sessions)] for _ in range(60)] + dice.sample(self.keys, 2)
        begin = START + day * DAY + (DAY - 900) * number // objects
        at = sorted(begin + int(dice.random() * 900) for _ in range(n))
        identity = dice.choices(pool, k=n)
        text = os.urandom(16 * n).hex()
        event_id = [
            f"{text[i : i + 8]}-{text[i + 8 : i + 12]}-{text[i + 12 : i + 16]}-{text[i + 16 : i + 32]}"
            for i in range(0, 32 * n, 32)
        ]
        if dice.random() < 0.1:
            self.probes.append(Probe(identity[0], event_id[0], at[0] - 7200, at[0] + 7200))
        return {
            "attempt": [(1 << 24) + number] * n,
            "record": list(range(n)),
            "event_id": event_id,
            "at": at,
            "identity": identity,
            "access_key_id": ["ASIA" + name[:16] for name in identity],
            "event_source": dice.choices(SOURCES, k=n),
            "event_name": dice.choices(NAMES, k=n),
            "region": dice.choices(["us-east-1", "eu-west-1"], k=n),
            "account": ["123456789012"] * n,
            "address": [f"10.{alive % 256}.{i % 40}.7" for i in range(n)],
            "agent": dice.choices(AGENTS, k=n),
            "error_code": [""] * n,
            "read_only": [True] * n,
            "vpce_id": [""] * n,
            "invoked_by": [""] * n,
        }


SOURCES = [f"{name}.amazonaws.com" for name in ("s3", "ec2", "iam", "sts", "kms", "dynamodb", "lambda", "logs", "ecr", "sqs")]
NAMES = [f"Describe{number}" for number in range(400)]
AGENTS = [f"aws-cli/2.{number} md/Botocore lang/python#3.11 os/linux#5.10" for number in range(60)]


def timed(label: str, ask: Callable[[Probe], object], probes: list[Probe]) -> float:
    """Print p50, p95 and the worst; returns p95 in milliseconds."""
    took = []
    for probe in probes:
        begin = time.perf_counter()
        assert ask(probe)
        took.append((time.perf_counter() - begin) * 1000)
    p95 = statistics.quantiles(took, n=20)[18]
    print(f"{label:<44}p50 {statistics.median(took):7.1f} ms   p95 {p95:7.1f} ms   max {max(took):7.1f} ms   n {len(took)}")
    return p95


def ask_all(archive: Archive, log: DuckEventLog, probes: list[Probe], days: int) -> float:
    busy = [Probe(name, "", START, START + days * DAY) for name in archive.keys]

    def second_page(probe: Probe) -> list[LoggedEvent]:
        middle = Cursor(START + days * DAY // 2, "")
        return log.session_events([probe.identity], PAGE, middle, probe.first, probe.last)

    page = timed(
        "page of a session, bounded by its life",
        lambda p: log.session_events([p.identity], PAGE, None, p.first, p.last),
        probes,
    )
    timed("page of a session, no bounds", lambda p: log.session_events([p.identity], PAGE), probes[:40])
    timed("first page of a busy key", lambda p: log.session_events([p.identity], PAGE, None, p.first, p.last), busy)
    timed("page in the middle of a busy key", second_page, busy)
    timed("one event of a known day", lambda p: log.event(day_name(p.first + 7200), p.event_id), probes[:100])
    timed("one event of an unknown day", lambda p: log.find(p.event_id), probes[:8])
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roletrail-archive-") as folder:
        archive = Archive(Path(folder))
        begin = time.perf_counter()
        archive.fill(options.rows, options.days)
        fresh = list(archive.files.values())
        print(f"{sum(file.rows for file in fresh):,} rows in {len(fresh)} files, written in {time.perf_counter() - begin:.1f} s")
        log = DuckEventLog(Path(folder), lambda: Visible(list(archive.files.values()), []))
        probes = archive.dice.sample(archive.probes, min(200, len(archive.probes)))
        print("\nas ingest wrote them")
        ask_all(archive, log, probes, options.days)
        begin = time.perf_counter()
        merge_everything(archive, options.days)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        print(
            f"\nmerged to {len(archive.files)} files in {time.perf_counter() - begin:.1f} s, {size / options.rows:.1f} bytes a row"
        )
        page = ask_all(archive, log, probes, options.days)
        log.close()
    print(f"\npage of a session: p95 {page:.1f} ms, target {TARGET_MS} ms")
    return 0 if page < TARGET_MS else 1


def merge_everything(archive: Archive, days: int) -> None:
    compact(archive.folder, 2, list(archive.files.values()), [], archive.swap, START + (days + 2) * DAY)


if __name__ == "__main__":
    raise SystemExit(main())
