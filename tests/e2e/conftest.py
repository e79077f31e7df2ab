"""A real `roletrail demo` on a free port, a real Chromium, and somebody who opened its launch link."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, Visitor, Watch

LAUNCH = re.compile(r"(http://127\.0\.0\.1:\d+)/launch\?t=\S+")
ENVIRONMENT = {**os.environ, "COLUMNS": "300", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Demo:
    url: str
    launch: str
    store: str

    def another_launch(self) -> str:
        command = [sys.executable, "-m", "roletrail", "token", "launch", "--store", self.store]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=ENVIRONMENT).stdout
        return printed.strip()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "roletrail", "demo", "--dir", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT) as process:
        try:
            assert process.stdout is not None
            yield _announced(process.stdout, folder)
        finally:
            process.terminate()
            process.wait(20)


def _announced(output: IO[str], folder: Path) -> Demo:
    """Read what the command prints up to its link."""
    printed = ""
    for line in output:
        printed += line
        if found := LAUNCH.search(printed):
            return Demo(found[1], found[0], f"sqlite:///{folder / 'demo.sqlite'}")
    pytest.fail(f"the demo ended without a link: {printed}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(demo: Demo, chromium: Browser) -> StorageState:
    context = chromium.new_context()
    context.new_page().goto(demo.another_launch())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visitor(demo: Demo, chromium: Browser, signed_in: StorageState) -> Iterator[Visitor]:
    """Fails the test when the browser complained about anything: scripts, policy, dialogs, foreign requests."""
    watch = Watch(demo.url)
    yield Visitor(chromium, demo.url, signed_in, watch)
    assert watch.complaints == []
    assert watch.requests > 0
