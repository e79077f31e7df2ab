"""A real Neo4j Community server from Maven's jars, without docker: started for a test run, killed when a test wants that.

`python -m tests.neo4j_server.server` runs one in the foreground. The jars come from `scripts/setup.sh neo4j`; measured on
two cores: 8 s from start to the first answer, 463 MB resident with a heap of 512 MB.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

ROOT = Path(__file__).parents[2]
VERSION = re.findall(r"<neo4j.version>([\d.]+)<", (Path(__file__).parent / "pom.xml").read_text("utf-8"))[0]
CACHE = Path(os.environ.get("ROLETRAIL_NEO4J_CACHE") or ROOT / ".cache" / "neo4j")
START_SECONDS = 90
MAIN = "org.neo4j.server.CommunityEntryPoint"
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Half of the CPU time of a test run is the JVM's, compiling again and better what will not be run for long."""
OPENS = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.util.concurrent")

CONF = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
dbms.security.auth_enabled={auth}
dbms.usage_report.enabled=false
server.memory.pagecache.size={pagecache}
db.transaction.timeout=120s
db.tx_log.preallocate=false
dbms.cypher.min_replan_interval=1h
server.directories.data={home}/data
server.directories.logs={home}/logs
server.directories.run={home}/run
server.directories.plugins={home}/plugins
server.directories.import={home}/import
{more}"""


class Server:
    """One server in a folder of its own, which outlives it: a killed one starts again with what it had acknowledged."""

    def __init__(
        self,
        home: Path,
        *,
        auth: bool = False,
        heap: str = "512m",
        pagecache: str = "128m",
        more: str = "",
        options: Sequence[str] = SHORT_LIVED,
    ) -> None:
        self.home = home
        self.port = _free_port()
        self._heap = heap
        self._pagecache = pagecache
        self._options = options
        self._auth = auth
        self._process: subprocess.Popen[bytes] | None = None
        for folder in ("conf", "data", "logs", "run", "plugins", "import"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        self.configure(more)

    def configure(self, more: str) -> None:
        """Further lines of neo4j.conf, from the next start on."""
        conf = CONF.format(port=self.port, auth=str(self._auth).lower(), pagecache=self._pagecache, home=self.home, more=more)
        (self.home / "conf" / "neo4j.conf").write_text(conf, "utf-8")

    @property
    def uri(self) -> str:
        return f"neo4j://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        jars = CACHE / VERSION / "lib"
        if not any(jars.glob("neo4j-server-*.jar")):
            raise RuntimeError(f"There are no jars of Neo4j {VERSION} in {jars}: run scripts/setup.sh java neo4j")
        command = [
            "java",
            f"-Xms{self._heap}",  # as docker-compose.yml has it
            f"-Xmx{self._heap}",
            *self._options,
            *(f"--add-opens={name}=ALL-UNNAMED" for name in OPENS),
        ]
        command += [
            "--enable-native-access=ALL-UNNAMED",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dlog4j2.disable.jmx=true",
        ]
        command += ["-cp", f"{jars}/*", MAIN, f"--home-dir={self.home}", f"--config-dir={self.home}/conf"]
        with (self.home / "logs" / "console.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.2)
        self.kill()
        raise RuntimeError(f"Neo4j did not start within {START_SECONDS} s:\n{self._complaints()}")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            if self._auth:
                return True
            with GraphDatabase.driver(self.uri) as driver:
                driver.execute_query("RETURN 1", database_="neo4j")
        except (OSError, DriverError, Neo4jError):
            return False
        return True

    def _complaints(self) -> str:
        logs = [self.home / "logs" / name for name in ("console.log", "debug.log")]
        lines = [line for log in logs if log.is_file() for line in log.read_text("utf-8", errors="replace").splitlines()]
        return "\n".join([line for line in lines if "ERROR" in line or "Exception" in line][-20:] or lines[-20:])

    def set_password(self, password: str) -> None:
        """The first sign-in of a server with authentication must change the password."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with GraphDatabase.driver(self.uri, auth=("neo4j", "neo4j")) as driver:
                    driver.execute_query(
                        "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password", {"password": password}, database_="system"
                    )
            except (DriverError, Neo4jError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.3)
            else:
                return

    def resident_mb(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) // 1024

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="roletrail-neo4j-") as home:
        server = Server(Path(home), heap=os.environ.get("HEAP", "512m"))
        started = time.monotonic()
        server.start()
        print(f"{server.uri} after {time.monotonic() - started:.1f} s, {server.resident_mb()} MB", flush=True)
        try:
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        except KeyboardInterrupt:
            server.stop()


if __name__ == "__main__":
    main()
