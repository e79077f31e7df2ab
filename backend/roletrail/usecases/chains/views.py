"""Frozen view objects: what API, pages and CLI all render. Field names are the JSON names.

Times are ISO 8601 UTC text with a Z ("" when unknown); ids are opaque; nothing here is escaped (that is the skin's work).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Listed(Page[T]):
    """`own_hidden` counts what was left out because Roletrail itself read from AWS there; `own=1` lists it too."""

    own_hidden: int = 0


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another possible parent, with its own proof."""

    parent_id: str
    parent: str
    kind: str
    rule: str
    confidence: float
    evidence: list[str]


@dataclass(frozen=True, slots=True)
class EdgeView:
    kind: str
    rule: str
    confidence: float
    grade: str  # proved | strong | probable | weak
    evidence: list[str]  # CloudTrail event ids, issuance first
    evidence_refs: list[str]  # the same as yyyymmdd.eventID
    alternatives: list[Alternative]
    why: str  # one sentence for the rule
    at: str
    parent_key: str
    child_key: str
    pivot: str
    conflict: str
    note: str
    issued_by: Alternative | None = None  # who issued the credential, where the path follows a pivot


@dataclass(frozen=True, slots=True)
class PathNode:
    """A node of a path, root to leaf. A folded stretch has kind "folded", `count` and `summary`, and nothing else."""

    kind: str
    id: str = ""
    type: str = ""
    label: str = ""
    principal: str = ""  # ARN or unique id: what the field calls the principal
    role: str = ""
    role_session_name: str = ""
    account: str = ""
    access_key_ids: list[str] = field(default_factory=list)
    key_count: int = 0
    issued_at: str = ""
    expires_at: str = ""
    segment: int = 1
    ordinal: int = 0
    tone: str = "context"
    workload: str = ""
    reason: str = ""  # of an unknown origin, one sentence
    reason_code: str = ""  # BEFORE_LOGS, LOGGING_OFF, ...
    reason_event: str = ""  # yyyymmdd.eventID of the event that explains it
    edge: EdgeView | None = None
    count: int = 0
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ChainView:
    session_id: str
    sessions: int
    hops: int
    depth: int
    pivots: int
    reach: int
    tone: str
    confidence: float
    first_seen: str
    last_seen: str
    accounts: list[str]
    uses: int
    errors: int
    sentence: str
    path: list[PathNode]


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row of the chain page's tree table, in tree order. `x`, `y` are the server's positions for the canvas."""

    node: PathNode
    parent_id: str
    level: int  # 1-based, as aria-level
    position: int  # aria-posinset
    siblings: int  # aria-setsize
    uses: int
    errors: int
    first_seen: str
    last_seen: str
    sources: list[str]  # source addresses: where this path's next step was asked for, then most used first; at most 3
    more_sources: int
    on_path: bool  # on the path root .. selected session
    children: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class ActionView:
    event_id: str
    event_ref: str
    at: str
    event_name: str
    event_source: str
    category: str
    target_kind: str
    target: str
    account: str
    region: str
    error_code: str
    address: str


@dataclass(frozen=True, slots=True)
class AliasView:
    """Another id of one credential: a forward access session of a long-term key. The edges that rest on it are no surer than it."""

    id: str
    access_key_id: str
    rule: str
    confidence: float
    grade: str  # proved | strong | probable | weak
    why: str  # one sentence for the rule
    evidence: list[str]  # CloudTrail event ids: this credential's own call where it is known, then the service's
    evidence_refs: list[str]  # the same as yyyymmdd.eventID


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session's page: its chain, its tree (up and down), what it did, what the logs cannot show."""

    id: str
    chain: ChainView  # full path, never folded
    node: PathNode
    tree: list[TreeRow]
    truncated: int  # nodes not in `tree`; 0 means all
    actions: list[ActionView]  # notable actions along the path and below its end, newest 200
    attempts: list[ActionView]
    coverage: list[str]  # sentences: what these logs cannot show
    shape: list[str]  # stages in order for the shape strip
    aliases: list[AliasView] = field(default_factory=list)  # the same credential under other ids, least sure first, at most 50
    more_aliases: bool = False


@dataclass(frozen=True, slots=True)
class EventRow:
    """One slim row of the archive."""

    event_id: str
    event_ref: str
    at: str
    event_source: str
    event_name: str
    region: str
    account: str
    access_key_id: str
    address: str
    user_agent: str
    error_code: str
    read_only: bool | None


@dataclass(frozen=True, slots=True)
class EventView:
    """The raw record beside what we read from it."""

    event_id: str
    event_ref: str
    record: dict | None  # scrubbed record, None when its source is gone
    row: EventRow | None
    locator: str
    missing: str  # why there is no record, "" when there is one
    identity_id: str
    proves: list[EdgeProved]


@dataclass(frozen=True, slots=True)
class EdgeProved:
    child_id: str
    child: str
    parent_id: str
    parent: str
    kind: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer of the trace box."""

    id: str
    entity_kind: str  # session | key | origin | unknown | role | address | account | event
    label: str
    reason: str
    sessions: int
    tone: str
    first_seen: str
    last_seen: str
    url: str


@dataclass(frozen=True, slots=True)
class TraceView:
    recognised_as: str  # access key id | ARN | ... | "" nothing
    text: str
    candidates: list[Candidate]
    hint: str  # what we know even without a hit ("the key belongs to account N (decoded, a hint only)")


@dataclass(frozen=True, slots=True)
class EntityView:
    """A principal, role, instance, address or account: its sessions and the chains through it."""

    id: str
    kind: str
    label: str
    facts: list[tuple[str, str]]
    first_seen: str
    last_seen: str
    sessions: list[PathNode]
    chains: list[ChainView]
    more: bool
    own_hidden: int = 0  # our own sessions that were left out


@dataclass(frozen=True, slots=True)
class HealthView:
    status: str
    version: str
    store: str
    events: int
    objects: int
    identities: int
    sessions: int
    chains_2: int
    chains_3: int
    quarantined: int
    doubles: int
    pending: int
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True)
class ObjectView:
    """One ingested file or object, as the ledger accounts for it."""

    locator: str
    kind: str  # cloudtrail | digest | insight | unknown | unreadable
    size: int
    taken: int
    doubles: int
    ignored: int
    quarantined: int
    parts_done: int
    parts: int
    ingested_at: str


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """A record or file that was not taken, and why. `record` is -1 for a whole file."""

    locator: str
    record: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class CoverageHour:
    """An hour of one account and region: events by category, and what digests prove of it."""

    account: str
    region: str
    hour: str
    management_read: int
    management_write: int
    data: int
    network: int
    digest: str  # proved complete | file missing | altered | quiet | no digest
    files_missing: list[str]
    files_altered: list[str]


@dataclass(frozen=True, slots=True)
class CoverageDay:
    """A day of one account, its regions together. `digests` are the states that its hours have."""

    account: str
    day: str
    management_read: int
    management_write: int
    data: int
    network: int
    digests: list[str]


@dataclass(frozen=True, slots=True)
class RegionCoverageView:
    """One account and region over the window. `digests` counts hours by what digests prove of them."""

    account: str
    region: str
    first_hour: str
    last_hour: str
    hours_with_events: int
    management_read: int
    management_write: int
    data: int
    network: int
    digests: dict[str, int]


@dataclass(frozen=True, slots=True)
class GapView:
    """A time in which something was not logged. `events` came all the same: of another trail, or of another category."""

    reason: str  # LOGGING_OFF | READS_NOT_LOGGED | SOURCE_EXCLUDED | SERVICE_OUTAGE
    account: str
    region: str  # "" every region
    since: str
    until: str  # "" not ended in these logs
    what: str
    event_refs: list[str]
    events: int


@dataclass(frozen=True, slots=True)
class UnknownReason:
    code: str
    count: int
    sentence: str  # of one of them
    examples: list[str]  # session ids


@dataclass(frozen=True, slots=True)
class UnknownParents:
    """Sessions whose parent is not in these logs. With `sample`, the reasons are those of the newest `looked_at` of them."""

    total: int
    looked_at: int
    sample: bool
    reasons: list[UnknownReason]


@dataclass(frozen=True, slots=True)
class UnloadedAccount:
    """An account that others' logs speak of and none of its own are loaded: what was done there is not known."""

    account: str
    identities: int  # sessions, keys and callers of it that are known all the same
    reason: str  # ACCOUNT_NOT_LOADED


@dataclass(frozen=True, slots=True)
class QuarantineCount:
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What is loaded of a window of hours, and what these logs cannot show."""

    since: str
    until: str
    banners: list[str]
    regions: list[RegionCoverageView]
    days: list[CoverageDay]
    hours: list[CoverageHour]
    hours_left_out: int  # older ones of the window
    digests_missing: list[str]  # digest files that the next one names and that are not loaded, at most 100
    gaps: list[GapView]
    accounts_not_loaded: list[UnloadedAccount]
    unknown_parents: UnknownParents
    quarantine: list[QuarantineCount]


@dataclass(frozen=True, slots=True)
class ImpactItem:
    """Calls of one name on one resource that succeeded. `own` of `count` were made by the session asked for itself."""

    kind: str  # bucket | secret | key | table | ...
    resource: str  # "" when the record does not name it
    event_name: str
    account: str
    count: int
    own: int
    refused: int
    identities: list[str]
    first_seen: str
    last_seen: str
    event_refs: list[str]  # the first and the last event
    receivers: list[str]  # accounts, services, or "everybody", when something was shared out
    attacker: int  # of `count`, by credentials on the attacker's side: the lower bound when there are marks


@dataclass(frozen=True, slots=True)
class ImpactView:
    """What a session and those below it did to data, and what the logs cannot exclude."""

    id: str
    identities: int  # looked at, the session included
    more_identities: bool  # there are more below than were looked at
    left_out: int  # rows beyond the most that a section holds
    refused: int
    read: list[ImpactItem]
    shared: list[ImpactItem]
    destroyed: list[ImpactItem]
    spent: list[ImpactItem]
    cannot_exclude: list[str]
    marked: str  # which of these credentials are counted; "" when people marked none


@dataclass(frozen=True, slots=True)
class OffInstanceView:
    """A workload's credential used from one address, judged. `instance_id` is "" for other workloads than instances."""

    session_id: str
    instance_id: str
    account: str
    role: str
    access_key_id: str
    source_ip_address: str
    address_class: str
    first_seen: str
    last_seen: str
    count: int
    verdict: str
    confidence: float
    hands: str  # familiar | unfamiliar | unknown
    reasons: list[str]  # the row of the table first; event references in brackets
    missing: list[str]  # what would have to be loaded to say more
