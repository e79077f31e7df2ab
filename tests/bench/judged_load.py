"""Loads a folder of logs and judges it as `roletrail ingest` does, in a process that is as small as that when it begins, and
prints what either took: `python -m tests.bench.judged_load LOGS STORE INVENTORY`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from roletrail.auth.actor import local_actor
from roletrail.ingest.run import ingest
from roletrail.inventory.known import Known, Said
from roletrail.stores.embedded import EmbeddedStore
from roletrail.usecases.findings.apart import evaluate_by, judges
from roletrail.usecases.findings.given import Given


class Loaded(NamedTuple):
    """Seconds by the clock: of reading, linking and committing, and of judging after it."""

    events: int
    identities: int
    read: float
    judged: float


def loaded(logs: Path, store: Path, inventory: Path) -> Loaded:
    command = [sys.executable, "-m", "tests.bench.judged_load", str(logs), str(store), str(inventory)]
    return Loaded(*json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def main() -> None:
    logs, path, inventory = map(Path, sys.argv[1:4])
    given = Given(inventory=Known(inventory, Said()))
    with judges(lambda: EmbeddedStore(path), local_actor(), given) as apart:
        begun = time.perf_counter()
        summary = ingest([str(logs)], open_store=lambda: EmbeddedStore(path), archive=path.parent / "archive")
        read = time.perf_counter()
        store = EmbeddedStore(path)
        done = evaluate_by(apart, store, local_actor(), given)
        judged = time.perf_counter()
        store.close()
    print(json.dumps(Loaded(summary.taken, done.identities, read - begun, judged - read)))


if __name__ == "__main__":
    main()
