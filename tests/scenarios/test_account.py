"""scripts/account.py: of every record of the scenarios it says what came of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "account.py"
FOLDERS = sorted(path for path in Path(__file__).parent.glob("t*") if path.is_dir())


@pytest.fixture(scope="module")
def account() -> ModuleType:
    spec = importlib.util.spec_from_file_location("account", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["account"] = module
    spec.loader.exec_module(module)
    return module


def run(account: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["account.py", str(folder)])
    return account.main()


@pytest.mark.parametrize("folder", FOLDERS[::6], ids=lambda folder: folder.name)
def test_nothing_is_unexplained(
    account: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(account, folder, monkeypatch) == 0
    printed = capsys.readouterr().out
    assert "unexplained: 0.00%" in printed
    assert "  edge " in printed or "  activity " in printed


def test_what_nothing_came_of_is_told(
    account: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A caller of an unknown sort, by name: more than two in a hundred."""
    (tmp_path / "a.json").write_text(
        '{"Records":[{"eventVersion":"1.11","eventTime":"2026-11-02T10:00:00Z","eventSource":"s3.amazonaws.com",'
        '"eventName":"ListBuckets","awsRegion":"eu-central-1","eventID":"e0000000-0000-4000-8000-000000000001",'
        '"userIdentity":{"type":"Martian","principalId":"M1"},"recipientAccountId":"111111111111","eventType":"AwsApiCall"}]}'
    )
    assert run(account, tmp_path, monkeypatch) == 1
    assert "unexplained: 100.00%" in capsys.readouterr().out
