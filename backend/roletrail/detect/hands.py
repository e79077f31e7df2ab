"""HANDS: whose hands a use looks like, judged for every use, wherever it was made. It never says who typed.

A web shell, a SOCKS proxy through the host, a command sent to it and a neighbour behind the same gateway are all at the
right place; only what was done, and with what, can tell. The weights are hand-set: the bench prints their precision.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import NamedTuple

from roletrail.detect.story import services_in
from roletrail.detect.verdict import Basis, Hands
from roletrail.lineage.model import Action, Activity, event_ref

SYSTEMS = frozenset({"macos", "kali", "windows", "android", "ios", "linux"})
ODD_SYSTEMS = frozenset({"macos", "kali", "android", "ios"})
"""What an instance hardly ever runs; named even when nothing else of it is known."""
TYPED = ("aws-cli", "powershell", "console", "chrome", "firefox", "safari", "edge", "browser", "curl")
ACCOUNT_CALLS = frozenset({"iam.amazonaws.com", "sts.amazonaws.com"})

SYSTEM, CLIENT, TWIN, ACCOUNT_SERVICE, SERVICE, RHYTHM, LATERAL, TWO_CLIENTS = 0.5, 0.3, 0.25, 0.3, 0.15, 0.2, 0.35, 0.3
UNFAMILIAR = 0.5
BEFORE = 900
"""Seconds: how long before a use a command on the host counts."""
TYPING_GAP = 8
"""Seconds between calls of a person at the least; software is faster or keeps a beat."""


class Habits(NamedTuple):
    """What a role's uses looked like before."""

    clients: frozenset[str]
    systems: frozenset[str]
    services: frozenset[str]
    deliveries: frozenset[str]
    known: bool  # anything at all came before


class Judged(NamedTuple):
    hands: Hands
    parts: tuple[Basis, ...]


@lru_cache(1 << 12)
def client_of(agent: str) -> str:
    """The client alone of a user-agent family (`ingest.agents`), without its major version."""
    return agent.partition(" ")[0].partition("/")[0]


@lru_cache(1 << 12)
def system_of(agent: str) -> str:
    return next((word for word in agent.split(" ")[1:] if word in SYSTEMS), "")


@lru_cache(1 << 12)
def kind_of(agent: str) -> str:
    """Client and system: what tells one user of a key from another."""
    return f"{client_of(agent)} {system_of(agent)}"


def signs_in(activity: Activity) -> bool:
    """Calls of the sign-in service alone: whoever made them was there himself, whatever invokedBy says."""
    return services_in(activity.sources) == ("signin.amazonaws.com",)


Place = tuple[str, str, str]  # address, access key id, kind of client
Trait = tuple[str, str]  # client, system, service, delivery, or any use at all; and which


class _Met(NamedTuple):
    """What was met before some time: all of it, and by place what was met nowhere else."""

    habits: Habits
    traits: frozenset[Trait]
    only: Mapping[Place, AbstractSet[Trait]]


class Customs:
    """What one role's credentials were used with, and since when, so that each use is held against what came before it."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self._first: dict[Trait, list[tuple[int, Place]]] = {}
        """Of each trait the first place it was seen at, and the first other one."""
        for a in sorted(activities, key=lambda a: (a.first_at, a.first_event)):
            if not a.invoked_by:
                self._meet(a)
        self._times = sorted({since for first in self._first.values() for since, _ in first})
        self._met: dict[int, _Met] = {}
        """By the number of first times that came before: nothing is learned between two of them."""

    def _meet(self, a: Activity) -> None:
        place = (a.address, a.access_key_id, kind_of(a.agent))
        for trait in _traits(services_in(a.sources), a.agent, a.delivery):
            first = self._first.get(trait)
            if first is None:
                self._first[trait] = [(a.first_at, place)]
            elif len(first) == 1 and first[0][1] != place:
                first.append((a.first_at, place))

    def before(self, use: Activity, *, own: bool = False) -> Habits:
        """Habits from before a use; those of this key from this address with this client only when `own` says so: what is
        judged is no habit."""
        time = bisect_left(self._times, use.first_at)
        if time not in self._met:
            self._met[time] = self._before(use.first_at)
        met = self._met[time]
        mine = None if own else met.only.get((use.address, use.access_key_id, kind_of(use.agent)))
        return met.habits if mine is None else _habits(met.traits - mine)

    def _before(self, at: int) -> _Met:
        places = {trait: [place for since, place in first if since < at] for trait, first in self._first.items()}
        only: defaultdict[Place, set[Trait]] = defaultdict(set)
        for trait, where in places.items():
            if len(where) == 1:
                only[where[0]].add(trait)
        traits = frozenset([trait for trait, where in places.items() if where])
        return _Met(_habits(traits), traits, only)


def _habits(traits: Iterable[Trait]) -> Habits:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind, value in traits:
        found[kind].add(value)
    sets = (frozenset(found[kind]) for kind in ("client", "system", "service", "delivery"))
    return Habits(*sets, known="use" in found)


@lru_cache(1 << 12)
def _traits(services: tuple[str, ...], agent: str, delivery: str) -> tuple[Trait, ...]:
    found = [("use", ""), *[("service", service) for service in services]]
    if agent:
        found.append(("client", client_of(agent)))
    if system_of(agent):
        found.append(("system", system_of(agent)))
    if delivery:
        found.append(("delivery", delivery))
    return tuple(found)


def judge(uses: Sequence[Activity], habits: Habits, touched: Sequence[Action], beside: Sequence[Activity] = ()) -> Judged:
    """Hands of one use: `habits` of the role without it, `touched` the ways onto the host before it,
    `beside` every use of the same key from the same address."""
    parts = [*_strange(uses, habits), *_rhythm(uses), *_clients_at_once(uses, beside), *_lateral(uses, touched)]
    weight = sum(part.weight for part in parts)
    if weight >= UNFAMILIAR:
        return Judged("unfamiliar", tuple(parts))
    return Judged("familiar" if habits.known else "unknown", tuple(parts))


def _strange(uses: Sequence[Activity], habits: Habits) -> list[Basis]:
    found: list[Basis] = []
    first = uses[0]
    systems = {system_of(a.agent) for a in uses} - {""}
    strange = systems - habits.systems if habits.systems else systems & ODD_SYSTEMS
    if strange:
        found.append(_part(f"the client runs on {', '.join(sorted(strange))}, which this role never did before", SYSTEM, first))
    if not habits.known:
        return found
    clients = {client_of(a.agent) for a in uses if a.agent} - habits.clients
    if clients:
        found.append(_part(f"the client {', '.join(sorted(clients))} is new to this role", CLIENT, first))
    if {a.delivery for a in uses} == {"1.0"} and "2.0" in habits.deliveries:
        found.append(_part("the key was handed out by IMDSv1, while the agent uses IMDSv2", TWIN, first))
    services = {service for a in uses for service in services_in(a.sources)} - habits.services
    if services & ACCOUNT_CALLS:
        found.append(_part(f"the first {', '.join(sorted(services & ACCOUNT_CALLS))} calls of this role", ACCOUNT_SERVICE, first))
    elif services:
        found.append(_part(f"the first calls of this role to {', '.join(sorted(services)[:3])}", SERVICE, first))
    return found


def _rhythm(uses: Sequence[Activity]) -> list[Basis]:
    for a in uses:
        if a.count >= 3 and client_of(a.agent).startswith(TYPED) and (a.last_at - a.first_at) / (a.count - 1) >= TYPING_GAP:
            return [_part(f"{a.count} calls in {a.last_at - a.first_at} s with a client that people type at", RHYTHM, a)]
    return []


def _clients_at_once(uses: Sequence[Activity], beside: Sequence[Activity]) -> list[Basis]:
    mine = {(a.cell, system_of(a.agent) or client_of(a.agent)) for a in uses}
    for a in beside:
        other = system_of(a.agent) or client_of(a.agent)
        if a.agent and any(cell == a.cell and kind != other for cell, kind in mine):
            return [_part("two kinds of clients use one key at once", TWO_CLIENTS, uses[0])]
    return []


def _lateral(uses: Sequence[Activity], touched: Sequence[Action]) -> list[Basis]:
    for a in reversed(touched):
        for use in uses:
            if use.first_at - BEFORE <= a.at <= use.last_at:
                text = f"{a.event_name} went to the host {max(0, use.first_at - a.at)} s before"
                return [Basis(text, LATERAL, (event_ref(a.at, a.event_id),))]
    return []


def _part(text: str, weight: float, use: Activity) -> Basis:
    return Basis(text, weight, (event_ref(use.first_at, use.first_event),))
