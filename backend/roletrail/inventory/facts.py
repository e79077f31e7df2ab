"""From snapshots to facts with their times.

A resource holds what its first snapshot says back to when it was made, and what each snapshot says until the next one. An
inventory taken today is thereby taken to hold for the past as far as nothing contradicts it; CloudTrail's own records cut it
(`detect.estate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from roletrail.detect.address import parse
from roletrail.detect.estate import (
    INVENTORY,
    Association,
    EndpointFact,
    Fact,
    HeldAddress,
    InstanceFact,
    NatFact,
    OwnAddress,
    RouteFact,
    SubnetFact,
    VpcFact,
)
from roletrail.inventory.snapshot import Snapshot
from roletrail.inventory.workloads import KINDS, Owner, owner_of, owners_of

GONE = ("terminated", "shutting-down", "deleted", "deleting", "failed")
_FUNCTION = re.compile(r"AWS Lambda VPC ENI-(.+?)(?:-[0-9a-f]{8}-[0-9a-f-]{27})?$")


class Held(NamedTuple):
    """A snapshot with the time it is taken to hold."""

    snapshot: Snapshot
    since: int
    until: int
    first: bool

    @property
    def source(self) -> str:
        return f"{INVENTORY}, {self.snapshot.source}"

    @property
    def body(self) -> dict[str, Any]:
        return self.snapshot.body


class Around(NamedTuple):
    """What other resources say of one."""

    instances: dict[str, str]  # by interface
    owners: dict[str, Owner]  # tasks and builds, by interface or attachment
    vpcs: dict[str, str]  # by subnet


Lasting = InstanceFact | OwnAddress | HeldAddress


def facts_of(snapshots: Iterable[Snapshot]) -> Iterator[Fact]:
    groups: dict[tuple[str, str], list[Snapshot]] = {}
    for one in snapshots:
        groups.setdefault((one.kind, one.id), []).append(one)
    around = _around([one for group in groups.values() for one in group if one.body])
    ended = {id_: at for (kind, id_), group in groups.items() if kind == "instance" and (at := _end(group))}
    for group in groups.values():
        for held in _timeline(sorted(group, key=lambda one: one.at)):
            if held.body and held.body.get("state") not in GONE:
                yield from (_ending(fact, ended) for fact in _facts(held, around))


def _around(present: Sequence[Snapshot]) -> Around:
    interfaces = [one for one in present if one.kind == "interface"]
    return Around(
        {one.id: one.body["instance"] for one in interfaces if one.body["instance"]},
        owners_of(present),
        {one.body["subnet"]: one.body["vpc"] for one in interfaces if one.body["subnet"]}
        | {one.id: one.body["vpc"] for one in present if one.kind == "subnet"},
    )


def _end(group: Sequence[Snapshot]) -> int:
    """When an instance was first seen gone; 0 never."""
    return min((one.at for one in group if not one.body or one.body.get("state") in GONE), default=0)


def _ending(fact: Fact, ended: dict[str, int]) -> Fact:
    """Nothing is an instance's own after its end, whatever an interface still says."""
    if isinstance(fact, OwnAddress) and (at := ended.get(fact.instance)):
        return fact._replace(until=min(fact.until or at, at))
    return fact


def _timeline(group: Sequence[Snapshot]) -> Iterator[Held]:
    for n, one in enumerate(group):
        until = group[n + 1].at if n + 1 < len(group) else 0
        yield Held(one, one.at if n else 0, until, n == 0)


def _facts(held: Held, around: Around) -> Iterator[Fact]:
    match held.snapshot.kind:
        case "instance":
            yield from _instance(held)
        case "interface":
            yield from _interface(held, around.owners)
        case "address":
            yield from _address(held, around.instances)
        case "nat":
            yield from _nat(held)
        case "endpoint":
            one, body = held.snapshot, held.body
            yield EndpointFact(one.id, body["vpc"], one.account, body["service"], _since(held, "made"), held.until, held.source)
        case "route_table":
            yield from _routes(held)
        case "subnet":
            yield SubnetFact(held.snapshot.id, held.body["vpc"], tuple(held.body["blocks"]))
        case "vpc":
            yield VpcFact(held.snapshot.id, held.snapshot.account, tuple(held.body["blocks"]))
        case kind if kind in KINDS:
            yield from _workload(held, around.vpcs)
        case _:
            pass


def _since(held: Held, name: str) -> int:
    """A first snapshot holds from when the resource was made, where AWS says when."""
    return held.body.get(name, 0) if held.first else held.since


def _instance(held: Held) -> Iterator[Fact]:
    one, body = held.snapshot, held.body
    yield InstanceFact(
        one.id, one.account, one.region, body["vpc"], body["subnet"], body["profile"], body["launched"], body["http_tokens"],
        _since(held, "made"), held.until, held.source, group=body.get("group", ""),
    )  # fmt: skip
    yield from _owned(held, one.id)


def _interface(held: Held, owners: dict[str, Owner]) -> Iterator[Fact]:
    """A task's interface may hang on the machine it runs on, and is the task's nevertheless."""
    one, body = held.snapshot, held.body
    function = _FUNCTION.match(body["description"]) if body["type"] == "lambda" or "Lambda" in body["description"] else None
    owner = owner_of(one, owners) or (Owner(f"function/{function[1]}", 0, 0) if function else None)
    if owner:
        yield from (_within(fact, owner) for fact in _network(held, owner.name, body["vpc"]))
    elif body["instance"]:
        yield from _owned(held, body["instance"])
    else:
        for address in body["addresses"]:
            yield HeldAddress(_plain(address["address"]), "interface", one.id, body["vpc"], held.since, held.until, held.source)


def _workload(held: Held, vpcs: dict[str, str]) -> Iterator[Fact]:
    """A task or build that has a network of its own; one without says nothing of places."""
    body = held.body
    if body["subnet"]:
        owner = Owner(held.snapshot.id, body["made"], body["ended"])
        vpc = body["vpc"] or vpcs.get(body["subnet"], "")
        yield from (_within(fact, owner) for fact in _network(held, owner.name, vpc))


def _network(held: Held, owner: str, vpc: str) -> Iterator[Lasting]:
    one = held.snapshot
    yield InstanceFact(owner, one.account, one.region, vpc, held.body["subnet"], "", 0, "", held.since, held.until, held.source)
    yield from _owned(held, owner)


def _within(fact: Lasting, owner: Owner) -> Lasting:
    """No longer than its owner lives."""
    ends = [at for at in (fact.until, owner.until) if at]
    return fact._replace(since=max(fact.since, owner.since), until=min(ends, default=0))


def _owned(held: Held, owner: str) -> Iterator[OwnAddress | HeldAddress]:
    """Addresses of an instance or another workload: its own, and to everybody else another's. A public address that AWS lends lasts
    from the last start."""
    for address in held.body["addresses"]:
        since = _since(held, "launched" if address.get("lent") else "made")
        text = _plain(address["address"])
        yield OwnAddress(owner, text, address["kind"], since, held.until, held.source)
        yield HeldAddress(text, "instance", owner, held.body["vpc"], since, held.until, held.source)


def _address(held: Held, instances: dict[str, str]) -> Iterator[Fact]:
    body = held.body
    instance = body["instance"] or instances.get(body["interface"], "")
    for text, kind in ((body["public"], "public"), (body["carrier"], "carrier")):
        if not text:
            continue
        if instance:
            yield OwnAddress(instance, _plain(text), kind, held.since, held.until, held.source)
        holder = instance or body["interface"] or body["allocation"]
        yield HeldAddress(_plain(text), "instance" if instance else "address", holder, "", held.since, held.until, held.source)


def _nat(held: Held) -> Iterator[Fact]:
    one, body = held.snapshot, held.body
    since = _since(held, "made")
    public = tuple(body["public"]) if body["connectivity"] != "private" else ()
    yield NatFact(one.id, body["vpc"], body["subnet"], public, since, held.until, held.source)
    for address in (*body["public"], *body["private"]):
        yield HeldAddress(address, "nat", one.id, body["vpc"], since, held.until, held.source)


def _routes(held: Held) -> Iterator[Fact]:
    one, body = held.snapshot, held.body
    for route in body["routes"]:
        if route["target"] not in ("", "local"):
            yield RouteFact(one.id, route["destination"], route["target"], held.since, held.until, held.source)
        else:
            yield RouteFact(one.id, route["destination"], "local", held.since, held.until, held.source)
    if body["main"]:
        yield Association(one.id, body["vpc"], "", held.since, held.until, held.source)
    for subnet in body["subnets"]:
        yield Association(one.id, body["vpc"], subnet, held.since, held.until, held.source)


def _plain(text: str) -> str:
    """An address in the one spelling that activities have."""
    parsed = parse(text)
    return str(parsed) if parsed is not None else text
