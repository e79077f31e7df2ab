"""GraphStore over a Neo4j database, on the official driver. Only `bootstrap` picks it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Concatenate, ParamSpec, TypeVar

from roletrail.detect.finding import Finding
from roletrail.detect.past import Days
from roletrail.lineage.ids import event_hash
from roletrail.lineage.model import (
    Action,
    Activity,
    Addendum,
    Alias,
    Attempt,
    CredentialUse,
    Issuance,
    Node,
    Part,
    ResourceUse,
    SignIn,
)
from roletrail.stores.collector import collector_paused
from roletrail.stores.judging import FindingQuery, Judged, RoleSession, Unjudged
from roletrail.stores.neo4j import around, carry, chains, commit, digests, export, ledger, observed, reads, trace, versions
from roletrail.stores.neo4j import judged as judgements
from roletrail.stores.neo4j.cells import Cells, hours_of
from roletrail.stores.neo4j.connection import Address, Connection, Cypher
from roletrail.stores.neo4j.lease import Lease
from roletrail.stores.neo4j.linking import Neo4jLinkWriter
from roletrail.stores.neo4j.recent import Recent
from roletrail.stores.neo4j.schema import prepare
from roletrail.stores.port import (
    ArchiveFile,
    ChainQuery,
    ChainRow,
    CommitResult,
    CoverageRow,
    Digested,
    LedgerEntry,
    NodeRow,
    PathStep,
    RegionCoverage,
    RolePair,
    TooMuchAtOnce,
    Totals,
    TraceHit,
)

T = TypeVar("T")
P = ParamSpec("P")


class Neo4jStore:
    """Threads may share it: each reads in transactions of its own, writers take turns, in this process and in others."""

    linked_at_once: ClassVar[int] = 10_000
    """A server with a heap of 1 GB has memory for so many; what it has none for is done in vain before it is halved."""

    judged_in_turns: ClassVar[bool] = False
    """A second process would only ask the same server for more at once."""

    def __init__(self, address: Address) -> None:
        self._connection = Connection(address)
        try:
            prepare(self._connection)
        except BaseException:
            self._connection.close()
            raise
        self._turn = threading.RLock()
        self._kept = commit.Kept(Cells(), Recent())

    # --- writing ---

    def _write(self, work: Callable[[Cypher, Lease, bool], T]) -> T:
        """One write transaction; `work` is told when it is not the first try."""

        def once(cypher: Cypher, tried: int) -> T:
            if tried:
                self._kept.forget()
            lease = self._kept.start(cypher)
            done = work(cypher, lease, tried > 0)
            lease.settle()
            return done

        with self._turn, collector_paused():
            try:
                return self._connection.write(once)
            except BaseException:
                self._kept.forget()
                raise
            finally:
                _sweep()

    def rest(self) -> None:
        with self._turn:
            self._kept.forget()

    def begin_run(self) -> int:
        def bump(_: Cypher, lease: Lease, again: bool) -> int:
            del again
            lease.add({"runs": 1})
            return lease.counter("runs")

        return self._write(bump)

    def commit(
        self, parts: Collection[Part], files: Collection[ArchiveFile], excluded_attempts: Collection[int] = ()
    ) -> CommitResult:
        """Halves a batch that is too much for the server's memory: the parts are what counts, not the batch."""
        try:
            return self._write(
                lambda cypher, lease, again: commit.commit(
                    cypher, lease, self._kept, commit.Delivery(parts, files, excluded_attempts, again)
                )
            )
        except TooMuchAtOnce:
            if len(parts) < 2:
                raise
        ordered = list(parts)
        first = self.commit(ordered[: len(ordered) // 2], files, excluded_attempts)
        rest = self.commit(ordered[len(ordered) // 2 :], ())
        return CommitResult(first.committed + rest.committed, (*first.overlaps, *rest.overlaps))

    @contextmanager
    def linking(self) -> Generator[Neo4jLinkWriter]:
        with self._turn, collector_paused():
            try:
                with self._connection.writing() as cypher:
                    lease = self._kept.start(cypher)
                    writer = Neo4jLinkWriter(cypher, lease, self._kept.recent)
                    yield writer
                    writer.finish()
                    lease.settle()
            except BaseException:
                self._kept.forget()
                raise
            finally:
                _sweep()

    def swap_archive_files(self, remove: Collection[str], add: Collection[ArchiveFile]) -> bool:
        return self._write(lambda cypher, _, __: ledger.swap_files(cypher, remove, add))

    # --- ledger ---

    def _ask(self, answer: Callable[Concatenate[Cypher, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._connection.read(lambda cypher: answer(cypher, *args, **kwargs))

    def ledger(self, locators: Collection[str]) -> dict[str, LedgerEntry]:
        return self._ask(ledger.entries, locators)

    def archive_files(self) -> list[ArchiveFile]:
        return self._ask(ledger.archive_files)

    def excluded_attempts(self) -> list[int]:
        return self._ask(ledger.excluded_attempts)

    def attempt_locators(self, attempts: Collection[int]) -> dict[int, str]:
        return self._ask(ledger.attempt_locators, attempts)

    def objects(self, limit: int, after: str = "") -> tuple[list[LedgerEntry], str]:
        return self._ask(ledger.objects, limit, after)

    def quarantine(self, limit: int, after: str = "") -> tuple[list[tuple[str, int, str, str]], str]:
        return self._ask(ledger.quarantine, limit, after)

    def accounts_not_loaded(self) -> dict[str, int]:
        return self._ask(around.accounts_not_loaded)

    def quarantine_reasons(self) -> dict[str, int]:
        return self._ask(ledger.quarantine_reasons)

    def coverage(self, from_: int = 0, to: int = 0, account: str = "") -> Iterator[CoverageRow]:
        with self._connection.reading() as cypher:
            yield from ledger.coverage(cypher, from_, to, account)

    def digests(self, from_: int = 0, to: int = 0, account: str = "") -> list[Digested]:
        return self._ask(digests.digests, from_, to or 1 << 62, account)

    def digest_span(self) -> tuple[int, int]:
        return self._ask(digests.span)

    def outages(self, account: str) -> list[Addendum]:
        return self._ask(versions.outages, account)

    def lost(self, limit: int) -> tuple[list[str], int]:
        return self._ask(reads.lost, limit)

    def coverage_near(self, account: str, at: int) -> list[RegionCoverage]:
        return self._ask(around.coverage_near, account, at)

    def issued_near(self, account: str, at: int) -> bool:
        return self._ask(around.issued_near, account, at)

    def unnamed_issuances(self, at: int) -> list[Issuance]:
        return self._ask(around.unnamed_issuances, at)

    def logging_changes(self, account: str) -> list[Action]:
        return self._ask(around.logging_changes, account)

    # --- nodes ---

    def totals(self) -> Totals:
        return self._ask(reads.totals)

    def chains(self, query: ChainQuery) -> tuple[list[ChainRow], str]:
        return self._ask(chains.chains, query)

    def rows(self, ids: Collection[str]) -> dict[str, NodeRow]:
        return self._ask(reads.rows, ids)

    def resolve_alias(self, id_: str) -> str:
        return self._ask(reads.resolve_alias, id_)

    def aliases_of(self, id_: str) -> list[str]:
        return self._ask(reads.aliases_of, id_)

    def same_as(self, id_: str, limit: int) -> list[Alias]:
        return self._ask(reads.same_as, id_, limit)

    def paths(self, ids: Collection[str]) -> dict[str, list[PathStep]]:
        return self._ask(reads.paths, ids)

    def descendants(self, id_: str, limit: int) -> tuple[list[str], bool]:
        return self._ask(reads.descendants, id_, limit)

    def siblings_by_role(self, role_arn: str, limit: int, after: str = "") -> tuple[list[str], str]:
        return self._ask(trace.siblings_by_role, role_arn, limit, after)

    def role_pairs(self, limit: int) -> tuple[list[RolePair], bool]:
        return self._ask(reads.role_pairs, limit)

    # --- observations ---

    def activities(self, id_: str, limit: int, after: str = "") -> tuple[list[Activity], str]:
        return self._ask(observed.activities, id_, limit, after)

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        return self._ask(observed.activities_of, ids, from_, to)

    def credentials(self, id_: str, limit: int) -> list[CredentialUse]:
        return self._ask(observed.credentials, id_, limit)

    def actions(self, id_: str) -> list[Action]:
        return self._ask(observed.actions, id_)

    def attempts(self, id_: str) -> list[Attempt]:
        return self._ask(observed.attempts, id_)

    def issuances_for(self, event_ids: Collection[str]) -> dict[str, Issuance]:
        return self._ask(observed.issuances_for, event_ids)

    def address_uses(self, address: str, limit: int) -> list[Activity]:
        return self._ask(observed.address_uses, address, limit)

    def addresses_of(self, ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
        return self._ask(observed.addresses_of, ids)

    def actions_of(self, ids: Collection[str], limit: int) -> list[Action]:
        return self._ask(observed.actions_of, ids, limit)

    def attempts_of(self, ids: Collection[str], limit: int) -> list[Attempt]:
        return self._ask(observed.attempts_of, ids, limit)

    def resources_of(self, ids: Collection[str], limit: int) -> list[ResourceUse]:
        return self._ask(observed.resources_of, ids, limit)

    def event_hours(self, event_id: str) -> list[int]:
        return self._ask(hours_of, event_hash(event_id))

    # --- judgements ---

    def unjudged(self, limit: int) -> Unjudged:
        return self._ask(judgements.unjudged, limit)

    def put_judged(self, judged: Collection[Judged], token: object) -> None:
        """Halved as a commit is: each identity's judgement stands for itself."""
        try:
            self._write(lambda cypher, _, __: judgements.put_judged(cypher, judged, token))
        except TooMuchAtOnce:
            if len(judged) < 2:
                raise
            ordered = list(judged)
            half = len(ordered) // 2
            self.put_judged(ordered[:half], token)
            self.put_judged(ordered[half:], token)

    def forget_judgements(self) -> None:
        self._write(lambda cypher, lease, _: judgements.forget(cypher, lease))

    def unjudge(self, ids: Collection[str]) -> None:
        self._write(lambda cypher, lease, _: judgements.unjudge(cypher, lease, ids))

    def sign_ins_of(self, ids: Collection[str], people: Collection[str]) -> list[SignIn]:
        return self._ask(judgements.sign_ins_of, ids, people)

    def findings(self, query: FindingQuery) -> tuple[list[Finding], str]:
        return self._ask(judgements.findings, query)

    def findings_by_id(self, ids: Collection[str]) -> dict[str, Finding]:
        return self._ask(judgements.by_id, ids)

    def finding_counts(self) -> list[tuple[str, int, int, int]]:
        return self._ask(judgements.counts)

    def kept(self, asked: Hashable, work: Callable[[], list[T]]) -> list[T]:
        del asked  # a server tells nobody of commits
        return work()

    def habit_days(self, keys: Iterable[int], from_day: int, to_day: int) -> Days:
        return self._ask(judgements.habit_days, list(keys), from_day, to_day)

    def sessions_of_role(self, role_arns: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[RoleSession]]:
        return self._ask(judgements.sessions_of_role, role_arns, from_, to, limit)

    def roots_of_role(self, role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
        return self._ask(judgements.roots_of_role, role_arns, from_, to)

    def children_between(self, parents: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[str]]:
        return self._ask(judgements.children_between, parents, from_, to, limit)

    def accounts_loaded(self) -> list[str]:
        return self._ask(judgements.accounts_loaded)

    def identities_by_time(self) -> list[str]:
        return self._ask(judgements.identities_by_time)

    def workload_nodes(self) -> list[Node]:
        return self._ask(judgements.workload_nodes)

    def workload_ids(self) -> list[str]:
        return self._ask(judgements.workload_ids)

    def actions_named(self, event_names: Collection[str]) -> list[Action]:
        return self._ask(judgements.actions_named, event_names)

    def sign_ins_named(self, event_names: Collection[str]) -> list[SignIn]:
        return self._ask(judgements.sign_ins_named, event_names)

    def actions_on(self, targets: Collection[str]) -> list[Action]:
        return self._ask(around.actions_on, targets)

    # --- look-ups ---

    def trace(self, kind: str, value: str, limit: int) -> list[TraceHit]:
        return self._ask(trace.trace, kind, value, limit)

    def entity(self, id_: str) -> tuple[str, str] | None:
        return self._ask(trace.entity, id_)

    def entity_sessions(self, kind: str, value: str, limit: int, after: str = "") -> tuple[list[str], str]:
        return self._ask(trace.entity_sessions, kind, value, limit, after)

    def export(self) -> Iterator[tuple[str, object]]:
        with self._connection.reading() as cypher:
            yield from export.export(cypher)

    def everything(self) -> Iterator[Part]:
        with self._connection.reading() as cypher:
            yield from carry.everything(cypher)

    def close(self) -> None:
        self._connection.close()


def _sweep() -> None:
    """What a transaction left: results of the driver hold each other, and a load pauses the collector until it ends."""
    gc.collect(0)
