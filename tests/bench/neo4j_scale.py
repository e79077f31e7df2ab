"""Neo4j with a heap of 1 GB beside the embedded store, in one run: `python -m tests.bench.neo4j_scale`.

Load: a generator's events through `ingest` into either store, judging left out; both must come to the same graph.
Ask: an estate grown through commit and linking, as ingest does; p50 and p95 of the chain list and of one lineage at each
size, and of the plain way: a path query of variable length over AssumeRole edges, computed when it is asked.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import neo4j
from neo4j import GraphDatabase, Query
from neo4j.exceptions import Neo4jError

from roletrail.ingest.run import ingest
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.neo4j import Address, Neo4jStore
from roletrail.stores.port import CHAIN_SORTS, ChainQuery, GraphStore
from tests.bench import generate
from tests.bench.store_scale import SEARCH, Estate, Spread, fill, lineage_times, list_times, spread, timed
from tests.neo4j_server.server import Server

HEAP, PAGECACHE = "1g", "512m"
AIM_LOAD = 4.0
AIM_LIST_MS = 50.0
AIM_GROWTH = 1.5
PLAIN_LINEAGES = 20
"""Each takes seconds among a million sessions."""
PLAIN_SECONDS = 60.0
"""The plain way is stopped after so long, and said to be."""

PLAIN_CHAINS = """
    MATCH path = (root:Identity)-[:ASSUMED*3..12]->(last:Session)
    WHERE NOT EXISTS { (root)<-[:ASSUMED]-() } AND NOT EXISTS { (last)-[:ASSUMED]->() }
    RETURN last.id, length(path), last.lastSeen, [step IN nodes(path) | step.label]
    ORDER BY last.lastSeen DESC, last.id LIMIT 50
"""
PLAIN_LINEAGE = """
    MATCH path = (root:Identity)-[:ASSUMED*0..12]->(s:Session {id: $id}) WHERE NOT EXISTS { (root)<-[:ASSUMED]-() }
    OPTIONAL MATCH (s)-[:ASSUMED*1..12]->(below:Session)
    RETURN path, collect(DISTINCT below)[..400]
"""


class Asked(NamedTuple):
    sessions: int
    lists: dict[str, Spread]
    lineage: Spread
    plain_lineage: Spread
    plain_list: float | None  # milliseconds; None when it was stopped

    @property
    def slowest(self) -> float:
        return max(self.lists[name].p95 for name in self.lists.keys() - {SEARCH})


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    folder.mkdir(parents=True)
    one = Server(folder, heap=HEAP, pagecache=PAGECACHE, options=())
    one.start()
    try:
        yield one
    finally:
        one.stop()


def address(one: Server) -> Address:
    return Address(one.uri, "neo4j", "", "")


# --- load -----------------------------------------------------------------------------------------------------------------


def load(folder: Path, logs: Path, events: int) -> bool:
    """Whether both stores took the same, and in the time that is aimed at."""
    taken: dict[str, float] = {}
    with server(folder / "server") as one, closing(EmbeddedStore(folder / "embedded")) as embedded:
        Neo4jStore(address(one)).close()  # the layout, once a database
        stores: dict[str, Callable[[], GraphStore]] = {
            "embedded": lambda: EmbeddedStore(folder / "embedded"),
            "neo4j": lambda: Neo4jStore(address(one)),
        }
        for name, open_store in stores.items():
            archive = folder / f"archive-{name}"
            taken[name] = timed(lambda o=open_store, a=archive: ingest([str(logs)], open_store=o, archive=a))
            print(f"load {name:<10}{taken[name]:8.1f} s {events / taken[name]:10,.0f} events/s", flush=True)
        print(f"server: {one.resident_mb():,} MB resident, heap {HEAP}, page cache {PAGECACHE}")
        with closing(Neo4jStore(address(one))) as theirs:
            same = alike(embedded, theirs)
    ratio = taken["neo4j"] / taken["embedded"]
    print(f"Neo4j takes {ratio:.1f} times as long (aim {AIM_LOAD:.0f}); {'the same graph' if same else 'ANOTHER GRAPH'}")
    return same and ratio <= AIM_LOAD


def alike(mine: GraphStore, theirs: GraphStore) -> bool:
    """Totals, and the head of the chain list in every order with its paths."""
    if mine.totals() != theirs.totals():
        return False
    for sort in CHAIN_SORTS:
        query = ChainQuery(min_sessions=2, sort=sort, limit=200)
        rows, after = mine.chains(query)
        if (rows, after) != theirs.chains(query) or not rows:
            return False
    return True


# --- ask ------------------------------------------------------------------------------------------------------------------


def ask(folder: Path, sizes: list[int]) -> list[Asked]:
    estate, found = Estate(sizes[-1]), list[Asked]()
    with server(folder / "server") as one, closing(Neo4jStore(address(one))) as store:
        for sessions in sizes:
            committing, linking = fill(store, estate, sessions - len(estate.sessions))
            print(f"{len(estate.sessions):>9,} sessions: commit {committing:.1f} s, link {linking:.1f} s more", flush=True)
            found.append(questions(one, store, estate))
            _print(found[-1])
        print(f"server: {one.resident_mb():,} MB resident, {_size_mb(one.home / 'data'):,} MB on disk")
    return found


def questions(one: Server, store: Neo4jStore, estate: Estate) -> Asked:
    list_times(store, estate)  # a server that has just started compiles what it is asked
    lists = {name: spread(times) for name, times in list_times(store, estate).items()}
    lineage = spread(lineage_times(store, estate))
    with GraphDatabase.driver(one.uri) as driver, driver.session(database="neo4j") as session:
        ids = [one.id for one in estate.dice.sample(estate.sessions, PLAIN_LINEAGES)]
        plain = [timed(lambda id_=id_: session.run(PLAIN_LINEAGE, {"id": id_}).consume()) for id_ in ids]
        return Asked(len(estate.sessions), lists, lineage, spread(plain), _plain_list(session))


def _plain_list(session: neo4j.Session) -> float | None:
    times: list[float] = []
    for _ in range(3):
        try:
            times.append(timed(lambda: session.run(Query(PLAIN_CHAINS, timeout=PLAIN_SECONDS)).consume()))
        except Neo4jError as error:
            if "TimedOut" not in (error.code or ""):
                raise
            return None
    return 1000 * sorted(times)[1]


def _size_mb(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 2**20


def _print(asked: Asked) -> None:
    for name, times in (*((f"chains: {name}", times) for name, times in asked.lists.items()), ("lineage", asked.lineage)):
        print(f"  {name:<36} p50 {times.median:8.2f} ms   p95 {times.p95:8.2f} ms")
    plain = f"{asked.plain_list:8.0f} ms" if asked.plain_list is not None else f"stopped after {PLAIN_SECONDS:.0f} s"
    print(f"  the plain way: chains of 3 and more  {plain} (median of 3)")
    print(
        f"  the plain way: lineage               p50 {asked.plain_lineage.median:8.2f} ms   p95 {asked.plain_lineage.p95:8.2f} ms",
        flush=True,
    )


def flat(small: Asked, large: Asked) -> bool:
    """Whether the lists stay as quick as they are aimed to be while the graph grows."""
    growths = {name: large.lists[name].median / small.lists[name].median for name in small.lists.keys() - {SEARCH}}
    worst = max(growths, key=growths.__getitem__)
    print(
        f"slowest list p95 at {large.sessions:,} sessions: {large.slowest:.1f} ms (aim {AIM_LIST_MS:.0f}); "
        f"median at most {growths[worst]:.2f} times that at {small.sessions:,} ({worst}; aim {AIM_GROWTH})"
    )
    return large.slowest < AIM_LIST_MS and growths[worst] < AIM_GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=Path(".cache/bench"), help="where the generated logs lie")
    parser.add_argument("--events", type=int, default=generate.EVENTS, help="0: leave the load out")
    parser.add_argument("--files", type=int, default=generate.FILES)
    parser.add_argument("--sessions", type=int, nargs="*", default=[100_000, 1_000_000], help="sizes to ask at; none: leave out")
    given = parser.parse_args()
    reached = True
    with tempfile.TemporaryDirectory(prefix="roletrail-bench-") as work:
        if given.events:
            logs = given.dir.resolve() / f"{given.events}" / "logs"
            manifest = generate.generate(logs, generate.Asked(given.events, given.files, generate.ISSUANCE, generate.SEED))
            reached &= load(Path(work) / "load", logs / "logs", manifest["records"])
        if given.sessions:
            found = ask(Path(work) / "ask", sorted(given.sessions))
            reached &= flat(found[0], found[-1])
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
