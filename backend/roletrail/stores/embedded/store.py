"""GraphStore over one SQLite file. Only `bootstrap` picks it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar

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
from roletrail.stores.embedded import (
    around,
    carry,
    chains,
    commit,
    digests,
    export,
    ledger,
    observed,
    reads,
    rows,
    trace,
    workloads,
)
from roletrail.stores.embedded import judged as judgements
from roletrail.stores.embedded.activities import activities_between
from roletrail.stores.embedded.asked import Asked
from roletrail.stores.embedded.cells import Cells, hours_of
from roletrail.stores.embedded.kept import Kept
from roletrail.stores.embedded.linking import EmbeddedLinkWriter
from roletrail.stores.embedded.numbers import Numbers
from roletrail.stores.embedded.recent import Recent
from roletrail.stores.embedded.schema import open_database
from roletrail.stores.judging import FindingQuery, Judged, RoleSession, Unjudged
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
    Totals,
    TraceHit,
)

T = TypeVar("T")


class EmbeddedStore:
    """Threads may share it: each reads on its own connection, writers take turns."""

    linked_at_once: ClassVar[int] = 100_000
    judged_in_turns: ClassVar[bool] = True

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._database = open_database(path, create=create)
        self._numbers = Numbers()
        self._cells = Cells()
        self._recent = Recent()
        self._kept = Kept(self._database)
        self._asked = Asked()

    # --- writing ---

    @contextmanager
    def _write(self) -> Generator[commit.Connection]:
        try:
            with self._database.write() as connection, collector_paused():
                self._recent.start(connection)
                self._kept.forget()
                yield connection
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._numbers.forget()
        self._cells.forget()
        self._recent.forget()

    def rest(self) -> None:
        self._forget()
        self._database.shrink()

    def begin_run(self) -> int:
        with self._write() as connection:
            rows.add_to_counters(connection, {"runs": 1})
            return rows.counter(connection, "runs")

    def commit(
        self, parts: Collection[Part], files: Collection[ArchiveFile], excluded_attempts: Collection[int] = ()
    ) -> CommitResult:
        with self._write() as connection:
            return commit.commit(connection, self._numbers, self._cells, self._recent, parts, files, excluded_attempts)

    @contextmanager
    def linking(self) -> Generator[EmbeddedLinkWriter]:
        with self._write() as connection:
            writer = EmbeddedLinkWriter(connection, self._numbers, self._recent)
            yield writer
            writer.finish()

    def swap_archive_files(self, remove: Collection[str], add: Collection[ArchiveFile]) -> bool:
        with self._write() as connection:
            return ledger.swap_files(connection, remove, add)

    # --- ledger ---

    def ledger(self, locators: Collection[str]) -> dict[str, LedgerEntry]:
        with self._database.snapshot() as connection:
            return ledger.entries(connection, locators)

    def archive_files(self) -> list[ArchiveFile]:
        found = self._database.read().execute("SELECT name, day, kind, rows FROM archive_file ORDER BY name")
        return [ArchiveFile(*row) for row in found]

    def excluded_attempts(self) -> list[int]:
        return [attempt for (attempt,) in self._database.read().execute("SELECT attempt FROM excluded_attempt ORDER BY attempt")]

    def attempt_locators(self, attempts: Collection[int]) -> dict[int, str]:
        sql = "SELECT attempt, locator FROM part JOIN object USING (o) WHERE attempt IN (?)"
        return dict(rows.select_in(self._database.read(), sql, attempts))

    def objects(self, limit: int, after: str = "") -> tuple[list[LedgerEntry], str]:
        with self._database.snapshot() as connection:
            return ledger.objects(connection, limit, after)

    def quarantine(self, limit: int, after: str = "") -> tuple[list[tuple[str, int, str, str]], str]:
        return ledger.quarantine(self._database.read(), limit, after)

    def accounts_not_loaded(self) -> dict[str, int]:
        return around.accounts_not_loaded(self._database.read())

    def quarantine_reasons(self) -> dict[str, int]:
        return ledger.quarantine_reasons(self._database.read())

    def coverage(self, from_: int = 0, to: int = 0, account: str = "") -> Iterator[CoverageRow]:
        with self._database.snapshot() as connection:
            yield from ledger.coverage(connection, from_, to, account)

    def digests(self, from_: int = 0, to: int = 0, account: str = "") -> list[Digested]:
        with self._database.snapshot() as connection:
            return digests.digests(connection, from_, to or 1 << 62, account)

    def digest_span(self) -> tuple[int, int]:
        return digests.span(self._database.read())

    def outages(self, account: str) -> list[Addendum]:
        return around.outages(self._database.read(), account)

    def lost(self, limit: int) -> tuple[list[str], int]:
        with self._database.snapshot() as connection:
            return reads.lost(connection, limit)

    def coverage_near(self, account: str, at: int) -> list[RegionCoverage]:
        with self._database.snapshot() as connection:
            return around.coverage_near(connection, account, at)

    def issued_near(self, account: str, at: int) -> bool:
        with self._database.snapshot() as connection:
            return around.issued_near(connection, account, at)

    def unnamed_issuances(self, at: int) -> list[Issuance]:
        with self._database.snapshot() as connection:
            return around.unnamed_issuances(connection, at)

    def logging_changes(self, account: str) -> list[Action]:
        with self._database.snapshot() as connection:
            return around.logging_changes(connection, account)

    # --- nodes ---

    def totals(self) -> Totals:
        with self._database.snapshot() as connection:
            return reads.totals(connection)

    def chains(self, query: ChainQuery) -> tuple[list[ChainRow], str]:
        with self._database.snapshot() as connection:
            return chains.chains(connection, query)

    def rows(self, ids: Collection[str]) -> dict[str, NodeRow]:
        with self._database.snapshot() as connection:
            return reads.rows(connection, self._asked.names(connection, ids))

    def resolve_alias(self, id_: str) -> str:
        with self._database.snapshot() as connection:
            return reads.resolve_alias(connection, id_)

    def aliases_of(self, id_: str) -> list[str]:
        with self._database.snapshot() as connection:
            return reads.aliases_of(connection, id_)

    def same_as(self, id_: str, limit: int) -> list[Alias]:
        with self._database.snapshot() as connection:
            return reads.same_as(connection, id_, limit)

    def paths(self, ids: Collection[str]) -> dict[str, list[PathStep]]:
        with self._database.snapshot() as connection:
            return reads.paths(connection, ids)

    def descendants(self, id_: str, limit: int) -> tuple[list[str], bool]:
        with self._database.snapshot() as connection:
            return reads.descendants(connection, id_, limit)

    def siblings_by_role(self, role_arn: str, limit: int, after: str = "") -> tuple[list[str], str]:
        with self._database.snapshot() as connection:
            return trace.siblings_by_role(connection, role_arn, limit, after)

    # --- observations ---

    def activities(self, id_: str, limit: int, after: str = "") -> tuple[list[Activity], str]:
        with self._database.snapshot() as connection:
            return observed.activities(connection, id_, limit, after)

    def credentials(self, id_: str, limit: int) -> list[CredentialUse]:
        with self._database.snapshot() as connection:
            return observed.credentials(connection, id_, limit)

    def actions(self, id_: str) -> list[Action]:
        with self._database.snapshot() as connection:
            return observed.actions(connection, id_)

    def attempts(self, id_: str) -> list[Attempt]:
        with self._database.snapshot() as connection:
            return observed.attempts(connection, id_)

    def issuances_for(self, event_ids: Collection[str]) -> dict[str, Issuance]:
        with self._database.snapshot() as connection:
            return observed.issuances_for(connection, event_ids)

    def address_uses(self, address: str, limit: int) -> list[Activity]:
        with self._database.snapshot() as connection:
            return observed.address_uses(connection, address, limit)

    def addresses_of(self, ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
        with self._database.snapshot() as connection:
            return observed.addresses_of(connection, ids)

    def actions_of(self, ids: Collection[str], limit: int) -> list[Action]:
        with self._database.snapshot() as connection:
            return observed.actions_of(connection, self._asked.names(connection, ids), limit)

    def actions_on(self, targets: Collection[str]) -> list[Action]:
        with self._database.snapshot() as connection:
            return around.actions_on(connection, targets)

    def attempts_of(self, ids: Collection[str], limit: int) -> list[Attempt]:
        with self._database.snapshot() as connection:
            return observed.attempts_of(connection, self._asked.names(connection, ids), limit)

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        with self._database.snapshot() as connection:
            return activities_between(connection, self._asked.names(connection, ids), from_, to)

    def role_pairs(self, limit: int) -> tuple[list[RolePair], bool]:
        found = self._kept.rows(("role_pairs", limit), lambda connection: reads.role_pairs(connection, limit + 1))
        return found[:limit], len(found) > limit

    def resources_of(self, ids: Collection[str], limit: int) -> list[ResourceUse]:
        with self._database.snapshot() as connection:
            return observed.resources_of(connection, ids, limit)

    def workload_nodes(self) -> list[Node]:
        return self._kept.rows("workload_nodes", workloads.nodes)

    def kept(self, asked: Hashable, work: Callable[[], list[T]]) -> list[T]:
        return self._kept.rows(("kept", asked), lambda _: work())

    def workload_ids(self) -> list[str]:
        return self._kept.rows("workload_ids", workloads.ids)

    def actions_named(self, event_names: Collection[str]) -> list[Action]:
        names = frozenset(event_names)
        return self._kept.rows(("actions", names), lambda connection: workloads.actions_named(connection, names))

    def sign_ins_named(self, event_names: Collection[str]) -> list[SignIn]:
        names = frozenset(event_names)
        return self._kept.rows(("sign_ins", names), lambda connection: workloads.sign_ins_named(connection, names))

    def event_hours(self, event_id: str) -> list[int]:
        return hours_of(self._database.read(), event_hash(event_id))

    # --- look-ups ---

    def trace(self, kind: str, value: str, limit: int) -> list[TraceHit]:
        with self._database.snapshot() as connection:
            return trace.trace(connection, kind, value, limit)

    def entity(self, id_: str) -> tuple[str, str] | None:
        return trace.entity(self._database.read(), id_)

    def entity_sessions(self, kind: str, value: str, limit: int, after: str = "") -> tuple[list[str], str]:
        with self._database.snapshot() as connection:
            return trace.entity_sessions(connection, kind, value, limit, after)

    # --- judgements ---

    def unjudged(self, limit: int) -> Unjudged:
        with self._database.snapshot() as connection:
            return judgements.unjudged(connection, limit)

    def put_judged(self, judged: Collection[Judged], token: object) -> None:
        with self._write() as connection:
            judgements.put_judged(connection, self._asked.names(connection, [one.id for one in judged]), judged, token)

    def forget_judgements(self) -> None:
        with self._write() as connection:
            judgements.forget(connection)

    def unjudge(self, ids: Collection[str]) -> None:
        with self._write() as connection:
            judgements.unjudge(connection, ids)

    def findings(self, query: FindingQuery) -> tuple[list[Finding], str]:
        with self._database.snapshot() as connection:
            return judgements.findings(connection, query)

    def findings_by_id(self, ids: Collection[str]) -> dict[str, Finding]:
        return judgements.by_id(self._database.read(), ids)

    def finding_counts(self) -> list[tuple[str, int, int, int]]:
        return self._kept.rows("finding_counts", judgements.counts)

    def habit_days(self, keys: Iterable[int], from_day: int, to_day: int) -> Days:
        return judgements.habit_days(self._database.read(), keys, from_day, to_day)

    def sign_ins_of(self, ids: Collection[str], people: Collection[str]) -> list[SignIn]:
        with self._database.snapshot() as connection:
            return judgements.sign_ins_of(connection, self._asked.names(connection, ids), people)

    def sessions_of_role(self, role_arns: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[RoleSession]]:
        with self._database.snapshot() as connection:
            return judgements.sessions_of_role(connection, role_arns, from_, to, limit)

    def roots_of_role(self, role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
        with self._database.snapshot() as connection:
            return judgements.roots_of_role(connection, role_arns, from_, to)

    def accounts_loaded(self) -> list[str]:
        return judgements.accounts_loaded(self._database.read())

    def identities_by_time(self) -> list[str]:
        return judgements.identities_by_time(self._database.read())

    def children_between(self, parents: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[str]]:
        with self._database.snapshot() as connection:
            return judgements.children_between(connection, self._asked.names(connection, parents), from_, to, limit)

    def export(self) -> Iterator[tuple[str, object]]:
        with self._database.snapshot() as connection:
            yield from export.export(connection)

    def everything(self) -> Iterator[Part]:
        with self._database.snapshot() as connection:
            yield from carry.everything(connection)

    def close(self) -> None:
        self._database.close()
