"""The nouns: what records say (observations), what linking makes of them (edges, standings, chains).

Everything is a NamedTuple of plain values, because millions of them cross process and store borders: a row is
its tuple. Times are epoch seconds in UTC (CloudTrail's resolution is one second). A missing text is "", never None.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

# --- identities -------------------------------------------------------------------------------------------------

IdentityKind = Literal["session", "key", "origin", "unknown"]
"""session: temporary credentials. key: a long-term access key. origin: a root outside our credentials
(service workload, SAML/OIDC/Identity Center subject, console password, foreign caller). unknown: parent not in the logs."""

EdgeKind = Literal[
    "ASSUMED",
    "FEDERATED",
    "GOT_SESSION_TOKEN",
    "GOT_FEDERATION_TOKEN",
    "RAN_ROOT_TASK",
    "SWITCHED",
    "DELIVERED",
    "SIGNED_IN",
    "CREATED",
    "ATTEMPTED",
]

ACTIVITY_CELL_SECONDS = 900
"""Width of an activity's cell: aligned 15 minutes UTC (ADR 0003)."""


# --- observations: one part of one object, exactly as reduce emits them -------------------------------------------


class Caller(NamedTuple):
    """A session or long-term key seen making calls: facts of userIdentity that hold for all its events.

    Merging two of one id: counts add, first/last are the least/greatest (time, event id), any other text is the
    greater of the two. So the result does not depend on order.
    """

    id: str
    kind: str  # "session" | "key"
    partition: str
    principal_id: str  # as recorded: AROA..:name, AIDA.., account id, A:name
    created: int  # sessionContext.attributes.creationDate; 0 for keys and undated sessions
    type: str  # userIdentity.type: AssumedRole, IAMUser, Root, FederatedUser, ...
    account: str
    arn: str  # userIdentity.arn
    role_id: str  # sessionIssuer.principalId for AssumedRole
    role_arn: str  # sessionIssuer.arn with path for AssumedRole
    name: str  # role session name, user name or federated name
    source_identity: str
    mfa: str  # "true", "false" or ""
    on_behalf_of: str  # Identity Center user id, when any event of the session says it
    provider: str  # webIdFederationData.federatedProvider
    in_scope_of: str  # inScopeOf as "issuerType credentialsIssuedTo" or ""
    assumed_root: str  # "true" or ""
    sign_in_session: str  # signInSessionArn
    internal: int  # events made by a service for it (invokedBy set)
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    errors: int
    first_at: int
    first_event: str
    last_at: int
    last_event: str


class CredentialUse(NamedTuple):
    """An access key id seen in use by one identity. Forward-access keys appear here once, so that they are findable."""

    identity: str
    access_key_id: str
    kind: str  # "issued" | "forward" (only seen with invokedBy) | "long_term"
    delivery: str  # ec2RoleDelivery, the greatest seen
    from_console: str  # sessionCredentialFromConsole "true" on any event
    first_at: int
    first_event: str
    last_at: int
    last_event: str


class Activity(NamedTuple):
    """Calls of one credential from one place in one 15-minute cell: the fold of all ordinary events (ADR 0003).

    The first eleven fields are the key. `access_key_id` is "" where the record has no key or invokedBy is set.
    `sources` counts events per event source as `source=count` pairs joined by spaces, sorted by source.
    """

    identity: str
    cell: int
    access_key_id: str
    address: str  # sourceIPAddress, IPv6 compressed
    vpce_id: str
    vpce_account: str
    delivery: str
    invoked_by: str
    agent: str  # user-agent family, see ingest.agents
    source_identity: str
    mfa: str
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    errors: int
    sources: str
    first_at: int
    first_event: str
    first_name: str
    last_at: int
    last_event: str
    last_name: str


class Issuance(NamedTuple):
    """One record that issued (or, as a copy, tells of issuing) a temporary credential.

    `parent` is the id of the asking identity as the record names it: a caller's id, or an origin's; "" when this copy
    does not say (role-account copy of a cross-account call: then `parent_principal` has the foreign unique id).
    `child` is the id the record alone gives the new session (ids.session_id when the principal id is known, else
    ids.alias_id).
    """

    event_id: str
    at: int
    family: str  # assume | service | saml | web | session_token | federation | root_task
    event_name: str
    partition: str
    account: str  # recipientAccountId
    region: str
    copy: str  # "" ordinary | "foreign" userIdentity.type AWSAccount
    shared_event_id: str
    request_id: str
    parent: str
    parent_kind: str  # session | key | origin | foreign | none
    parent_key: str
    parent_principal: str
    parent_created: int
    parent_account: str
    parent_label: str  # what to print for an origin: service principal, SAML subject, oidc sub
    invoked_by: str
    child: str
    child_key: str
    child_principal: str  # assumedRoleUser.assumedRoleId, federatedUserId, ... or ""
    child_type: str  # AssumedRole | IAMUser | Root | FederatedUser
    role_arn: str  # canonical, with path, as asked for
    role_account: str
    role_name: str
    session_name: str
    expires: int  # 0 when unknown
    source_identity: str
    external_id: str
    mfa_serial: str
    address: str
    agent: str
    provider: str  # SAML or OIDC provider ARN / issuer
    detail: str  # JSON object with what else a rule or a page needs (tags, audience, policy arn, crossPartitionData...)


class Attempt(NamedTuple):
    """A refused issuance. `target` is the role ARN, from the request or parsed from errorMessage."""

    event_id: str
    at: int
    identity: str
    access_key_id: str
    event_name: str
    target: str
    error_code: str
    account: str
    region: str
    address: str
    agent: str


class SignIn(NamedTuple):
    """A sign-in family event that issues no key: ConsoleLogin, SwitchRole, GetSigninToken, CreateOAuth2Token,
    GetRoleCredentials, CreateToken and the like."""

    event_id: str
    at: int
    event_name: str
    partition: str
    identity: str  # id of the caller when the record names a session or key, else ""
    principal_id: str
    type: str
    account: str
    arn: str
    region: str
    access_key_id: str
    success: str  # "true" | "false" | ""
    mfa: str
    address: str
    agent: str
    detail: str  # JSON: switch_from, role_name, account_id, user_id, client_id, saml provider ...


class Action(NamedTuple):
    """A notable call kept one by one: it creates, changes or destroys something an investigation must name."""

    event_id: str
    at: int
    identity: str
    access_key_id: str
    event_source: str
    event_name: str
    account: str
    region: str
    category: str  # persistence | privilege | trust | workload | lateral | evasion | impact | network | containment
    target_kind: str  # access_key | user | role | instance | function | policy | trail | ...
    target: str
    error_code: str
    address: str
    agent: str
    detail: str  # JSON object


class CellEvents(NamedTuple):
    """Where an event's double could sit: recipient account x region x hour, with the 64-bit hashes seen there.

    `hashes` is the concatenation of sorted little-endian unsigned 64-bit numbers. `counts` maps category
    (management_read, management_write, data, network, insight) to events, for coverage.
    """

    account: str
    region: str
    hour: int  # epoch seconds of the hour's start
    hashes: bytes
    counts: dict[str, int]
    first_at: int
    last_at: int


class Quarantined(NamedTuple):
    """A record or file that was not taken, and why. `record` is -1 for a whole file."""

    record: int
    reason: str  # stable code: truncated_gzip, not_json, too_deep, not_an_object, no_event_time, ...
    detail: str  # one sentence; scrubbed, at most 300 characters


class ObjectInfo(NamedTuple):
    """One unit of ingest: a file, an S3 object, standard input."""

    locator: str  # absolute path, s3://bucket/key, or stdin:<sha256>; provenance only
    size: int  # bytes as stored
    version: str  # mtime_ns of a file, ETag of an S3 object
    sha256: str  # of the UNCOMPRESSED bytes, as digest files list it (F19)
    kind: str  # cloudtrail | digest | insight | unknown | unreadable


class ResourceUse(NamedTuple):
    """Calls of one identity that read, destroyed or spent one named resource: the fold of data events, which are too many to
    keep one by one. The first five fields are the key; merging adds counts and takes the least and greatest ends."""

    identity: str
    event_source: str
    event_name: str
    resource: str  # bucket, table, key ARN, repository, model
    account: str  # recipientAccountId
    count: int  # pyright: ignore[reportIncompatibleMethodOverride]
    errors: int
    first_at: int
    first_event: str
    last_at: int
    last_event: str


class ListedFile(NamedTuple):
    """A log file as a digest lists it."""

    name: str  # S3 key
    sha256: str  # of the uncompressed file, hexadecimal


class Digest(NamedTuple):
    """A CloudTrail-Digest file: every log file of one trail delivered for an account and region in one hour (F19)."""

    name: str  # S3 key of the digest itself
    account: str
    region: str
    start: int
    end: int
    previous: str  # S3 key of the digest before it, "" for the first
    files: tuple[ListedFile, ...]


class Addendum(NamedTuple):
    """What a record's `addendum` says: that it patches an earlier record, or that a service could not log."""

    event_id: str
    at: int
    account: str
    region: str
    event_source: str
    reason: str  # UPDATED_DATA | SERVICE_OUTAGE
    original: str  # originalEventID of UPDATED_DATA
    fields: str  # updatedFields, as written


class Part(NamedTuple):
    """One committed piece of an object: everything reduce saw in records k*size .. of it.

    `attempt` is the number the archive rows of this reduction carry. `taken` events went in, `doubles` were skipped
    because the ledger's cells already had them, `ignored` are recognised and not ours (Insight records, digests).
    """

    object: ObjectInfo
    attempt: int
    k: int  # 0-based
    n: int
    taken: int
    doubles: int
    ignored: int
    callers: list[Caller]
    credentials: list[CredentialUse]
    activities: Sequence[Activity]
    issuances: list[Issuance]
    attempts: list[Attempt]
    sign_ins: list[SignIn]
    actions: list[Action]
    cells: list[CellEvents]
    quarantined: list[Quarantined]
    resources: tuple[ResourceUse, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    digest: Digest | None = None


# --- what linking makes ------------------------------------------------------------------------------------------


class Edge(NamedTuple):
    """One join with its proof. Unique by (kind, parent, child, parent_key, child_key)."""

    kind: str
    parent: str
    child: str
    parent_key: str
    child_key: str
    at: int
    rule: str  # J1, J2m, ...
    confidence: float  # of the join, never of a person
    evidence: tuple[str, ...]  # event references `yyyymmdd.eventID`, issuance first
    pivot: str  # "" | credential pivots: access_key, login_profile, ... | workload pivots: instance, function, ...
    conflict: str  # "" or why the two sides disagree
    note: str  # "requested through ...", external id, ...


class Node(NamedTuple):
    """An identity as linking leaves it: what a page prints without asking further."""

    id: str
    kind: str  # IdentityKind
    type: str  # AssumedRole, IAMUser, Root, FederatedUser, AccessKey, service, saml, web, instance, function, foreign, unknown
    partition: str
    principal_id: str
    account: str
    role_id: str
    role_arn: str
    role_name: str
    name: str  # role session name, user name, subject, workload id
    label: str  # short text for pictures
    issued_at: int  # creationDate, else issuance time; 0 for keys and origins
    expires: int  # 0 unknown
    access_key_ids: tuple[str, ...]  # at most 20, issued ones first; `key_count` has the number
    key_count: int
    source_identity: str
    mfa: str
    on_behalf_of: str
    counts: bool  # is a role session that counts (not service-linked, not a user, not a console session)
    service_linked: bool
    workload: str  # kind of workload this origin or session belongs to: instance | function | task | pod | build | ""
    workload_id: str
    detail: str  # JSON


class Alias(NamedTuple):
    """Two ids of one credential, with the join that says so. An id that a record merely gave too early (ADR 0001) says
    nothing of its own: its rule is "", and the edges of what answers for it have the proof."""

    id: str
    target: str
    rule: str = ""
    confidence: float = 1.0
    evidence: tuple[str, ...] = ()  # event references


class Linked(NamedTuple):
    """Everything linking has to say about one identity. `edges` are the incoming ones, best first.

    `aliases` are ids that must answer 308 to this one. `origins` are parent nodes that no record of their own makes
    (service workloads, subjects, foreign callers) and that the edges refer to.
    """

    node: Node
    edges: tuple[Edge, ...]
    aliases: tuple[str, ...]
    origins: tuple[Node, ...]
    same_as: Alias | None = None  # this identity is no node: its id, its uses and its keys are this other one's

    @property
    def alias_of(self) -> str:
        return self.same_as.target if self.same_as else ""


class Standing(NamedTuple):
    """Where an identity stands on the path its best edges make: derived, cached, can always be rebuilt (ADR 0002)."""

    root: str
    parent: str  # primary parent, "" at a root
    sessions: int  # counting role sessions on the segment so far, this one included: colours
    hops: int
    depth: int
    pivots: int
    segment: int  # 1 for the first
    reach: int  # role sessions through all pivots of confidence >= 0.85
    confidence: float  # weakest join on the path; 1.0 for a lone root
    started: int  # issue time of the first session on the path
    last_pivot: str  # nearest identity at or above whose incoming edge is a pivot, "" if none


# --- neighbourhood handed to the linker ---------------------------------------------------------------------------


class Seen(NamedTuple):
    """A caller with its credentials, as merged by a store."""

    caller: Caller
    credentials: tuple[CredentialUse, ...]


class Providers(NamedTuple):
    """Observations that may explain identities, fetched by anchor. Each list is sorted by (at, event_id)."""

    issuances: tuple[Issuance, ...]
    sign_ins: tuple[SignIn, ...]
    actions: tuple[Action, ...]


def event_ref(at: int, event_id: str) -> str:
    """Reference `yyyymmdd.eventID` of an event: what evidence lists hold and permalinks carry."""
    return f"{_day_of(at // 86_400)}.{event_id}"


@lru_cache(1 << 12)  # millions of events, and a few hundred days
def _day_of(day: int) -> str:
    return time.strftime("%Y%m%d", time.gmtime(day * 86_400))


def event_id_of(ref: str) -> str:
    """CloudTrail's eventID of an event reference."""
    return ref.partition(".")[2]
