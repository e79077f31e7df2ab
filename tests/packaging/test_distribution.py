"""What people install: the wheel alone runs the demo, and the sdist builds without Node (ADR 0009)."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
WHEELS = ROOT / ".cache" / "wheels"
DEPENDENCIES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
CARRIED = {
    "roletrail/_resources/frontend/static/vendor/cytoscape.min.js",
    "roletrail/_resources/frontend/static/vendor/cytoscape.LICENSE.txt",
    "roletrail/_resources/frontend/templates/base.html",
    "roletrail/_resources/graph_schema/nodes.yaml",
    "roletrail/_resources/graph_schema/edges.yaml",
    "roletrail/_resources/graph_schema/sqlite/0001_init.sql",
}
NOWHERE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"}
"""An environment in which every download fails at once."""


def run(*command: str | Path, **more: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the unpacked sdist, on a PATH without Node and without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # Debian 12's Python 3.11.2 is older than it
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)
    source = next(path for path in folder.iterdir() if path.is_dir())
    environment = {"PATH": str(Path(sys.executable).parent), "HOME": str(folder), **NOWHERE}
    run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, source, env=environment)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def dependencies() -> Path:
    """Wheels of everything roletrail depends on, in the lock's versions; fetched once and kept in .cache."""
    lock = ROOT / "requirements.lock"
    stamp = WHEELS / ".complete"
    if not stamp.exists() or stamp.read_text("utf-8") != lock.read_text("utf-8"):
        fetch = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--retries",
            "8",
            "--wheel-dir",
            str(WHEELS),
            "--constraint",
            str(lock),
        ]
        run(*fetch, *DEPENDENCIES)
        stamp.write_text(lock.read_text("utf-8"), "utf-8")
    return WHEELS


@pytest.fixture(scope="session")
def installed(wheel: Path, dependencies: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an empty virtual environment that got the wheel without any index."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    run(
        folder / "bin" / "pip",
        "install",
        "--quiet",
        "--no-index",
        "--find-links",
        dependencies,
        wheel,
        env={**os.environ, **NOWHERE},
    )
    return folder / "bin"


def test_the_wheel_carries_what_runs(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= CARRIED
    assert any(name.startswith("roletrail/_resources/tests/scenarios/sample/") for name in names)
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]


def test_the_licence_travels_with_both(sdist: Path, wheel: Path) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in zipfile.ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        assert any(name.endswith("/LICENSE") for name in archive.getnames())


def test_nothing_of_the_build_machine_leaks(wheel: Path, sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if str(ROOT).encode() in archive.read(name)]
    with tarfile.open(sdist) as archive:
        assert not [name for name in archive.getnames() if re.search(r"/(\.venv|\.cache|node_modules|\.git)/", name)]


class Demo:
    """A running `roletrail demo` of the installed wheel, and a browser's jar of one cookie."""

    def __init__(self, link: str) -> None:
        self.link = link
        self.cookie = ""
        self.host = urlsplit(link).netloc

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        connection.request("GET", path, headers={**headers, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.fixture(scope="module")
def demo(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("home")
    environment = {"PATH": str(installed), "HOME": str(home), "TMPDIR": str(home), "COLUMNS": "200", **NOWHERE}
    command = [str(installed / "roletrail"), "demo", "--port", "0"]
    with subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        printed = []
        for line in server.stdout:
            printed.append(line)
            link = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
            if link:
                break
        else:
            pytest.fail("roletrail demo ended without a link:\n" + "".join(printed))
        yield Demo(link.group())
        server.terminate()


def sign_in(demo: Demo) -> None:
    if not demo.cookie:
        status, headers, _ = demo.get(demo.link.removeprefix(f"http://{demo.host}"))
        assert status == 303
        demo.cookie = headers["set-cookie"].partition(";")[0]


def test_the_demo_shows_its_chains_and_serves_every_asset(demo: Demo) -> None:
    sign_in(demo)
    status, _, body = demo.get("/chains?min_sessions=3")
    assert status == 200
    page = body.decode()
    sessions = re.findall(r'href="(/sessions/[a-z2-7]{20})', page)
    assert sessions
    status, _, body = demo.get(sessions[0])
    assert status == 200
    linked = set(re.findall(r'(?:src|href)="(/[^"#?]*\.(?:js|css|svg|png|ico|woff2))"', page + body.decode()))
    assert any("cytoscape" in name for name in linked)
    for name in sorted(linked | imported(demo, linked)):
        status, headers, asset = demo.get(name)
        assert (status, bool(asset)) == (200, True), name
        assert headers["x-content-type-options"] == "nosniff", name


def imported(demo: Demo, linked: set[str]) -> set[str]:
    """Modules that linked modules import, all the way down."""
    found: set[str] = set()
    queue = [name for name in linked if name.endswith(".js")]
    while queue:
        name = queue.pop()
        _, _, body = demo.get(name)
        for target in re.findall(rb'(?:from|import)\s*"(\.{0,2}/[^"]+)"', body):
            address = urljoin(name, target.decode())
            if address not in found:
                found.add(address)
                queue.append(address)
    return found


def test_the_command_names_its_version(installed: Path) -> None:
    assert re.search(r"\d+\.\d+\.\d+", run(installed / "roletrail", "--version"))
