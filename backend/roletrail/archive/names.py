"""The names of archive files: every one carries the run that wrote it, so that what a dead run left can be told."""

from __future__ import annotations

import re
import time

TEMPORARY = ".tmp"
SPANNING = "spanning"

_STEM = re.compile(r"^([rm])(\d+)-")


def day_name(at: int) -> str:
    """`yyyymmdd` of a time, as event references carry it (`lineage.model.event_ref`)."""
    return time.strftime("%Y%m%d", time.gmtime(at))


def writer_stem(run: int, worker: int, flush: int) -> str:
    """Stem of a file as a worker writes it."""
    return f"r{run:06d}-w{worker}-{flush:06d}"


def merged_stem(run: int, number: int) -> str:
    """Stem of a file merged by compaction. It holds no row of an excluded attempt."""
    return f"m{run:06d}-{number:06d}"


def mark_name(run: int) -> str:
    """Name of the file a living run holds locked."""
    return f".run-{run:06d}"


def spill_name(stem: str) -> str:
    """What the name of anything begins with that a sort spills while it writes `stem`."""
    return f".spill-{stem}-"


def place(kind: str, day: str, stem: str) -> str:
    """Name of a file relative to the archive folder."""
    return f"{kind}/{'day=' + day if day else SPANNING}/{stem}.parquet"


def is_merged(name: str) -> bool:
    return name.rpartition("/")[2].startswith("m")


def run_of(name: str) -> int:
    """The run that wrote a file, -1 when the name is not one of ours."""
    match = _STEM.match(name.rpartition("/")[2])
    return int(match.group(2)) if match else -1
