"""Where the time of an ingest goes: the same run in one process, with a clock around every stage.

`python -m tests.bench.stages FOLDER STORE` prints CPU seconds by stage as JSON. In a run over several processes the stages up
to "archive rows" go side by side; commits, linking, merging and judging do not.
"""

from __future__ import annotations

import functools
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import roletrail.ingest.records as records_room
from roletrail.archive.writer import ArchiveWriter
from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.ingest import run
from roletrail.ingest.crew import Crew, Inline
from roletrail.ingest.reduce import Reducer
from roletrail.ingest.source import Listed
from roletrail.inventory.known import Known, Said
from roletrail.stores.embedded.store import EmbeddedStore
from roletrail.usecases.findings.evaluate import evaluate
from roletrail.usecases.findings.given import Given

JUDGING = "judge"
FLOOR = ("gunzip", "decode")
"""What `floor` does too."""

_spent: dict[str, float] = defaultdict(float)


def _timed(stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def timed(*arguments: Any, **named: Any) -> Any:
        begun = time.thread_time()
        try:
            return call(*arguments, **named)
        finally:
            _spent[stage] += time.thread_time() - begun

    return timed


def _instrument() -> None:
    for stage, room, name in (
        ("gunzip", records_room, "plain"),
        ("sha256", records_room.hashlib, "sha256"),
        ("decode", records_room, "decode_file"),
        ("reduce", Reducer, "reduce"),
        ("archive rows", ArchiveWriter, "add"),
        ("archive files", ArchiveWriter, "flush"),
        ("commit", EmbeddedStore, "commit"),
        ("link", run, "link_pending"),
    ):
        setattr(room, name, _timed(stage, getattr(room, name)))
    setattr(run, "_crew", _one_process)  # noqa: B010 - a private name, replaced on purpose


def _one_process(archive: Path, number: int, objects: list[Listed], workers: int | None) -> Crew:
    del workers
    units: Sequence[list[Listed]] = run.units_of(objects)
    return Inline(archive, number, units)


def main() -> None:
    folder, store = sys.argv[1], sys.argv[2]
    _instrument()
    begun = time.thread_time()
    run.ingest(
        [folder], open_store=lambda: open_graph(store, create=True), archive=Path(store.removeprefix("sqlite:///") + ".archive")
    )
    _spent["everything else"] = time.process_time() - begun - sum(_spent.values())
    sorted_apart = resource.getrusage(resource.RUSAGE_CHILDREN)
    _spent["merge days"] = sorted_apart.ru_utime + sorted_apart.ru_stime
    graph = open_graph(store, create=False)
    begun = time.thread_time()
    evaluate(graph, local_actor(), Given(inventory=Known(Path(store.removeprefix("sqlite:///")).parent / "inventory", Said())))
    _spent[JUDGING] = time.thread_time() - begun
    print(json.dumps({stage: round(seconds, 3) for stage, seconds in _spent.items()}))


if __name__ == "__main__":
    main()
