"""A follower under steady load: it keeps up, its memory stays flat, and what it takes in is judged at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_ports
from roletrail.settings import load
from roletrail.usecases.findings import listing as findings
from tests.aws.trails import Place, Trail
from tests.support import layout
from tests.support.aws import Cloud
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail as Records
from tests.support.identities import Role

PER_SECOND = 2_000
ONE = "111111111111"
MOST_LAG = 60.0
MOST_GROWTH = 1.3
"""Of the second half's peak over the first half's: allocators breathe, leaks grow without end."""


def second(number: int, at: int) -> dict[str, bytes]:
    """An object with a second's events: ten sessions of a user, and what they do."""
    log = Records(SeededIds(f"steady {number}"))
    alice = log.user_key(ONE, "alice")
    while len(log.records) < PER_SECOND:
        role = Role(ONE, f"R{len(log.records) % 7}", log.ids.unique("AROA", ONE, f"r{len(log.records) % 7}"))
        session = log.assume(alice, at, role, f"s{number}-{len(log.records)}")
        for _ in range(PER_SECOND // 10 - 1):
            log.call(session, at, "s3", "ListBuckets")
    objects = layout.delivered(log.records[:PER_SECOND])
    return {key.replace(".json.gz", f"{number}.json.gz"): body for key, body in objects.items()}


def follower(cloud: Cloud, trail: Trail, place: Place) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "roletrail", "ingest", "--follow", trail.queue, "--json"]
    environment = os.environ | cloud.environment() | {"ROLETRAIL_STORE": place.url}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def resident(pid: int) -> int:
    """KiB of the process that commits and links."""
    found = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            found = int(line.split()[1])
    return found


def test_it_keeps_up_and_stays_small(cloud: Cloud, tmp_path: Path, count: Callable[[str], int], record_property: Any) -> None:
    seconds = count("steady_seconds")
    trail, place = Trail(cloud), Place(tmp_path / "steady")
    memory: list[int] = []
    rounds: list[dict[str, Any]] = []
    with follower(cloud, trail, place) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=lambda: rounds.extend(map(json.loads, process.stdout or ())), daemon=True)
        reader.start()
        begin = time.monotonic()
        for number in range(seconds):
            trail.deliver(second(number, int(time.time())))
            memory.append(resident(process.pid))
            time.sleep(max(0.0, begin + number + 1 - time.monotonic()))
        sent = time.monotonic() - begin
        end = time.monotonic() + MOST_LAG
        while trail.waiting() and time.monotonic() < end:
            time.sleep(0.2)
        late = time.monotonic() - begin - sent
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        reader.join(10)
    lag = max(one["lag"] for one in rounds)
    record_property("steady", f"{seconds} s: lag {lag:.1f} s at most, {late:.1f} s after the last, {max(memory) // 1024} MiB")
    print(
        f"\n{seconds} s of {PER_SECOND}/s in {sent:.0f} s: lag {lag:.1f} s, drained after {late:.1f} s, peak {max(memory) // 1024} MiB"
    )
    assert sum(one["taken"] for one in rounds) == seconds * PER_SECOND
    assert lag < MOST_LAG
    assert late < MOST_LAG
    if seconds >= 60:  # shorter than that, warming up is all there is
        half = len(memory) // 2
        assert max(memory[half:]) < MOST_GROWTH * max(memory[:half])


def test_from_object_to_finding_in_half_a_minute(cloud: Cloud, tmp_path: Path) -> None:
    """An attacker's first acts, as S3 announces them, until the list of findings has them."""
    trail, place = Trail(cloud), Place(tmp_path / "found")
    log = Records(SeededIds("found"))
    alice = log.user_key(ONE, "alice")
    role = Role(ONE, "Admin", log.ids.unique("AROA", ONE, "admin"))
    now = int(time.time())
    session = log.assume(alice, now, role, "s")
    log.create_user(session, now + 1, "backdoor")
    log.call(session, now + 2, "cloudtrail", "StopLogging", {"name": "trail"})
    log.create_access_key(session, now + 3, "backdoor", "AIDAEXAMPLEBACKDOOR1")
    with follower(cloud, trail, place) as process:
        trail.deliver(second(0, now - 3600))  # it follows once this is in
        _until(lambda: trail.waiting() == 0)
        delivered = time.monotonic()
        trail.deliver(layout.delivered(log.records))
        while not (found := _findings(place)) and time.monotonic() - delivered < 30:
            time.sleep(0.3)
        took = time.monotonic() - delivered
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    print(f"\nfrom object to finding: {took:.1f} s")
    assert found
    assert took < 30


def _until(moment: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not moment() and time.monotonic() < end:
        time.sleep(0.2)
    assert moment()


def _findings(place: Place) -> list[Any]:
    if not (place.folder / "store.sqlite").is_file():
        return []
    ports = open_ports(load(store=place.url))
    try:
        return findings.list_findings(ports, local_actor(), findings.finding_filter({}, strict=True)).items
    finally:
        ports.close()
