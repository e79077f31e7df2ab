"""What is known of our own network, each fact with the time it held: addresses, routes, gateways, endpoints.

Two sources fill it: an inventory (`of_inventory` in this room) and CloudTrail's own records (`detect.told`). Pure look-ups.
`until` is exclusive, 0 for still. `source` is what to print of where a fact comes from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from roletrail.detect.address import lies_in, parse_network

INVENTORY = "inventory"
CLOUDTRAIL = "cloudtrail"
GROUP_TAG = "aws:autoscaling:groupName"
"""Auto Scaling puts it on every instance it launches or is given, and nobody else can (Auto Scaling: tag instances)."""


class OwnAddress(NamedTuple):
    """An address, or a delegated prefix, that is the instance's own. `actor` is the identity whose call tells of it."""

    instance: str
    block: str
    kind: str  # private | public | ipv6 | carrier | prefix
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class HeldAddress(NamedTuple):
    """An address something of ours holds: another instance, an interface, a gateway, or nothing yet."""

    address: str
    kind: str  # instance | interface | nat | address
    holder: str
    vpc: str
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class InstanceFact(NamedTuple):
    instance: str
    account: str
    region: str
    vpc: str
    subnet: str
    profile: str
    launched: int
    http_tokens: str  # required: IMDSv2 alone; optional: both
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""
    group: str = ""  # auto scaling group


class SubnetFact(NamedTuple):
    subnet: str
    vpc: str
    blocks: tuple[str, ...]


class VpcFact(NamedTuple):
    vpc: str
    account: str
    blocks: tuple[str, ...]


class Association(NamedTuple):
    """A route table is a subnet's, or, with `subnet` empty, the main one of its VPC."""

    table: str
    vpc: str
    subnet: str
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class RouteFact(NamedTuple):
    table: str
    destination: str
    target: str  # igw-.., nat-.., tgw-.., vgw-.., pcx-.., eni-.., eigw-.., lgw-.., vpce-.., cagw-..
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class NatFact(NamedTuple):
    nat: str
    vpc: str
    subnet: str
    addresses: tuple[str, ...]  # public ones; empty for a private gateway, or not known
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class EndpointFact(NamedTuple):
    endpoint: str
    vpc: str
    account: str
    service: str
    since: int
    until: int
    source: str
    event: str = ""
    actor: str = ""


class Organisation(NamedTuple):
    """What a person says, or Organizations does. `accounts` None: no list is loaded."""

    accounts: frozenset[str] | None = None
    egress: tuple[str, ...] = ()  # operator's egress blocks
    shared_endpoints: frozenset[str] = frozenset()
    endpoints_complete: bool = False  # every account's endpoints are in the inventory


DatedFact = OwnAddress | HeldAddress | InstanceFact | Association | RouteFact | NatFact | EndpointFact
Fact = DatedFact | SubnetFact | VpcFact
Dated = TypeVar("Dated", OwnAddress, HeldAddress, InstanceFact, Association, RouteFact, NatFact, EndpointFact)


class Estate:
    """Facts, found by what they are about. `but_of` gives the estate without what certain identities told of it."""

    def __init__(self, facts: Iterable[Fact] = (), organisation: Organisation | None = None) -> None:
        self.facts = tuple(facts)
        self.organisation = organisation or Organisation()
        self.own: dict[str, list[OwnAddress]] = defaultdict(list)
        self.held: dict[str, list[HeldAddress]] = defaultdict(list)
        self.instances: dict[str, list[InstanceFact]] = defaultdict(list)
        self.subnets: dict[str, SubnetFact] = {}
        self.vpcs: dict[str, VpcFact] = {}
        self.of_subnet: dict[str, list[Association]] = defaultdict(list)
        self.of_vpc: dict[str, list[Association]] = defaultdict(list)
        self.routes: dict[str, list[RouteFact]] = defaultdict(list)
        self.nats: dict[str, list[NatFact]] = defaultdict(list)
        self.nats_in: dict[str, list[NatFact]] = defaultdict(list)
        self.endpoints: dict[str, list[EndpointFact]] = defaultdict(list)
        self.tables_to: dict[str, set[str]] = defaultdict(set)
        self.vpc_of_table: dict[str, str] = {}
        self.edges = sorted({getattr(fact, name, 0) for fact in self.facts for name in ("since", "until")})
        """Times at which any fact begins or ends: between two of them nothing changes."""
        self._actors = frozenset([getattr(fact, "actor", "") for fact in self.facts])
        for fact in self.facts:
            self._place(fact)
        self._close_moved()

    def _place(self, fact: Fact) -> None:
        match fact:
            case OwnAddress():
                self.own[fact.instance].append(fact)
            case HeldAddress():
                self.held[fact.address].append(fact)
            case InstanceFact():
                self.instances[fact.instance].append(fact)
            case SubnetFact():
                self.subnets[fact.subnet] = fact
            case VpcFact():
                self.vpcs[fact.vpc] = fact
            case Association():
                (self.of_subnet[fact.subnet] if fact.subnet else self.of_vpc[fact.vpc]).append(fact)
                if fact.vpc:
                    self.vpc_of_table[fact.table] = fact.vpc
            case RouteFact():
                self.routes[fact.table].append(fact)
                self.tables_to[fact.target].add(fact.table)
            case NatFact():
                self.nats[fact.nat].append(fact)
                self.nats_in[fact.vpc].append(fact)
            case EndpointFact():
                self.endpoints[fact.endpoint].append(fact)

    def _close_moved(self) -> None:
        """CloudTrail knows when an elastic address came to an instance; an inventory only that it was there when asked."""
        for instance, owned in self.own.items():
            came: dict[str, int] = {}
            for one in owned:
                if one.source.startswith(CLOUDTRAIL) and one.kind == "public":
                    came[one.block] = min(one.since, came.get(one.block, one.since))
            if came:
                self.own[instance] = [
                    one._replace(since=max(one.since, came[one.block]))
                    if one.block in came and not one.source.startswith(CLOUDTRAIL)
                    else one
                    for one in owned
                ]

    def but_of(self, actors: frozenset[str]) -> Estate:
        """Without facts that only these identities' calls tell of: a stolen credential is no witness of its own place."""
        if self._actors.isdisjoint(actors):
            return self
        return Estate((fact for fact in self.facts if getattr(fact, "actor", "") not in actors), self.organisation)

    # --- about one instance ---

    def instance(self, instance: str, at: int) -> InstanceFact | None:
        """The best fact of it: an inventory's before CloudTrail's."""
        found = valid(self.instances.get(instance, []), at) or self.instances.get(instance, [])
        return min(found, key=lambda one: (one.source.startswith(CLOUDTRAIL), -one.since), default=None)

    def own_address(self, instance: str, address: str, at: int, until: int) -> OwnAddress | None:
        """The fact that covers the address for all of a stretch of time."""
        for one in self.own.get(instance, []):
            if covers(one.since, one.until, at, until) and _is(address, one.block):
                return one
        return None

    def holders(self, address: str, instance: str, at: int) -> list[HeldAddress]:
        """What else of ours holds the address."""
        return [one for one in valid(self.held.get(address, []), at) if one.holder != instance]

    def endpoint(self, endpoint: str, at: int) -> EndpointFact | None:
        found = valid(self.endpoints.get(endpoint, []), at) or self.endpoints.get(endpoint, [])
        return found[0] if found else None

    def in_vpc_ipv6(self, address: str, vpc: str) -> bool:
        if ":" not in address or not vpc:
            return False
        blocks = [*(self.vpcs[vpc].blocks if vpc in self.vpcs else ())]
        blocks += [block for subnet in self.subnets.values() if subnet.vpc == vpc for block in subnet.blocks]
        return lies_in(address, blocks)


def _is(address: str, block: str) -> bool:
    return address == block or ("/" in block and lies_in(address, (block,)))


def single(block: str) -> bool:
    network = parse_network(block)
    return network is not None and network.num_addresses == 1


def covers(since: int, until: int, at: int, last: int) -> bool:
    return since <= at and (not until or last < until)


def valid(facts: Sequence[Dated], at: int) -> list[Dated]:
    return [fact for fact in facts if covers(fact.since, fact.until, at, at)]
