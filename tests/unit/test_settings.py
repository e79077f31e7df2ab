"""Settings: what the environment says, what stands beside the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from roletrail import settings


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STORE", "PORT", "ARCHIVE"):
        monkeypatch.setenv(f"ROLETRAIL_{name}", "")
    found = settings.load()
    assert (found.store, found.port) == (settings.DEFAULT_STORE, 8765)


def test_archive_and_app_database_lie_beside_the_store_unless_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = tmp_path / "case.db"
    monkeypatch.setenv("ROLETRAIL_STORE", f"sqlite:///{store}")
    monkeypatch.delenv("ROLETRAIL_ARCHIVE", raising=False)
    monkeypatch.setenv("ROLETRAIL_APP_DB", str(tmp_path / "elsewhere"))
    found = settings.load()
    assert found.archive_path == Path(f"{store}.archive")
    assert found.app_db_path == tmp_path / "elsewhere"
