"""The benchmark's own parts: its logs are the same every time, and a store that reads them is right about every session."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from tests.bench import generate, truth
from tests.support.loading import Loaded

ASKED = generate.Asked(events=6000, files=72, issuance=0.2, seed=7)


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.json.gz")):
        found.update(str(path.relative_to(folder)).encode() + gzip.decompress(path.read_bytes()))
    found.update((folder / "truth.jsonl").read_bytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    generate.generate(folder / "logs", ASKED, processes=1)
    return folder / "logs"


def test_same_logs_with_any_number_of_processes(logs: Path, tmp_path: Path) -> None:
    generate.generate(tmp_path / "again", ASKED, processes=2)
    assert _digest(tmp_path / "again") == _digest(logs)


def test_logs_are_what_was_asked_for(logs: Path) -> None:
    manifest = json.loads((logs / "manifest.json").read_text())
    records = [
        r for path in (logs / "logs" / "AWSLogs").rglob("*.gz") for r in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]
    assert len(records) == manifest["records"] == ASKED.events
    assert len({record["eventID"] for record in records}) == ASKED.events
    size = manifest["raw"] / (manifest["records"] + manifest["doubles"])
    assert 1200 < size < 1900
    issued = sum(
        record["eventSource"] == "sts.amazonaws.com" and "credentials" in (record["responseElements"] or {}) for record in records
    )
    assert 0.7 < issued / (ASKED.events * ASKED.issuance) < 1.3
    assert manifest["depths"]["6"] > 0


def test_store_holds_every_chain(logs: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(logs / "logs")
    verdict = truth.check(loaded.store, logs / "truth.jsonl")
    assert verdict.sessions > 500
    assert verdict.wrong == 0, verdict
    health = loaded.health()
    manifest = json.loads((logs / "manifest.json").read_text())
    assert (health["events"], health["doubles"], health["quarantined"]) == (manifest["records"], manifest["doubles"], 0)
