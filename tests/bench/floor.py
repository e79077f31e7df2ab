"""The floor of ingest: its own gunzip and its own typed decode of every object, results thrown away, nothing else.

`python -m tests.bench.floor FOLDER PROCESSES` prints the number of records.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
from pathlib import Path

from roletrail.ingest.inflate import plain
from roletrail.ingest.records import decode_file


def _records(path: Path) -> int:
    return len(decode_file(plain(path.read_bytes())).records)


def main() -> None:
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    # The largest first, so that no process is left alone with one at the end.
    paths = sorted(folder.rglob("*.json.gz"), key=lambda path: path.stat().st_size, reverse=True)
    with multiprocessing.get_context("fork").Pool(processes, initializer=gc.disable) as pool:
        print(sum(pool.imap_unordered(_records, paths, chunksize=1)))


if __name__ == "__main__":
    main()
