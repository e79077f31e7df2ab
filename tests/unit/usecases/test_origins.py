"""A missing parent is a fact of the whole store: seen when read, never stored (ADR 0008)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.loading import Loaded

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REGIONAL = SCENARIOS / "t36-regional-endpoint"


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


CASES = [
    ("t06-switched-role", "events.json", {"BEFORE_LOGS"}),
    ("t35-logging-off", "events.json", {"LOGGING_OFF"}),
    ("t36-regional-endpoint", "us-east-1.json", {"REGION_NOT_LOADED"}),
    ("t46-writes-only", "events.json", {"READS_NOT_LOGGED"}),
]


@pytest.mark.parametrize(("folder", "file", "codes"), CASES, ids=[case[0] for case in CASES])
def test_reasons(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], folder: str, file: str, codes: set[str]) -> None:
    loaded = Loaded(tmp_path, capfdbinary)
    loaded.ingest(SCENARIOS / folder / file)
    unknown = [node for chain in loaded.chains() for node in chain["path"] if node["kind"] == "unknown"]
    assert {node["reason_code"] for node in unknown} == codes
    assert all(node["reason"].endswith(".") for node in unknown)
    if "LOGGING_OFF" in codes:
        assert unknown[0]["reason_event"] == "20261102.e0000000-0000-4000-8000-000000000003"
    view = loaded.show(next(chain["session_id"] for chain in loaded.chains() if chain["path"][0]["kind"] == "unknown"))
    assert view["coverage"] == [view["chain"]["path"][0]["reason"]]
    assert view["tree"][0]["node"]["kind"] == "unknown"
