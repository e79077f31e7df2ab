"""What every suite shares: the two tiers of counts, a Hypothesis profile, and a summary with the time of each suite."""

from __future__ import annotations

import os
import signal
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.counts import SOAK, repetitions

pytest_plugins = ["tests.neo4j_server.plugin"]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# A slow machine is no wrong answer, and a failing example must come back on the next run.
settings.register_profile("gate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", parent=settings.get_profile("gate"), derandomize=False)
settings.load_profile("soak" if SOAK else "gate")


@pytest.fixture(scope="session")
def count() -> Callable[[str], int]:
    """The number of repetitions tests/counts.toml gives a test in this tier."""
    return repetitions


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own ROLETRAIL_* settings never reach a test."""
    for name in os.environ:
        if name.startswith("ROLETRAIL_") and name != "ROLETRAIL_SOAK":
            monkeypatch.delenv(name)


def suite_of(nodeid: str) -> str:
    """`unit` for tests/unit/...; the start directory does not matter."""
    parts = Path(nodeid.partition("::")[0]).parts
    return parts[parts.index("tests") + 1] if "tests" in parts else parts[0]


class SuiteTimes:
    """Adds up time and outcomes by folder under tests/, and fails a CI run that skipped anything."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.passed: Counter[str] = Counter()
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        suite = suite_of(report.nodeid)
        self.seconds[suite] += report.duration
        self.passed[suite] += report.when == "call" and report.passed
        if report.skipped:
            self.skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if IN_CI and self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"time per suite ({'soak' if SOAK else 'gate'} counts)")
        for suite, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{suite:<14}{self.passed[suite]:>6} passed {seconds:>8.1f} s")
        if IN_CI and self.skipped:
            terminalreporter.write_line(f"{len(self.skipped)} skipped, and CI allows none", red=True)


ORDER = ("contract", "neo4j", "unit", "scenarios", "web", "api", "cli", "aws", "bench", "faults", "packaging", "e2e")
"""The suites of slow files first, so that no process is left alone with one at the end. The browser's comes last: Playwright
leaves an event loop running in the thread that used it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {suite: place for place, suite in enumerate(ORDER)}
    items.sort(key=lambda item: places.get(suite_of(item.nodeid), 0))


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background; what tests start would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(SuiteTimes())
