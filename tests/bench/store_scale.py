"""The embedded store as it grows: `python tests/bench/store_scale.py [--sessions 100000 1000000]`.

Fills a store through commit and linking as ingest does, and prints p50 and p95 of the chain list and of one lineage, and
what adding 10,000 more events costs. The last figure at the larger store over that at the smaller is the ratio that
must stay under 1.5; the lists must stay under 5 ms.

10,000 events are 800 issuances and 9,200 calls: by the 800 new sessions, by 1,500 sessions of the last day, and by 200
of any age; 20 of the issuances explain sessions that were in the store without a parent.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from roletrail.ingest.linking import link_pending
from roletrail.lineage import ids
from roletrail.lineage.model import Activity, Caller, CellEvents, CredentialUse, Issuance, ObjectInfo, Part
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import ChainQuery

START = 1_762_992_000  # 2025-11-13
ACCOUNTS = [f"{n:012}" for n in range(111111111111, 111111111123)]
REGIONS = ("eu-west-1", "us-east-1")
CHAIN_LENGTHS = ((1, 54), (2, 25), (3, 12), (4, 5), (5, 2), (6, 2))
SECONDS_A_SESSION = 3.7  # 70,000 sessions in three days
BATCH = 5_000  # sessions a commit
APPENDS = 20
LIST_MS = 5.0
GROWTH = 1.5


class Session(NamedTuple):
    id: str
    principal: str
    created: int
    key: str
    account: str
    role: str
    role_id: str
    name: str
    kind: str  # session | key


class Estate:
    """Sessions one after another, and the parts that tell of them."""

    def __init__(self) -> None:
        self.dice = Random(20251113)
        self.sessions: list[Session] = []
        self.orphans: list[Session] = []
        self.roots = [self._root(n) for n in range(500)]
        self._now = float(START)
        self._attempt = 0
        self._serial = 0

    def _root(self, n: int) -> Session:
        key, account = f"AKIAEXAMPLE{n:09}", ACCOUNTS[n % len(ACCOUNTS)]
        return Session(ids.key_id("aws", key), f"AIDAEXAMPLE{n:05}", 0, key, account, "", "", f"user{n}", "key")

    def grow(self, sessions: int) -> Iterator[Part]:
        """Parts of about so many new sessions, in chains."""
        made = 0
        while made < sessions:
            rows = Rows()
            for _ in range(min(BATCH, sessions - made) // 2 + 1):
                made += self._chain(rows)
            yield self._part(rows)

    def append(self) -> Part:
        """10,000 events of the next hour."""
        rows, new = Rows(), 0
        while new < 780:
            new += self._chain(rows)
        for _ in range(20):
            self._late_parent(rows)
        recent = self.sessions[-25_000:]
        for session in (*self.dice.sample(recent, 1_500), *self.dice.sample(self.sessions, 200)):
            self._use(rows, session, int(self._now), 4)
        part = self._part(rows)
        return part._replace(taken=10_000)

    def _chain(self, rows: Rows) -> int:
        lengths, weights = zip(*CHAIN_LENGTHS, strict=True)
        length = self.dice.choices(lengths, weights)[0]
        parent = self.dice.choice(self.roots)
        self._use(rows, parent, int(self._now), 1)
        if length == 1 and self.dice.random() < 0.01:
            self.orphans.append(self._session(rows, None))
            return 1
        for _ in range(length):
            parent = self._session(rows, parent)
        return length

    def _session(self, rows: Rows, parent: Session | None) -> Session:
        self._now += SECONDS_A_SESSION
        self._serial += 1
        role = self.dice.randrange(500)
        account, name = ACCOUNTS[role % len(ACCOUNTS)], f"run-{self.dice.randrange(20_000)}"
        role_id, created = f"AROAEXAMPLE{role:05}", int(self._now)
        principal = f"{role_id}:{name}"
        session = Session(
            ids.session_id("aws", principal, created), principal, created, f"ASIAEXAMPLE{self._serial:09}", account, f"Role{role}", role_id, name, "session"
        )  # fmt: skip
        self.sessions.append(session)
        if parent is not None:
            self._issue(rows, parent, session)
        self._use(rows, session, created + 5, 5)
        return session

    def _late_parent(self, rows: Rows) -> None:
        orphan = self.orphans.pop(0) if self.orphans else self._session(rows, None)
        self._issue(rows, self.dice.choice(self.roots), orphan)

    def _event(self, rows: Rows, account: str, at: int) -> str:
        event_id = f"{self.dice.getrandbits(32):08x}-0000-4000-8{self.dice.getrandbits(12):03x}-{self.dice.getrandbits(48):012x}"
        rows.events.append((account, at, ids.event_hash(event_id)))
        return event_id

    def _issue(self, rows: Rows, parent: Session, child: Session) -> None:
        event_id = self._event(rows, child.account, child.created)
        rows.issuances.append(
            Issuance(
                event_id, child.created, "assume", "AssumeRole", "aws", child.account, REGIONS[0], "", "", "", parent.id, parent.kind, parent.key,
                parent.principal, parent.created, parent.account, "", "", child.id, child.key, child.principal, "AssumedRole",
                f"arn:aws:iam::{child.account}:role/{child.role}", child.account, child.role, child.name, child.created + 3600, "", "", "",
                "203.0.113.9", "aws-cli", "", "",
            )
        )  # fmt: skip

    def _use(self, rows: Rows, session: Session, at: int, count: int) -> None:
        events = [self._event(rows, session.account, at) for _ in range(count)]
        least, most = min(events), max(events)
        is_key = session.kind == "key"
        role_arn = "" if is_key else f"arn:aws:iam::{session.account}:role/{session.role}"
        arn = f"arn:aws:iam::{session.account}:user/{session.name}"
        if not is_key:
            arn = f"arn:aws:sts::{session.account}:assumed-role/{session.role}/{session.name}"
        rows.callers.append(
            Caller(
                session.id, session.kind, "aws", session.principal, session.created, "IAMUser" if is_key else "AssumedRole", session.account, arn,
                session.role_id, role_arn, session.name, "", "" if is_key else "false", "", "", "", "", "", 0, count, 0, at, least, at, most,
            )
        )  # fmt: skip
        rows.credentials.append(
            CredentialUse(session.id, session.key, "long_term" if is_key else "issued", "", "", at, least, at, most)
        )
        address = f"198.51.100.{self._serial % 250}"
        rows.activities.append(
            Activity(
                session.id, at // 900 * 900, session.key, address, "", "", "", "", "boto3", "", "", count, 0, f"s3.amazonaws.com={count}",
                at, least, "GetObject", at, most, "GetObject",
            )
        )  # fmt: skip

    def _part(self, rows: Rows) -> Part:
        self._attempt += 1
        info = ObjectInfo(f"/logs/{self._attempt}", 1, "1", f"{self._attempt}", "cloudtrail")
        return Part(
            info, self._attempt, 0, 1, len(rows.events), 0, 0, rows.callers, rows.credentials, rows.activities, rows.issuances, [], [], [],
            rows.cells(), [],
        )  # fmt: skip


class Rows:
    """Observations of one part as they are made."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self.credentials: list[CredentialUse] = []
        self.activities: list[Activity] = []
        self.issuances: list[Issuance] = []
        self.events: list[tuple[str, int, int]] = []

    def cells(self) -> list[CellEvents]:
        cells: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for account, at, hash_ in self.events:
            cells.setdefault((account, at // 3600 * 3600), []).append((hash_, at))
        return [
            CellEvents(
                account, REGIONS[0], hour, b"".join(hash_.to_bytes(8, "little") for hash_, _ in sorted(some)),
                {"management_read": len(some)}, min(at for _, at in some), max(at for _, at in some),
            )
            for (account, hour), some in cells.items()
        ]  # fmt: skip


class Figures(NamedTuple):
    sessions: int
    commit: float
    link: float
    list_ms: tuple[float, float]
    lineage_ms: tuple[float, float]
    append_ms: float
    append_cpu_ms: float


def fill(store: EmbeddedStore, estate: Estate, sessions: int) -> tuple[float, float]:
    """Seconds in commit and in linking."""
    committing = linking = 0.0
    for number, part in enumerate(estate.grow(sessions), 1):
        started = time.perf_counter()
        assert not store.commit([part], []).overlaps
        committing += time.perf_counter() - started
        if number % 4 == 0:
            linking += timed(lambda: link_pending(store))
    return committing, linking + timed(lambda: link_pending(store))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def spread(times: list[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return 1000 * statistics.median(ordered), 1000 * ordered[int(len(ordered) * 0.95)]


def list_times(store: EmbeddedStore, estate: Estate) -> list[float]:
    """The list as people ask for it: a first page, the next, a day, an account."""
    end = estate.sessions[-1].created
    times = []
    for round_ in range(50):
        day = end - 86_400 * (round_ % 3)
        for query in (
            ChainQuery(),
            ChainQuery(min_sessions=3),
            ChainQuery(min_sessions=3, from_=day - 86_400, to=day),
            ChainQuery(min_sessions=2, sort="sessions"),
            ChainQuery(account=ACCOUNTS[round_ % len(ACCOUNTS)]),
            ChainQuery(min_sessions=5),
        ):
            times.append(timed(lambda query=query: store.chains(query)))
            _, after = store.chains(query)
            times.append(timed(lambda query=query, after=after: store.chains(query._replace(after=after))))
    return times


def lineage_times(store: EmbeddedStore, estate: Estate) -> list[float]:
    """One session with the nodes of its path and what lies directly below it."""

    def lineage(id_: str) -> None:
        path = [step.id for step in store.paths([id_])[id_]]
        below, _ = store.descendants(id_, 400)
        assert id_ in store.rows([*path, *below])

    return [timed(lambda id_=session.id: lineage(id_)) for session in estate.dice.sample(estate.sessions, 1_000)]


def append_times(store: EmbeddedStore, estate: Estate) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds: on a busy machine only the CPU's can be compared."""

    def append(part: Part) -> None:
        assert store.commit([part], []).committed == 1
        link_pending(store)

    parts = [estate.append() for _ in range(APPENDS)]
    wall, cpu = [], []
    for part in parts:
        before = time.process_time()
        wall.append(timed(lambda part=part: append(part)))
        cpu.append(time.process_time() - before)
    return wall, cpu


def measure(folder: Path, sessions: int) -> Figures:
    estate = Estate()
    with closing(EmbeddedStore(folder / f"store-{sessions}")) as store:
        committing, linking = fill(store, estate, sessions)
        lists, lineages = spread(list_times(store, estate)), spread(lineage_times(store, estate))
        wall, cpu = (spread(times)[0] for times in append_times(store, estate))
    return Figures(len(estate.sessions), committing, linking, lists, lineages, wall, cpu)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, nargs=2, default=(100_000, 1_000_000))
    parser.add_argument("--folder", type=Path, help="where to build the stores; default a temporary folder")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for sessions in options.sessions:
            one = measure(Path(folder), sessions)
            size = sum(file.stat().st_size for file in Path(folder).glob(f"store-{sessions}*")) / 2**20
            print(
                f"{one.sessions:>9,} sessions: commit {one.commit:.1f} s, link {one.link:.1f} s, {size:,.0f} MB;"
                f" chain list p50 {one.list_ms[0]:.2f} p95 {one.list_ms[1]:.2f} ms; lineage p50 {one.lineage_ms[0]:.2f}"
                f" p95 {one.lineage_ms[1]:.2f} ms; 10,000 more events {one.append_ms:.0f} ms, CPU {one.append_cpu_ms:.0f} ms",
                flush=True,
            )
            found.append(one)
    small, large = found
    growth = large.append_ms / small.append_ms
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"10,000 more events: {growth:.2f} times the cost at {small.sessions:,} (at most {GROWTH}), CPU {large.append_cpu_ms / small.append_cpu_ms:.2f}; peak {peak:,.0f} MB with the generator"
    )
    return int(growth > GROWTH or max(large.list_ms[1], large.lineage_ms[1]) > LIST_MS)


if __name__ == "__main__":
    raise SystemExit(main())
