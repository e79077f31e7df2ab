"""Small estates from a seed: identities in a forest, events they made, and parts cut from any of those events.

What a store must answer follows from a world by plain Python (`support.reference`). Times stay within a few days and
values come from small pools, so that filters, ties and merges meet one another.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from roletrail.lineage import ids
from roletrail.lineage.model import (
    ACTIVITY_CELL_SECONDS,
    Action,
    Activity,
    Attempt,
    Caller,
    CellEvents,
    CredentialUse,
    Edge,
    Issuance,
    Linked,
    Node,
    ObjectInfo,
    Part,
    Quarantined,
    SignIn,
    Standing,
    event_ref,
)
from roletrail.stores.merge import fold_activities, fold_callers, fold_uses

START = 1_780_272_000  # 2026-06-01T00:00:00Z
ACCOUNTS = ("111111111111", "222222222222", "333333333333")
REGIONS = ("eu-west-1", "us-east-1")
ROLES = ("Deploy", "ProdAdmin", "Reader", "Straße", "çİ_Ops")
NAMES = ("alice", "Bob@example.com", "i-0123456789abcdef0", "build-7", 'q"uote', "ﬁle*")
ADDRESSES = ("192.0.2.10", "198.51.100.7", "203.0.113.9", "2001:db8::1")
AGENTS = ("aws-cli", "boto3", "console")
SOURCES = ("s3.amazonaws.com", "iam.amazonaws.com", "ec2.amazonaws.com")


class Identity(NamedTuple):
    id: str
    kind: str  # session | key | origin
    account: str
    role: str
    name: str
    created: int
    keys: tuple[str, ...]
    parent: str
    counts: bool
    pivot: str  # of the edge from the parent
    confidence: float
    used: bool
    aliases: tuple[str, ...]
    workload_id: str


class Event(NamedTuple):
    """One record as reduce would have read it: it is of exactly one sort."""

    event_id: str
    at: int
    identity: str
    key: str
    address: str
    agent: str
    source: str
    name: str
    error: str
    region: str
    account: str
    sort: str  # activity | issuance | attempt | action | sign_in
    child: str = ""


def role_arn(identity: Identity) -> str:
    return f"arn:aws:iam::{identity.account}:role/team/{identity.role}" if identity.role else ""


def principal(identity: Identity) -> str:
    if identity.kind == "session":
        return f"AROA{hashlib.md5(role_arn(identity).encode()).hexdigest()[:16].upper()}:{identity.name}"
    return f"AIDA{identity.keys[0][4:]}" if identity.kind == "key" else ""


def arn_of(identity: Identity) -> str:
    if identity.kind == "session":
        return f"arn:aws:sts::{identity.account}:assumed-role/{identity.role}/{identity.name}"
    return f"arn:aws:iam::{identity.account}:user/{identity.name}" if identity.kind == "key" else ""


class World:
    """`size` identities besides the origins; `events` of them in time order."""

    def __init__(self, seed: int, size: int = 12) -> None:
        self._random = Random(seed)
        self.identities: dict[str, Identity] = {}
        self._number = 0
        for _ in range(size):
            self._add_identity()
        self.events = sorted(
            (event for one in list(self.identities.values()) for event in self._events(one)), key=lambda e: (e.at, e.event_id)
        )

    # --- identities ---

    def _unique(self) -> str:
        self._number += 1
        return hashlib.md5(f"{self._random.random()}{self._number}".encode()).hexdigest()

    def _key(self, prefix: str) -> str:
        return f"{prefix}EXAMPLE{self._unique()[:9].upper()}"

    def _add_identity(self) -> None:
        pick = self._random.random
        parents = [one for one in self.identities.values() if one.kind != "origin" or pick() < 0.5]
        parent = self._random.choice(parents) if parents and pick() < 0.75 else None
        if parent is None and pick() < 0.4:
            parent = self._origin()
        one = self._key_identity(parent) if pick() < 0.2 else self._session(parent)
        self.identities[one.id] = one

    def _origin(self) -> Identity:
        workload = self._random.choice(("i-0aaaabbbbccccdddd", "i-0000111122223333f", ""))
        account = self._random.choice(ACCOUNTS)
        id_ = ids.origin_id("test", account, workload)
        origin = Identity(
            id_, "origin", account, "", workload or "ec2.amazonaws.com", 0, (), "", False, "", 1.0, False, (), workload
        )
        return self.identities.setdefault(id_, origin)

    def _key_identity(self, parent: Identity | None) -> Identity:
        key = self._key("AKIA")
        account = self._random.choice(ACCOUNTS)
        name = self._random.choice(NAMES)
        above = parent if parent is not None and parent.kind == "session" else None
        return Identity(
            ids.key_id("aws", key), "key", account, "", name, 0, (key,), above.id if above else "", False,
            "access_key" if above else "", 0.9, True, (), "",
        )  # fmt: skip

    def _session(self, parent: Identity | None) -> Identity:
        random = self._random
        created = (
            START + random.randrange(3 * 86400)
            if parent is None or not parent.created
            else parent.created + random.randrange(4000)
        )
        account, role, name = random.choice(ACCOUNTS), random.choice(ROLES), random.choice(NAMES)
        keys = tuple(self._key("ASIA") for _ in range(random.choice((1, 1, 1, 2, 3))))
        aliases = (ids.alias_id("aws", role, self._unique(), created),) if random.random() < 0.2 else ()
        one = Identity(
            "", "session", account, role, name, created, keys, parent.id if parent else "", random.random() < 0.85,
            random.choice(("", "", "", "instance")) if parent else "", random.choice((1.0, 1.0, 0.95, 0.6)),
            random.random() < 0.9, aliases, random.choice(("", "", "i-0123456789abcdef0")),
        )  # fmt: skip
        return one._replace(id=ids.session_id("aws", principal(one), created))

    # --- events ---

    def _events(self, one: Identity) -> list[Event]:
        if one.kind == "origin" or not one.used:
            return []
        children = [child for child in self.identities.values() if child.parent == one.id and child.kind == "session"]
        found = [self._event(one, "issuance", child.created, child.id) for child in children]
        start = one.created or START
        for _ in range(self._random.choice((1, 2, 5, 9))):
            sort = self._random.choices(("activity", "attempt", "action", "sign_in"), (10, 1, 2, 1))[0]
            found.append(self._event(one, sort, start + self._random.randrange(9000)))
        return found

    def _event(self, one: Identity, sort: str, at: int, child: str = "") -> Event:
        random = self._random
        unique = self._unique()
        event_id = "-".join((unique[:8], unique[8:12], unique[12:16], unique[16:20], unique[20:]))
        error = "AccessDenied" if sort == "attempt" or random.random() < 0.1 else ""
        name = {"issuance": "AssumeRole", "attempt": "AssumeRole", "action": "CreateUser", "sign_in": "ConsoleLogin"}.get(
            sort, "GetObject"
        )
        return Event(
            event_id, at, one.id, random.choice(one.keys), random.choice(ADDRESSES), random.choice(AGENTS), random.choice(SOURCES),
            name, error, random.choice(REGIONS), one.account, sort, child,
        )  # fmt: skip

    # --- parts ---

    def part(
        self, events: Iterable[Event], locator: str = "a", *, k: int = 0, n: int = 1, attempt: int = 1, version: str = "1"
    ) -> Part:
        """What reduce would make of exactly these records of one object."""
        records = list(events)
        digest = hashlib.sha256(repr((locator, version, [event.event_id for event in records])).encode()).hexdigest()
        info = ObjectInfo(f"/logs/{locator}.json.gz", 1000 + len(locator), version, digest if n == 1 else locator, "cloudtrail")
        of_sort: defaultdict[str, list[Event]] = defaultdict(list)
        for event in records:
            of_sort[event.sort].append(event)
        return Part(
            info, attempt, k, n, len(records), 0, 0,
            list(fold_callers(map(self._caller, records)).values()),
            list(fold_uses(map(_use, records)).values()),
            list(fold_activities(map(_activity, of_sort["activity"])).values()),
            [self._issuance(event) for event in of_sort["issuance"]],
            [_attempt(event) for event in of_sort["attempt"]],
            [self._sign_in(event) for event in of_sort["sign_in"]],
            [_action(event) for event in of_sort["action"]],
            cells_of(records),
            [Quarantined(k, "not_an_object", f"Record {k} of {locator} is no object.")],
        )  # fmt: skip

    def parts(self, events: Sequence[Event], count: int, seed: int = 0) -> list[Part]:
        """The events dealt to `count` objects at random, in random order."""
        random = Random(seed)
        dealt: list[list[Event]] = [[] for _ in range(count)]
        for event in events:
            random.choice(dealt).append(event)
        made = [self.part(some, f"object-{seed}-{i}", attempt=(seed + 1) * 1000 + i) for i, some in enumerate(dealt)]
        random.shuffle(made)
        return made

    def _caller(self, event: Event) -> Caller:
        one = self.identities[event.identity]
        type_ = "AssumedRole" if one.kind == "session" else "IAMUser"
        behind = "user-1" if event.source == SOURCES[0] else ""  # said by some events only
        role_id = principal(one).split(":")[0] if one.kind == "session" else ""
        return Caller(
            one.id, one.kind, "aws", principal(one), one.created, type_, one.account, arn_of(one), role_id, role_arn(one), one.name,
            "", "", behind, "", "", "", "", int(event.agent == "console"), 1, int(bool(event.error)), event.at, event.event_id, event.at, event.event_id,
        )  # fmt: skip

    def _issuance(self, event: Event) -> Issuance:
        parent, child = self.identities[event.identity], self.identities[event.child]
        return Issuance(
            event.event_id, event.at, "assume", "AssumeRole", "aws", event.account, event.region, "", "", "", parent.id, parent.kind, event.key,
            principal(parent), parent.created, parent.account, "", "", child.id, child.keys[0], principal(child), "AssumedRole", role_arn(child),
            child.account, child.role, child.name, child.created + 3600, "", "", "", event.address, event.agent, "", "",
        )  # fmt: skip

    def _sign_in(self, event: Event) -> SignIn:
        one = self.identities[event.identity]
        type_ = "AssumedRole" if one.kind == "session" else "IAMUser"
        return SignIn(
            event.event_id, event.at, event.name, "aws", one.id, principal(one), type_, one.account, arn_of(one), event.region, event.key,
            "true", "false", event.address, event.agent, "",
        )  # fmt: skip

    # --- what linking would say ---

    def linked(self, wanted: Iterable[str]) -> list[Linked]:
        return [self._linked(self.identities[id_]) for id_ in wanted if self.identities[id_].kind != "origin"]

    def _linked(self, one: Identity) -> Linked:
        if not one.parent:
            return Linked(node_of(one), (), one.aliases, ())
        parent = self.identities[one.parent]
        kind = "CREATED" if one.pivot else "DELIVERED" if parent.kind == "origin" else "ASSUMED"
        proof = (event_ref(one.created, f"proof-{one.id}"),)
        best = Edge(
            kind,
            parent.id,
            one.id,
            parent.keys[0] if parent.keys else "",
            one.keys[0],
            one.created,
            "J1",
            one.confidence,
            proof,
            one.pivot,
            "",
            "",
        )
        return Linked(node_of(one), (best,), one.aliases, (node_of(parent),) if parent.kind == "origin" else ())

    def standings(self) -> dict[str, Standing]:
        """Of every identity: the chain rules, one node at a time."""
        placed: dict[str, Standing] = {}
        for one in self.identities.values():  # parents come first
            above = placed.get(one.parent)
            placed[one.id] = _root(one) if above is None else _below(one, above, self.identities[one.parent])
        return placed


def _root(one: Identity) -> Standing:
    return Standing(one.id, "", int(one.counts), 0, 0, 0, 1, int(one.counts), 1.0, one.created, "")


def _below(one: Identity, above: Standing, parent: Identity) -> Standing:
    new_segment = one.pivot == "instance"
    sessions = int(one.counts) + (0 if new_segment else above.sessions)
    hops = above.hops + int(one.counts and parent.counts and not one.pivot)
    pivots = above.pivots + bool(one.pivot)
    confidence = min(above.confidence, one.confidence)
    return Standing(
        above.root, one.parent, sessions, hops, above.depth + (not one.pivot), pivots, above.segment + new_segment,
        above.reach + int(one.counts), confidence, above.started or one.created, one.id if one.pivot else above.last_pivot,
    )  # fmt: skip


def node_of(one: Identity) -> Node:
    type_ = {"session": "AssumedRole", "key": "AccessKey", "origin": "instance"}[one.kind]
    label = f"{one.role}/{one.name}" if one.role else one.name
    role_id = principal(one).split(":")[0] if one.kind == "session" else ""
    return Node(
        one.id, one.kind, type_, "aws", principal(one), one.account, role_id, role_arn(one), one.role, one.name, label, one.created, 0, one.keys,
        len(one.keys), "", "", "", one.counts, False, "instance" if one.workload_id else "", one.workload_id, "",
    )  # fmt: skip


def cells_of(events: Iterable[Event]) -> list[CellEvents]:
    by_place: defaultdict[tuple[str, str, int], list[Event]] = defaultdict(list)
    for event in events:
        by_place[event.account, event.region, event.at // 3600 * 3600].append(event)
    return [
        CellEvents(
            *place,
            b"".join(hash_.to_bytes(8, "little") for hash_ in sorted(ids.event_hash(event.event_id) for event in some)),
            {"management_read": len(some)},
            min(event.at for event in some),
            max(event.at for event in some),
        )
        for place, some in sorted(by_place.items())
    ]


def _use(event: Event) -> CredentialUse:
    kind = "long_term" if event.key.startswith("AKIA") else "forward" if event.agent == "console" else "issued"
    return CredentialUse(event.identity, event.key, kind, "", "", event.at, event.event_id, event.at, event.event_id)


def _activity(event: Event) -> Activity:
    return Activity(
        event.identity, event.at // ACTIVITY_CELL_SECONDS * ACTIVITY_CELL_SECONDS, event.key, event.address, "", "", "", "", event.agent, "", "",
        1, int(bool(event.error)), f"{event.source}=1", event.at, event.event_id, event.name, event.at, event.event_id, event.name,
    )  # fmt: skip


def _attempt(event: Event) -> Attempt:
    target = f"arn:aws:iam::{event.account}:role/Denied"
    return Attempt(
        event.event_id,
        event.at,
        event.identity,
        event.key,
        event.name,
        target,
        event.error,
        event.account,
        event.region,
        event.address,
        event.agent,
    )


def _action(event: Event) -> Action:
    return Action(
        event.event_id, event.at, event.identity, event.key, "iam.amazonaws.com", event.name, event.account, event.region, "persistence", "user",
        "backdoor", event.error, event.address, event.agent, "",
    )  # fmt: skip
