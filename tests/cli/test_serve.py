"""serve, demo and token launch as real processes."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Command
from tests.support.served import NAVIGATION


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[str]:
    """What the server prints up to its curl line. It must end within seconds of SIGINT, and cleanly."""
    assert process.stdout
    printed = ""
    try:
        while "curl " not in printed:
            line = process.stdout.readline()
            assert line, (printed, process.communicate()[1])
            printed += line
        yield printed
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=90)
        assert "Traceback" not in errors
        assert process.returncode in {0, 130}
    finally:
        process.kill()
        process.communicate()


def link_of(printed: str) -> str:
    links = re.findall(r"http://127\.0\.0\.1:\d+/launch\?t=[\w-]{43}", printed)
    assert len(links) == 1, printed
    return links[0]


@pytest.fixture
def store(command: Command, tmp_path: Path) -> str:
    log = tmp_path / "events.json"
    log.write_text('{"Records": []}')
    assert command.run("ingest", str(log), "--store", "sqlite:///x.sqlite").returncode == 0
    return f"sqlite:///{tmp_path}/x.sqlite"


def test_a_stop_ends_open_streams(command: Command, store: str) -> None:
    process = command.start("serve", "--port", "0", "--store", store)
    try:
        assert process.stdout
        printed = ""
        while "curl " not in printed:
            printed += process.stdout.readline()
        link = link_of(printed)
        with httpx.Client(headers=NAVIGATION, follow_redirects=True, timeout=30) as browser:
            assert browser.get(link).status_code == 200
            with browser.stream("GET", link.partition("/launch")[0] + "/data/live") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "retry: 2000"
                process.terminate()
                told = list(lines)  # to its end: a stream that is cut off raises
                assert any(line.startswith("data: ") for line in told)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert errors == ""
    assert process.returncode == 0


def test_serve(command: Command, store: str, tmp_path: Path) -> None:
    with running(command.start("serve", "--port", "0", "--store", store)) as printed:
        link = link_of(printed)
        opened = httpx.get(link, headers=NAVIGATION)
        assert opened.status_code == 303
        base = link.partition("/launch")[0]

        curl = re.search(r'curl -H "Authorization: Bearer \$\(cat ([^)]+)\)" "([^"]+)"', printed)
        assert curl
        token_file = Path(curl[1])
        assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
        token = token_file.read_text().strip()
        assert httpx.get(curl[2], headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert token not in printed

        another = command.run("token", "launch", "--store", store).stdout.strip()
        assert another.startswith(f"{base}/launch?t=")
        assert httpx.get(another, headers=NAVIGATION).status_code == 303

        second = command.run("serve", "--port", "0", "--store", store)
        assert second.returncode == 5
        assert "Another Roletrail server" in second.stderr
        elsewhere = command.run("token", "launch", "--store", store, ROLETRAIL_APP_DB=str(tmp_path / "other.app"))
        assert elsewhere.returncode == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("x.sqlite*") if path.is_file()} == {0o600}


def test_serve_in_a_container(command: Command, store: str) -> None:
    environment = {"ROLETRAIL_PUBLIC_URL": "http://127.0.0.1:18765", "ROLETRAIL_HOST": "0.0.0.0"}
    with running(command.start("serve", "--port", "0", "--store", store, **environment)) as printed:
        assert "http://127.0.0.1:18765/launch?t=" in printed


def test_demo_shows_orange_and_red(command: Command, tmp_path: Path) -> None:
    with running(command.start("demo", "--port", "0", "--dir", str(tmp_path / "demo"))) as printed:
        link = link_of(printed)
        with httpx.Client(base_url=link.partition("/launch")[0]) as client:
            assert client.get(link, headers=NAVIGATION).status_code == 303
            page = client.get("/chains").text
            assert "SAMPLE" in page
            tones = {chain["tone"] for chain in client.get("/api/v1/chains").json()["items"]}
        assert tones == {"watch", "alarm"}
    store = f"sqlite:///{tmp_path}/demo/demo.sqlite"
    with running(command.start("serve", "--port", "0", "--store", store)) as printed:
        link = link_of(printed)
        with httpx.Client(base_url=link.partition("/launch")[0]) as client:
            assert client.get(link, headers=NAVIGATION).status_code == 303
            assert "SAMPLE" in client.get("/chains").text, "a store with sample incidents stays marked"
    again = command.run("demo", "--port", "0", "--dir", str(tmp_path / "demo"))
    assert again.returncode == 2
    assert "there already" in again.stderr


def test_a_demo_leaves_nothing_behind(command: Command, tmp_path: Path) -> None:
    with running(command.start("demo", "--port", "0", TMPDIR=str(tmp_path))):
        assert list(tmp_path.glob("roletrail-demo-*"))
    assert list(tmp_path.glob("roletrail-demo-*")) == []
