"""The progress bar of `roletrail ingest`: drawn by whoever has news, so that the process keeps to one thread and may fork."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from roletrail.cli import load
from roletrail.ingest.progress import Progress


def test_the_bar_shows_each_stage_and_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    monkeypatch.setattr(load, "err", lambda: Console(file=drawn, force_terminal=True, width=120))
    before = threading.active_count()
    with load._bar(quiet=False) as show:
        assert show is not None
        for done, stage in enumerate(("reading", "linking", "judging", "merging")):
            show(Progress(done, 4, done, 4, 1000 * done, 0, stage, 0.0))
            assert stage in drawn.getvalue()
            assert f"{done}/4 files" in drawn.getvalue()
        assert threading.active_count() == before
