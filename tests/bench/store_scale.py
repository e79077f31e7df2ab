"""The embedded store as it grows: `python tests/bench/store_scale.py [--sessions 100000 1000000]`.

Fills a store through commit and linking as ingest does, and prints p50 and p95 of the chain list, filter by filter, and of
one lineage, and what adding 10,000 more events costs. What that costs at the larger store over what it costs at the smaller
must stay under 1.5, for new events and for late ones; the lists must stay under 5 ms.

New: 800 issuances and 9,200 calls: by the 800 new sessions, by 1,500 sessions of the last day, and by 200 of any age; 20 of
the issuances explain sessions that were in the store without a parent.
Late: 800 issuances of sessions of any age that were in the store without a parent, many with others below, which are all
re-rooted; and 9,200 calls that other sessions of any age had made when they were young.
"""

from __future__ import annotations

import argparse
import gc
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
from roletrail.stores.port import ChainQuery, GraphStore

START = 1_762_992_000  # 2025-11-13
ACCOUNTS = [f"{n:012}" for n in range(111111111111, 111111111123)]
REGIONS = ("eu-west-1", "us-east-1")
CHAIN_LENGTHS = ((1, 54), (2, 25), (3, 12), (4, 5), (5, 2), (6, 2))
SECONDS_A_SESSION = 3.7  # 70,000 sessions in three days
BATCH = 5_000  # sessions a commit
APPENDS = 20
LATE_APPENDS, LATE_ISSUANCES = 8, 800
LIST_MS = 5.0
SEARCH = "a text in hundreds of names"
"""Printed beside the others, with no aim of its own."""
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

    def __init__(self, sessions: int) -> None:
        """An estate that will grow to so many sessions; the issuances of some are held back, spread over all its days."""
        self.dice = Random(20251113)
        self.held_back: list[Issuance] = []
        self._hold_back = min(0.5, 1.2 * LATE_APPENDS * LATE_ISSUANCES / sessions)
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
        self._hold_back = 0.0
        self.dice.shuffle(self.held_back)

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

    def late(self, issuances: int = LATE_ISSUANCES, sessions: int = 1_840) -> Part:
        """10,000 events of earlier days."""
        rows = Rows()
        assert len(self.held_back) >= issuances
        for _ in range(issuances):
            self._put(rows, self.held_back.pop())
        for session in self.dice.sample(self.sessions, sessions):
            self._use(rows, session, session.created + 60, 5)
        return self._part(rows)

    def _put(self, rows: Rows, issuance: Issuance) -> None:
        rows.issuances.append(issuance)
        rows.events.append((issuance.account, issuance.at, ids.event_hash(issuance.event_id)))

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

    def _event_id(self) -> str:
        return f"{self.dice.getrandbits(32):08x}-0000-4000-8{self.dice.getrandbits(12):03x}-{self.dice.getrandbits(48):012x}"

    def _event(self, rows: Rows, account: str, at: int) -> str:
        event_id = self._event_id()
        rows.events.append((account, at, ids.event_hash(event_id)))
        return event_id

    def _issue(self, rows: Rows, parent: Session, child: Session) -> None:
        issuance = Issuance(
            self._event_id(), child.created, "assume", "AssumeRole", "aws", child.account, REGIONS[0], "", "", "", parent.id, parent.kind, parent.key,
            parent.principal, parent.created, parent.account, "", "", child.id, child.key, child.principal, "AssumedRole",
            f"arn:aws:iam::{child.account}:role/{child.role}", child.account, child.role, child.name, child.created + 3600, "", "", "",
            "203.0.113.9", "aws-cli", "", "",
        )  # fmt: skip
        if self.dice.random() < self._hold_back:
            self.held_back.append(issuance)
        else:
            self._put(rows, issuance)

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


class Spread(NamedTuple):
    """Milliseconds."""

    median: float
    p95: float


class Cost(NamedTuple):
    """Milliseconds for 10,000 events: on a busy machine only the CPU's can be compared."""

    wall: float
    cpu: float


class Figures(NamedTuple):
    sessions: int
    commit: float
    link: float
    lists: dict[str, Spread]
    lineage: Spread
    new: Cost
    late: Cost


def fill(store: GraphStore, estate: Estate, sessions: int) -> tuple[float, float]:
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


def spread(times: list[float]) -> Spread:
    ordered = sorted(times)
    return Spread(1000 * statistics.median(ordered), 1000 * ordered[int(len(ordered) * 0.95)])


def list_times(store: GraphStore, estate: Estate) -> dict[str, list[float]]:
    """The list as people ask for it, each a first page and the next."""
    end = estate.sessions[-1].created
    times: dict[str, list[float]] = {}
    for round_ in range(50):
        day = end - 86_400 * (round_ % 3)
        asked = {
            "all": ChainQuery(),
            "3 sessions and more": ChainQuery(min_sessions=3),
            "3 and more in a day": ChainQuery(min_sessions=3, from_=day - 86_400, to=day),
            "by length": ChainQuery(min_sessions=2, sort="sessions"),
            "of an account": ChainQuery(account=ACCOUNTS[round_ % len(ACCOUNTS)]),
            "5 sessions and more": ChainQuery(min_sessions=5),
            "reach 4 and more": ChainQuery(min_sessions=1, min_reach=4, sort="reach"),
            "alarm": ChainQuery(tone="alarm", sort="confidence"),
            SEARCH: ChainQuery(q=f"run-{round_}"),
        }
        for name, query in asked.items():
            mine = times.setdefault(name, [])
            mine.append(timed(lambda query=query: store.chains(query)))
            _, after = store.chains(query)
            mine.append(timed(lambda query=query, after=after: store.chains(query._replace(after=after))))
    return times


def lineage_times(store: GraphStore, estate: Estate) -> list[float]:
    """One session with the nodes of its path and what lies directly below it."""

    def lineage(id_: str) -> None:
        path = [step.id for step in store.paths([id_])[id_]]
        below, _ = store.descendants(id_, 400)
        assert id_ in store.rows([*path, *below])

    return [timed(lambda id_=session.id: lineage(id_)) for session in estate.dice.sample(estate.sessions, 1_000)]


def append_cost(store: GraphStore, parts: list[Part]) -> Cost:
    def append(part: Part) -> None:
        assert store.commit([part], []).committed == 1
        link_pending(store)

    wall: list[float] = []
    cpu: list[float] = []
    for part in parts:
        before = time.process_time()
        wall.append(timed(lambda part=part: append(part)))
        cpu.append(time.process_time() - before)
    return Cost(1000 * statistics.median(wall), 1000 * statistics.median(cpu))


def measure(folder: Path, sessions: int) -> Figures:
    estate = Estate(sessions)
    with closing(EmbeddedStore(folder / f"store-{sessions}")) as store:
        committing, linking = fill(store, estate, sessions)
        lists = {name: spread(times) for name, times in list_times(store, estate).items()}
        lineage = spread(lineage_times(store, estate))
        gc.collect()
        gc.freeze()  # the estate's own millions of tuples are no part of what an ingest process holds
        new = append_cost(store, [estate.append() for _ in range(APPENDS)])
        appends = min(LATE_APPENDS, len(estate.held_back) // LATE_ISSUANCES)  # a store for a quick look has fewer
        late = append_cost(store, [estate.late() for _ in range(appends)])
    return Figures(len(estate.sessions), committing, linking, lists, lineage, new, late)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, nargs=2, default=(100_000, 1_000_000))
    parser.add_argument("--folder", type=Path, help="where to build the stores; default a temporary folder")
    options = parser.parse_args()
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for sessions in options.sessions:
            found.append(measure(Path(folder), sessions))
            size = sum(file.stat().st_size for file in Path(folder).glob(f"store-{sessions}*")) / 2**20
            _print(found[-1], size)
    small, large = found
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    growths = [_growth("new", small.new, large.new), _growth("late", small.late, large.late)]
    slowest = max(one.p95 for one in (*(large.lists[name] for name in large.lists.keys() - {SEARCH}), large.lineage))
    print(
        f"slowest p95 at {large.sessions:,} sessions: {slowest:.2f} ms (at most {LIST_MS:.0f}); peak {peak:,.0f} MB with the generator"
    )
    return int(max(growths) > GROWTH or slowest > LIST_MS)


def _print(one: Figures, size: float) -> None:
    print(f"{one.sessions:>9,} sessions: commit {one.commit:.1f} s, link {one.link:.1f} s, {size:,.0f} MB")
    for name, times in (*((f"chains: {name}", times) for name, times in one.lists.items()), ("lineage", one.lineage)):
        print(f"  {name:<28} p50 {times.median:6.2f} ms   p95 {times.p95:6.2f} ms")
    for name, cost in (("new", one.new), ("late", one.late)):
        print(f"  10,000 {name} events: {cost.wall:.0f} ms, CPU {cost.cpu:.0f} ms", flush=True)


def _growth(name: str, small: Cost, large: Cost) -> float:
    growth = large.wall / small.wall
    print(
        f"10,000 {name} events: {growth:.2f} times the cost in the smaller store (at most {GROWTH}), CPU {large.cpu / small.cpu:.2f}"
    )
    return growth


if __name__ == "__main__":
    raise SystemExit(main())
