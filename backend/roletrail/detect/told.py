"""What CloudTrail itself tells of addresses and routes: calls that made, moved and ended them.

Sources: EC2 API reference for the shapes (`ingest.actions` keeps them). CreateNatGateway answers with the allocation alone,
so an egress is proved by AllocateAddress, CreateNatGateway, CreateRoute, AssociateRouteTable and RunInstances together.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, cast

from roletrail.detect.address import parse
from roletrail.detect.estate import (
    CLOUDTRAIL,
    GROUP_TAG,
    Association,
    DatedFact,
    EndpointFact,
    Fact,
    HeldAddress,
    InstanceFact,
    NatFact,
    OwnAddress,
    RouteFact,
    SubnetFact,
)
from roletrail.lineage.model import Action, event_ref


class Change(NamedTuple):
    """A time at which an instance's public address may have changed, and whose call says so."""

    at: int
    actor: str


class Told(NamedTuple):
    facts: tuple[Fact, ...]
    changes: dict[str, tuple[Change, ...]]  # by instance
    touched: dict[str, tuple[Action, ...]]  # instance -> commands, sessions, keys and passwords that went to it, oldest first


NONE = "-"
"""No association has this id."""

LATERAL = frozenset({
    "SendCommand", "StartSession", "ResumeSession", "GetPasswordData", "SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel",
})  # fmt: skip
"""Calls that put somebody on an instance, or hand him the way in."""


def facts_of(actions: Iterable[Action]) -> Told:
    reader = _Calls()
    for action in sorted(actions, key=lambda a: (a.at, a.event_id)):
        if not action.error_code:
            reader.take(action)
    return reader.told()


class _Call(NamedTuple):
    action: Action
    detail: dict[str, Any]
    instances: list[str]


class _Calls:
    """Open intervals, closed by later calls."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._open: dict[tuple[str, str], DatedFact] = {}
        self._public: dict[str, str] = {}  # allocation -> address
        self._associations: dict[str, tuple[str, str]] = {}  # association id -> key of its open fact
        self._changes: dict[str, list[Change]] = defaultdict(list)
        self._touched: dict[str, list[Action]] = defaultdict(list)

    def told(self) -> Told:
        return Told(
            (*self.facts, *self._open.values()),
            {instance: tuple(times) for instance, times in self._changes.items()},
            {instance: tuple(actions) for instance, actions in self._touched.items()},
        )

    def take(self, a: Action) -> None:
        detail = _detail(a)
        instances = _texts(detail.get("instances"))
        if a.event_name in LATERAL:
            for instance in instances:
                self._touched[instance].append(a)
            return
        read = _READ.get(a.event_name)
        if read is not None:
            read(self, _Call(a, detail, instances))

    def _start(self, key: tuple[str, str], fact: DatedFact) -> None:
        self._end(key, fact.since)
        self._open[key] = fact

    def _end(self, key: tuple[str, str], at: int) -> DatedFact | None:
        fact = self._open.pop(key, None)
        if fact is not None:
            self.facts.append(fact._replace(until=at))
        return fact

    # --- one method a call ---

    def run_instances(self, c: _Call) -> None:
        subnet, vpc = _one(c.detail.get("subnet_id")), _one(c.detail.get("vpc_id"))
        for instance in c.instances:
            self._start(
                ("instance", instance),
                InstanceFact(
                    instance, c.action.account, c.action.region, vpc, subnet, _one(c.detail.get("instance_profile")), c.action.at, "", c.action.at, 0, CLOUDTRAIL,
                    _ref(c.action), c.action.identity,
                ),
            )  # fmt: skip
        addresses = [address for address in _texts(c.detail.get("private_addresses")) if parse(address)]
        if len(addresses) == len(c.instances):
            for instance, address in zip(c.instances, addresses, strict=True):
                self._start(
                    ("private", instance),
                    OwnAddress(instance, address, "private", c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity),
                )
                self._start(("held", f"{address} {instance}"), _held(c.action, address, "instance", instance))

    def terminate_instances(self, c: _Call) -> None:
        for key in [key for key, fact in self._open.items() if isinstance(fact, OwnAddress) and fact.instance in c.instances]:
            self._end(key, c.action.at)
        for instance in c.instances:
            self._end(("instance", instance), c.action.at)

    def stop_instances(self, c: _Call) -> None:
        for instance in c.instances:
            self._changes[instance].append(Change(c.action.at, c.action.identity))

    def allocate_address(self, c: _Call) -> None:
        address = _one(c.detail.get("public_ip"))
        if parse(address):
            self._public[_one(c.detail.get("allocation_id"))] = address
            self._start(("held", f"{address} address"), _held(c.action, address, "address", _one(c.detail.get("allocation_id"))))

    def release_address(self, c: _Call) -> None:
        address = self._address(c)
        for key in [key for key, fact in self._open.items() if isinstance(fact, HeldAddress) and fact.address == address]:
            self._end(key, c.action.at)

    def associate_address(self, c: _Call) -> None:
        address = self._address(c)
        if not parse(address):
            return
        key = ("public", address)
        self._end(key, c.action.at)
        self._associations[_one(c.detail.get("association_id"))] = key
        for instance in c.instances[:1]:
            self._changes[instance].append(Change(c.action.at, c.action.identity))
            self._start(
                key, OwnAddress(instance, address, "public", c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity)
            )

    def disassociate_address(self, c: _Call) -> None:
        address = self._address(c)
        key = ("public", address) if address else self._associations.get(_one(c.detail.get("association_id")) or NONE, ("", ""))
        ended = self._end(key, c.action.at)
        if isinstance(ended, OwnAddress):
            self._changes[ended.instance].append(Change(c.action.at, c.action.identity))

    def _address(self, c: _Call) -> str:
        return _one(c.detail.get("public_ip")) or self._public.get(_one(c.detail.get("allocation_id")), "")

    def create_nat_gateway(self, c: _Call) -> None:
        nat = _one(c.detail.get("nat_gateway"))
        address = self._public.get(_one(c.detail.get("allocation_id")), "")
        if nat and address:
            vpc, subnet = _one(c.detail.get("vpc_id")), _one(c.detail.get("subnet_id"))
            self._start(
                ("nat", nat), NatFact(nat, vpc, subnet, (address,), c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity)
            )
            self._start(("held", f"{address} address"), _held(c.action, address, "nat", nat))

    def delete_nat_gateway(self, c: _Call) -> None:
        self._end(("nat", c.action.target), c.action.at)

    def create_route(self, c: _Call) -> None:
        names = ("nat_gateway", "gateway", "transit_gateway", "interface_id")
        target = next((found for name in names if (found := _one(c.detail.get(name)))), "") or (
            c.instances[0] if c.instances else ""
        )
        destination = _one(c.detail.get("destination"))
        if destination and c.action.target:
            fact = RouteFact(
                c.action.target, destination, target or "unknown", c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity
            )
            self._start(("route", f"{c.action.target} {destination}"), fact)

    def delete_route(self, c: _Call) -> None:
        self._end(("route", f"{c.action.target} {_one(c.detail.get('destination'))}"), c.action.at)

    def associate_route_table(self, c: _Call) -> None:
        subnet = _one(c.detail.get("subnet_id"))
        if subnet and c.action.target:
            key = ("association", subnet)
            self._associations[_one(c.detail.get("association_id"))] = key
            self._start(
                key, Association(c.action.target, "", subnet, c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity)
            )

    def disassociate_route_table(self, c: _Call) -> None:
        self._end(self._associations.get(_one(c.detail.get("association_id")) or NONE, ("", "")), c.action.at)

    def create_subnet(self, c: _Call) -> None:
        subnet = _one(c.detail.get("subnet_id"))
        if subnet:
            self.facts.append(SubnetFact(subnet, _one(c.detail.get("vpc_id")), (_one(c.detail.get("cidr")),)))

    def create_vpc_endpoint(self, c: _Call) -> None:
        vpc = _one(c.detail.get("vpc_id"))
        if c.action.target.startswith("vpce-") and vpc:
            service = _one(c.detail.get("service"))
            fact = EndpointFact(
                c.action.target, vpc, c.action.account, service, c.action.at, 0, CLOUDTRAIL, _ref(c.action), c.action.identity
            )
            self._start(("endpoint", c.action.target), fact)


_READ: dict[str, Callable[[_Calls, _Call], None]] = {
    "RunInstances": _Calls.run_instances,
    "TerminateInstances": _Calls.terminate_instances,
    "StopInstances": _Calls.stop_instances,
    "AllocateAddress": _Calls.allocate_address,
    "ReleaseAddress": _Calls.release_address,
    "AssociateAddress": _Calls.associate_address,
    "DisassociateAddress": _Calls.disassociate_address,
    "CreateNatGateway": _Calls.create_nat_gateway,
    "DeleteNatGateway": _Calls.delete_nat_gateway,
    "CreateRoute": _Calls.create_route,
    "DeleteRoute": _Calls.delete_route,
    "AssociateRouteTable": _Calls.associate_route_table,
    "DisassociateRouteTable": _Calls.disassociate_route_table,
    "CreateSubnet": _Calls.create_subnet,
    "CreateVpcEndpoint": _Calls.create_vpc_endpoint,
    "StartInstances": _Calls.stop_instances,
    "ReplaceRoute": _Calls.create_route,
}
"""Calls that tell of addresses and routes."""


SCALING = frozenset({"RunInstances", "AttachInstances", "DetachInstances"})
"""Calls that tell which auto scaling group an instance is in."""


def scaling_groups(actions: Iterable[Action], instances: Collection[str]) -> dict[str, str]:
    """Groups of these instances as the latest call tells it: what launched them, took them in, let them go ("")."""
    found: dict[str, str] = {}
    for a in sorted(actions, key=lambda a: (a.at, a.event_id)):
        detail = {} if a.error_code else _detail(a)
        named = [instance for instance in _texts(detail.get("instances")) if instance in instances]
        group = _one(detail.get("group")) or _group_of(detail.get("tags"))
        if group:
            found |= dict.fromkeys(named, "" if a.event_name == "DetachInstances" else group)
    return found


def _group_of(tags: Any) -> str:
    """The tag's value; each tag is kept as its JSON."""
    parsed = (_object(text) for text in _texts(tags) if GROUP_TAG in text)
    return next((str(tag.get("value", "")) for tag in parsed if tag.get("key") == GROUP_TAG), "")


def _held(a: Action, address: str, kind: str, holder: str) -> HeldAddress:
    return HeldAddress(address, kind, holder, "", a.at, 0, CLOUDTRAIL, _ref(a), a.identity)


def _ref(a: Action) -> str:
    return event_ref(a.at, a.event_id)


def _detail(a: Action) -> dict[str, Any]:
    return _object(a.detail)


def _object(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text) if text else {}
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _one(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _texts(value: Any) -> list[str]:
    found = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, str) and one]
