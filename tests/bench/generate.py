"""Writes a synthetic estate's CloudTrail as S3 holds it, with the truth beside it: `python -m tests.bench.generate --dir D`.

The same arguments give the same records. `truth.jsonl` has one line a session: its key, parent, root, depth, role
sessions and kind. `manifest.json` has the counts, and says what was asked for, so that a benchmark can use it again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.plan import ACCOUNTS, CHAINED, EC2, KINDS, LAMBDA, REGIONS, TOKEN, Plan, make
from tests.bench.records import Writer, iso

EVENTS = 1_000_000
FILES = 700
ISSUANCE = 0.08
SEED = 20261103
DOUBLED = 100
"""One object in this many is delivered again by a second trail."""
LEVEL = 6


class Asked(NamedTuple):
    events: int
    files: int
    issuance: float
    seed: int


class Written(NamedTuple):
    records: int
    doubles: int
    raw: int
    gz: int
    files: int


def generate(folder: Path, asked: Asked, processes: int = 0) -> dict[str, Any]:
    """Fill `folder` unless it already holds just this; returns the manifest."""
    manifest = folder / "manifest.json"
    if manifest.exists() and (found := json.loads(manifest.read_text()))["asked"] == asked._asdict():
        return found
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    begun = time.perf_counter()
    plan = make(*asked)
    objects = len(plan.events.starts) - 1
    parts = processes or os.cpu_count() or 1
    context = multiprocessing.get_context("fork")  # the plan is shared, not sent
    with ProcessPoolExecutor(parts, mp_context=context, initializer=_adopt, initargs=(plan, folder / "logs")) as pool:
        written = list(pool.map(_write_object, range(objects), chunksize=4))
    _write_truth(folder / "truth.jsonl", plan)
    total = Written(*map(sum, zip(*written, strict=True)))
    sessions = plan.sessions
    found = {
        "asked": asked._asdict(),
        **total._asdict(),
        "sessions": len(sessions.kind),
        "role_sessions": int((sessions.kind != TOKEN).sum()),
        "depths": {str(depth): int((sessions.depth == depth).sum()) for depth in range(1, 7)},
        "deepest": int(sessions.depth.max()),
        "seconds": round(time.perf_counter() - begun, 1),
    }
    manifest.write_text(json.dumps(found, indent=1) + "\n")
    return found


# --- objects, in worker processes --------------------------------------------------------------------------------------

_writer: Writer
_folder: Path


def _adopt(plan: Plan, folder: Path) -> None:
    global _writer, _folder
    _writer, _folder = Writer(plan), folder


def _write_object(number: int) -> Written:
    records = _writer.object(number)
    raw = ('{"Records":[' + ",".join(records) + "]}").encode()
    packed = gzip.compress(raw, LEVEL, mtime=0)
    again = number % DOUBLED == DOUBLED // 2
    for prefix in ("", "second-trail/")[: 1 + again]:
        target = _folder / (prefix + _object_key(_writer.plan, number))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed)
    return Written(len(records), len(records) * again, len(raw) * (1 + again), len(packed) * (1 + again), 1 + again)


def _object_key(plan: Plan, number: int) -> str:
    events = plan.events
    begin = int(events.starts[number])
    cell = int(events.object[begin]) // plan.windows
    account, region = ACCOUNTS[cell // len(REGIONS)], REGIONS[cell % len(REGIONS)]
    at = iso(int(events.at[begin]))
    stamp = at.replace("-", "").replace(":", "")[:13] + "Z"
    name = f"{account}_CloudTrail_{region}_{stamp}_{number * 2654435761 % 2**40:010x}bench0.json.gz"
    return f"AWSLogs/{account}/CloudTrail/{region}/{at[:4]}/{at[5:7]}/{at[8:10]}/{name}"


# --- the truth ---------------------------------------------------------------------------------------------------------


def _write_truth(target: Path, plan: Plan) -> None:
    writer = Writer(plan)
    with target.open("w", encoding="utf-8") as out:
        for line in _truth(plan, writer):
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def _truth(plan: Plan, writer: Writer) -> Iterator[dict[str, Any]]:
    s = plan.sessions
    for row in range(len(s.kind)):
        parent = int(s.parent[row])
        yield {
            "child": writer.key(row),
            "parent": writer.key(parent) if parent >= 0 else _origin(writer, row),
            "root": _origin(writer, int(s.root[row])),
            "depth": int(s.depth[row]),
            "sessions": int(s.length[row]),
            "kind": KINDS[s.kind[row]],
        }


def _origin(writer: Writer, row: int) -> str:
    """A user's long-term key, or the name of what the first session was issued to: a subject, an instance, a function."""
    s = writer.s
    kind = s.kind[row]
    assert kind != CHAINED
    if KINDS[kind] in ("key", "session_token"):
        return writer.user(int(s.origin[row]))[3]
    if kind in (EC2, LAMBDA):
        return f"{KINDS[kind]}:{writer.session_name(row)}"
    subject = writer.session_name(row) if KINDS[kind] in ("saml", "sso") else f"repo:company/shop-{row % 40}:ref:refs/heads/main"
    return f"{KINDS[kind]}:{subject}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=Path(".cache/bench/logs"))
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--issuance", type=float, default=ISSUANCE, help="share of events that issue credentials")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=0, help="default: one a core")
    given = parser.parse_args()
    asked = Asked(given.events, given.files, given.issuance, given.seed)
    print(json.dumps(generate(given.dir, asked, given.processes), indent=1))


if __name__ == "__main__":
    main()
