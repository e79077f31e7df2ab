"""A missing parent is a fact of the whole store: seen when read, never stored (ADR 0008)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.loading import Loaded

REGIONAL = Path(__file__).parents[2] / "scenarios" / "t36-regional-endpoint"


def test_a_missing_parent_is_shown_and_not_stored(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(REGIONAL / "us-east-1.json")
    (chain,) = loaded.chains()
    assert [node["kind"] for node in chain["path"]] == ["unknown", "session"]
    assert chain["path"][0]["reason"]
    ports = loaded.ports()
    try:
        stored = "".join(map(str, ports.graph.export()))
    finally:
        ports.close()
    assert chain["session_id"] in stored
    assert chain["path"][0]["id"] not in stored


def test_loading_what_was_missing_changes_the_answer_at_once(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(REGIONAL / "us-east-1.json")
    (before,) = loaded.chains()
    loaded.ingest(REGIONAL / "eu-west-3.json")
    (after,) = loaded.chains()
    assert after["session_id"] == before["session_id"]
    assert [node["kind"] for node in after["path"]] == ["key", "session"]
