"""The one port to the graph: what ingest writes, what linking reads and writes, what use-cases ask.

Both stores answer alike, order and cursors included; one contract suite holds them to it. A store computes nothing of
its own: joins, ordinals and tones come from `lineage`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import ClassVar, NamedTuple, Protocol

from roletrail.errors import StoreUnavailable
from roletrail.lineage.arn import split_principal
from roletrail.lineage.model import (
    Action,
    Activity,
    Addendum,
    Alias,
    Attempt,
    CredentialUse,
    Edge,
    Issuance,
    Linked,
    Node,
    Part,
    Providers,
    ResourceUse,
    Seen,
    SignIn,
    Standing,
)
from roletrail.stores.judging import Judgements

# --- writing ------------------------------------------------------------------------------------------------------


class StoreBusy(StoreUnavailable):
    """The store is away or busy for the moment: nothing was written, and the same may be asked again."""


class StoreAway(StoreBusy):
    """The store's server does not answer. `since` is when that was first noticed."""


class TooMuchAtOnce(StoreBusy):
    """The store has too little memory for so much in one transaction: nothing was written, less at a time may do."""


class ArchiveFile(NamedTuple):
    """A Parquet file that becomes visible with the commit that names it."""

    name: str  # relative to the archive folder
    day: str  # yyyymmdd, "" when it spans days
    kind: str  # events | evidence
    rows: int


class Overlap(NamedTuple):
    """A part that holds events the ledger already has. `skip` is the 64-bit hashes (as in CellEvents) to leave out."""

    locator: str
    k: int
    skip: bytes


class CommitResult(NamedTuple):
    """What one commit did. Overlapping parts were NOT committed: reduce their object again with the hashes to skip."""

    committed: int
    overlaps: tuple[Overlap, ...]


class LedgerEntry(NamedTuple):
    locator: str
    size: int
    version: str
    sha256: str
    kind: str
    parts_done: tuple[int, ...]
    parts: int
    taken: int
    doubles: int
    ignored: int
    quarantined: int
    ingested_at: int


class Pending(NamedTuple):
    """New observations that linking has not seen. `token` is handed back to `advance` when they are linked."""

    callers: tuple[str, ...]  # ids of callers with new or changed facts
    issuances: tuple[Issuance, ...]
    sign_ins: tuple[SignIn, ...]
    actions: tuple[Action, ...]
    token: object

    @property
    def empty(self) -> bool:
        return not (self.callers or self.issuances or self.sign_ins or self.actions)


class LinkWriter(Protocol):
    """What the linker may ask and write inside one serial write transaction."""

    def pending(self, limit: int) -> Pending:
        """What linking has not seen. A caller comes back when a fact changes, its first use, a credential, or whether all
        its events are a service's; not for more of the same calls: no rule may read counts and last uses. One whose name
        another account's copy of a call has (`anchors.eras_of_caller` leads to an issuance) comes back with any new call;
        and what services did for a user, when a long-term key of that user has new calls of the day (`anchors.acted_for`)."""
        ...

    def advance(self, pending: Pending) -> None: ...
    def seen(self, ids: Collection[str]) -> dict[str, Seen]: ...
    def callers_at(self, anchors: Collection[int]) -> set[str]:
        """Ids of callers stored under any of these anchors (`lineage.link.anchors`)."""
        ...

    def counts_at(self, anchors: Collection[int]) -> dict[int, int]:
        """How many callers, issuances, sign-ins and actions lie under each of these anchors; none may be left out."""
        ...

    def providers_at(self, anchors: Collection[int]) -> Providers: ...
    def put_linked(self, linked: Collection[Linked]) -> None:
        """Replace node, incoming edges and aliases of each. A node an alias now stands for disappears.

        One with `alias_of` becomes an alias itself, and stays one until it is written as a node again: what is
        written of its target does not end it.
        """
        ...

    def aliases(self, ids: Collection[str]) -> dict[str, Alias]:
        """Which of these are aliases, and of what."""
        ...

    def named(self, principal_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Ids of stored nodes with these principal ids, ascending; a principal without any may be left out."""
        ...

    def nodes(self, ids: Collection[str]) -> dict[str, Node]: ...
    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        """Activities of all of these in cells that begin in [from_, to), by (identity, cell, key) ascending."""
        ...

    def edges_into(self, ids: Collection[str]) -> dict[str, tuple[Edge, ...]]: ...
    def children(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Ids of identities that have any edge from one of these."""
        ...

    def standings(self, ids: Collection[str]) -> dict[str, Standing]: ...
    def put_standings(self, standings: dict[str, Standing]) -> None: ...


class CoverageRow(NamedTuple):
    account: str
    region: str
    hour: int
    counts: dict[str, int]
    first_at: int
    last_at: int


class RegionCoverage(NamedTuple):
    """What is loaded of one account in one region. `near` adds up event counts by category around a time."""

    region: str
    first_at: int
    last_at: int
    near: dict[str, int]


class Digested(NamedTuple):
    """A digest against the objects that went in. A listed file is in when an object has its hash, under whatever name;
    it is altered when one has its name and another hash."""

    name: str
    account: str
    region: str
    start: int
    end: int
    previous: str
    files: int
    missing: tuple[str, ...]
    altered: tuple[str, ...]


# --- reading ------------------------------------------------------------------------------------------------------

CHAIN_SORTS = ("last_seen", "first_seen", "sessions", "reach", "confidence")


class ChainQuery(NamedTuple):
    """Filters of a chain list; the one parameter table is `usecases.parameters`. Times are epoch seconds.

    A chain is listed at its last session: a counting role session from which no further counting role session of its
    segment was obtained. All sorts are descending and end in the session id ascending.
    """

    min_sessions: int = 2
    min_reach: int = 0
    tone: str = ""
    account: str = ""  # of any identity on the path
    q: str = ""  # folded, at least three characters; matches search_texts of the last session or of the root
    from_: int = 0  # last_seen >= from_ ; the last use, or the issue when that is later
    to: int = 0  # first_seen < to ; 0 no bound. A chain is first seen when its first session started
    sort: str = "last_seen"
    after: str = ""  # opaque cursor of the previous page
    limit: int = 100


class ChainRow(NamedTuple):
    """One listed chain: its last session with cached columns."""

    id: str
    standing: Standing
    first_seen: int
    last_seen: int
    uses: int
    errors: int


class NodeRow(NamedTuple):
    """A node with what pages need beside it."""

    node: Node
    standing: Standing
    edges: tuple[Edge, ...]  # incoming, best first
    first_seen: int  # first use; 0 never used
    last_seen: int
    uses: int
    errors: int
    children: int  # identities that have this one as primary parent
    leaf: bool  # listed in chains


class PathStep(NamedTuple):
    """A node of a path, with as much as folding needs."""

    id: str
    pivot: bool  # reached through a pivot
    counts: bool


class RolePair(NamedTuple):
    """Role sessions that count, taken together by their role and by the role of their primary parent.

    A parent without a role (a key, a provider's subject, a service, a user's session) has `parent_role` ""; pivots are left
    out, because what comes of them assumed nothing.
    """

    parent_role: str  # role ARN
    parent_account: str
    role: str  # role ARN
    account: str
    sessions: int
    first_at: int  # least start of the paths of these sessions, 0 unknown
    last_at: int  # greatest last_seen


class TraceHit(NamedTuple):
    """One identity a pasted thing leads to, with the reason."""

    id: str
    reason: str  # access_key_id | principal_id | role_arn | arn | address | instance | event | account | name


class Totals(NamedTuple):
    events: int
    objects: int
    identities: int
    sessions: int  # role sessions that count
    chains_2: int
    chains_3: int
    quarantined: int
    doubles: int
    first_at: int
    last_at: int
    pending: int


class GraphStore(Judgements, Protocol):
    linked_at_once: ClassVar[int]
    """Observations that one linking transaction had better not exceed."""
    judged_in_turns: ClassVar[bool]
    """Whether two processes judge faster than one."""

    # writing
    def begin_run(self) -> int:
        """Number of a new ingest run; attempts of the run are numbered from `run << 24`."""
        ...

    def rest(self) -> None:
        """Let go of what was kept for the next commit or round of linking: none follows soon."""
        ...

    def ledger(self, locators: Collection[str]) -> dict[str, LedgerEntry]: ...
    def commit(
        self, parts: Collection[Part], files: Collection[ArchiveFile], excluded_attempts: Collection[int] = ()
    ) -> CommitResult:
        """Commit parts with their ledger rows, dedupe cells and archive files, in one transaction.

        Parts that overlap committed cells, or each other, are left out and reported; their attempts become excluded
        attempts of the archive.
        """
        ...

    def linking(self) -> AbstractContextManager[LinkWriter]:
        """One serial write transaction for linking; committed on exit, rolled back on error."""
        ...

    def archive_files(self) -> list[ArchiveFile]: ...
    def excluded_attempts(self) -> list[int]: ...
    def swap_archive_files(self, remove: Collection[str], add: Collection[ArchiveFile]) -> bool:
        """Replace names in one transaction. False, and nothing changed, when any of `remove` is named no more:
        another run has merged it, and adding its rows again would show them twice."""
        ...

    def attempt_locators(self, attempts: Collection[int]) -> dict[int, str]: ...

    # reading
    def totals(self) -> Totals: ...
    def chains(self, query: ChainQuery) -> tuple[list[ChainRow], str]:
        """A page of chains and the cursor of the next, "" when it was the last. Raises InvalidRequest on a bad cursor."""
        ...

    def rows(self, ids: Collection[str]) -> dict[str, NodeRow]: ...
    def resolve_alias(self, id_: str) -> str:
        """The id this one stands for now; itself when it is a node; "" when unknown."""
        ...

    def aliases_of(self, id_: str) -> list[str]:
        """Ids that stand for this one, ascending: archive rows of its events may carry them."""
        ...

    def same_as(self, id_: str, limit: int) -> list[Alias]:
        """Identities that a rule says are this one, the least sure first, then by id; at most `limit`."""
        ...

    def paths(self, ids: Collection[str]) -> dict[str, list[PathStep]]:
        """The path of each along primary parents, root first, itself last; unknown ids are left out."""
        ...

    def descendants(self, id_: str, limit: int) -> tuple[list[str], bool]:
        """Primary descendants in breadth-first order by (started, id), at most `limit`; True when there are more."""
        ...

    def siblings_by_role(self, role_arn: str, limit: int, after: str = "") -> tuple[list[str], str]: ...
    def activities(self, id_: str, limit: int, after: str = "") -> tuple[list[Activity], str]:
        """Activities of one identity by (cell, key) ascending."""
        ...

    def credentials(self, id_: str, limit: int) -> list[CredentialUse]: ...
    def actions(self, id_: str) -> list[Action]: ...
    def attempts(self, id_: str) -> list[Attempt]: ...
    def issuances_for(self, event_ids: Collection[str]) -> dict[str, Issuance]: ...
    def trace(self, kind: str, value: str, limit: int) -> list[TraceHit]:
        """Identities for one recognised thing: kind is access_key_id | principal_id | role_arn | arn | address |
        instance | account | event | name (name: folded substring)."""
        ...

    def entity(self, id_: str) -> tuple[str, str] | None:
        """(kind, value) of an `ids.entity_id` this store has met: kinds role, address, account, instance, user."""
        ...

    def entity_sessions(self, kind: str, value: str, limit: int, after: str = "") -> tuple[list[str], str]:
        """Identities of one entity, newest last_seen first."""
        ...

    def address_uses(self, address: str, limit: int) -> list[Activity]: ...
    def objects(self, limit: int, after: str = "") -> tuple[list[LedgerEntry], str]: ...
    def quarantine(self, limit: int, after: str = "") -> tuple[list[tuple[str, int, str, str]], str]:
        """(locator, record, reason, detail), newest object first."""
        ...

    def coverage(self, from_: int = 0, to: int = 0, account: str = "") -> Iterator[CoverageRow]:
        """Cells whose hour begins in the window, by (account, region, hour); `to` 0 is no bound, "" every account."""
        ...

    def digests(self, from_: int = 0, to: int = 0, account: str = "") -> list[Digested]:
        """Digests whose hour begins in the window, by (account, region, start, name)."""
        ...

    def digest_span(self) -> tuple[int, int]:
        """Least start and greatest end of all digests; zeros when there are none."""
        ...

    def outages(self, account: str) -> list[Addendum]:
        """SERVICE_OUTAGE addenda of an account, oldest first."""
        ...

    def lost(self, limit: int) -> tuple[list[str], int]:
        """Sessions without a parent, newest last_seen first, then by id, at most `limit`; and how many there are."""
        ...

    def accounts_not_loaded(self) -> dict[str, int]:
        """Accounts of stored identities of which no event is loaded, with how many identities each has; by account."""
        ...

    def quarantine_reasons(self) -> dict[str, int]: ...
    def coverage_near(self, account: str, at: int) -> list[RegionCoverage]:
        """Regions of an account, ascending; `near` counts the cells from 24 hours before `at` to 24 hours after."""
        ...

    def issued_near(self, account: str, at: int) -> bool:
        """Whether any role session of an account has a known parent and was last used or issued within an hour of `at`."""
        ...

    def unnamed_issuances(self, at: int) -> list[Issuance]:
        """Issuances within two seconds of `at` whose record does not name the session they issued, by (at, event id)."""
        ...

    def logging_changes(self, account: str) -> list[Action]:
        """Successful calls to CloudTrail's own API in an account, oldest first."""
        ...

    def export(self) -> Iterator[tuple[str, object]]:
        """Canonical, ordered dump of the graph (nodes, edges, standings, activities, actions): what equality of two
        graphs means. Provenance (locators, attempts, runs) is left out."""
        ...

    def everything(self) -> Iterator[Part]:
        """All that was committed, for another store to commit: the parts of the ledger with their attempts, and between
        them every observation, cell and digest. Which part carries which is no one's business."""
        ...

    # asked for many identities at once, so that a page costs one look-up and not one a node
    def addresses_of(self, ids: Collection[str]) -> dict[str, list[tuple[str, int]]]:
        """Source addresses of each identity with their event counts, most used first, ties by address."""
        ...

    def actions_of(self, ids: Collection[str], limit: int) -> list[Action]:
        """Notable actions of all of these, newest (at, event_id) first."""
        ...

    def actions_on(self, targets: Collection[str]) -> list[Action]:
        """Successful calls that took access away or put logging right (`touch.CONTAINING`), by whomever, on any of these
        targets by their last part (`touch.last_part`); oldest (at, event_id) first."""
        ...

    def attempts_of(self, ids: Collection[str], limit: int) -> list[Attempt]:
        """Refused issuances of all of these, newest (at, event_id) first."""
        ...

    def activities_of(self, ids: Collection[str], from_: int, to: int) -> list[Activity]:
        """Activities of all of these in cells that begin in the window, by (identity, cell, key) ascending."""
        ...

    def role_pairs(self, limit: int) -> tuple[list[RolePair], bool]:
        """Most sessions first, then by parent role, parent account, role, account; at most `limit`; True when there are more."""
        ...

    def resources_of(self, ids: Collection[str], limit: int) -> list[ResourceUse]:
        """Resources that data events of all of these touched, merged, by key ascending; at most `limit`."""
        ...

    def workload_nodes(self) -> list[Node]:
        """Workloads, sessions delivered to one, and sessions whose name begins with `i-` as only an instance's should, by id."""
        ...

    def workload_ids(self) -> list[str]:
        """Of those alone: of a large store nobody holds all the nodes."""
        ...

    def actions_named(self, event_names: Collection[str]) -> list[Action]:
        """Notable actions with these event names, of everybody, by (at, event_id)."""
        ...

    def sign_ins_named(self, event_names: Collection[str]) -> list[SignIn]:
        """Sign-in events with these names, of everybody, by (at, event_id)."""
        ...

    def event_hours(self, event_id: str) -> list[int]:
        """Starts of the hours whose dedupe cells hold this event's hash, ascending; normally one or none."""
        ...

    def close(self) -> None: ...


def fold(text: str) -> str:
    """The one folding of searchable text: NFKC, case-folded, on one line. Written to the store and applied to `q` alike."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split()) if " " in text else text.lower()
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("\0", " ").split())


def search_texts(node: Node) -> tuple[str, ...]:
    """Folded texts of a node. `q` matches a node when it lies within one of them."""
    unique_id = split_principal(node.principal_id)[0] if node.role_arn else node.principal_id
    shared = (node.label, node.role_arn, node.role_name, node.account, unique_id, node.source_identity)
    folded = [_fold_shared(text) for text in shared if text]
    if node.name:
        folded.insert(bool(node.label) + bool(node.role_arn) + bool(node.role_name), fold(node.name))
    return tuple(dict.fromkeys(folded))


_fold_shared = lru_cache(1 << 12)(fold)
"""For texts that many nodes share."""
