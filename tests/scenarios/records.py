"""The records of a scenario's files, whatever they are wrapped in."""

from __future__ import annotations

from roletrail.ingest.records import open_object
from tests.scenarios.test_scenarios import Case


def records_of(case: Case) -> list[bytes]:
    """Every sound record, as JSON text, in the order of files and records."""
    found: list[bytes] = []
    for path in dict.fromkeys(path for run in case.runs for path in run):
        for file in sorted(path.rglob("*.json*")) if path.is_dir() else [path]:
            content = open_object(file.read_bytes())
            for k in range(content.parts if content.items else 0):
                found += [bytes(raw) for raw in content.sifted(k).raws()]
    return found
