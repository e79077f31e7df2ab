"""Where an instance's traffic leaves: its default route followed to the gateways that carry it.

Followed through transit gateways and peerings to another VPC of ours whose routes lead back; a hop that is not loaded
leaves the route open, and an open route accuses nobody.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from roletrail.detect.address import overlap
from roletrail.detect.estate import CLOUDTRAIL, Estate, InstanceFact, NatFact, RouteFact, valid
from roletrail.detect.place import Route

DEFAULTS = ("0.0.0.0/0", "::/0")
MOST_HOPS = 8

Hop = TypeVar("Hop", RouteFact, NatFact)


class Way(NamedTuple):
    """`addresses` are the public ones that carry the traffic; `told` is each hop as a text; `events` prove it."""

    route: Route
    addresses: frozenset[str]
    told: tuple[str, ...]
    events: tuple[str, ...]
    proved_by_inventory: bool


UNKNOWN = Way("unknown", frozenset(), (), (), proved_by_inventory=False)


def way_out(estate: Estate, fact: InstanceFact | None, at: int) -> Way:
    """How an instance in this subnet reaches the internet at a time."""
    if fact is None or not (fact.subnet or fact.vpc):
        return UNKNOWN
    table = _table_of(estate, fact.subnet, fact.vpc, at)
    return _follow(estate, table, at) if table else UNKNOWN


class _Walk:
    """Addresses and hops met so far."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.told: list[str] = []
        self.events: list[str] = []
        self.open = False
        self.inventory = True

    def note(self, text: str, event: str, source: str) -> None:
        self.told.append(text)
        self.inventory = self.inventory and not source.startswith(CLOUDTRAIL)
        if event:
            self.events.append(event)

    def way(self) -> Way:
        route: Route = "beyond" if self.open else "direct"
        return Way(
            route,
            frozenset(self.addresses),
            tuple(self.told),
            tuple(dict.fromkeys(self.events)),
            proved_by_inventory=self.inventory,
        )


def _follow(estate: Estate, table: str, at: int) -> Way:
    walk = _Walk()
    tables, met = [table], {table}
    for _ in range(MOST_HOPS):
        further: list[str] = []
        for one in tables:
            further += _leave(estate, one, at, walk)
        tables = [one for one in dict.fromkeys(further) if one not in met]
        met.update(tables)
        if not tables:
            break
    walk.open = walk.open or bool(tables)
    if not walk.told and not valid(estate.routes.get(table, []), at):
        return UNKNOWN
    return walk.way()


def _leave(estate: Estate, table: str, at: int, walk: _Walk) -> list[str]:
    """Take a table's default routes; gives the tables of the next hops. No default route is a closed end."""
    further: list[str] = []
    for route in _surest([route for route in valid(estate.routes.get(table, []), at) if route.destination in DEFAULTS]):
        walk.note(f"{table} sends {route.destination} to {route.target}", route.event, route.source)
        further += _through(estate, table, route, at, walk)
    return further


def _through(estate: Estate, table: str, route: RouteFact, at: int, walk: _Walk) -> list[str]:
    kind = route.target.partition("-")[0]
    if kind == "nat":
        return _through_nat(estate, route.target, at, walk)
    if kind in ("igw", "eigw", "cagw"):
        return []  # the instance's own public addresses
    if kind in ("tgw", "pcx"):
        hubs = _tables_behind(estate, route.target, estate.vpc_of_table.get(table, ""), at)
        walk.open = walk.open or not hubs
        return hubs
    walk.open = True  # vgw, lgw, eni of a proxy, vpce of a firewall: its egress is elsewhere
    return []


def _surest(facts: list[Hop]) -> list[Hop]:
    """An inventory's word, where there is one: CloudTrail's tells how it began."""
    return [fact for fact in facts if not fact.source.startswith(CLOUDTRAIL)] or facts


def _through_nat(estate: Estate, nat: str, at: int, walk: _Walk) -> list[str]:
    found = _surest(valid(estate.nats.get(nat, []), at))
    addresses = [address for one in found for address in one.addresses]
    walk.addresses.update(addresses)
    for one in found:
        walk.note(f"{nat} speaks as {', '.join(one.addresses) or 'a private address'}", one.event, one.source)
    if not found:
        walk.open = True
    if found and not addresses:  # a private gateway: its own subnet's route goes on
        return [table for one in found if (table := _table_of(estate, one.subnet, one.vpc, at))]
    return []


def _tables_behind(estate: Estate, hop: str, vpc: str, at: int) -> list[str]:
    """Tables of gateway subnets in other VPCs of ours that route back over the same hop."""
    tables: list[str] = []
    for back in sorted(estate.tables_to.get(hop, [])):
        there = estate.vpc_of_table.get(back, "")
        if there and there != vpc and _leads_back(estate, back, hop, vpc, at):
            tables += _egress_tables(estate, there, at)
    return tables


def _leads_back(estate: Estate, table: str, hop: str, vpc: str, at: int) -> bool:
    ours = estate.vpcs[vpc].blocks if vpc in estate.vpcs else ()
    for route in valid(estate.routes.get(table, []), at):
        if route.target == hop and route.destination not in DEFAULTS and (not ours or overlap(ours, (route.destination,))):
            return True
    return False


def _egress_tables(estate: Estate, vpc: str, at: int) -> list[str]:
    """Tables of this VPC whose default route is a NAT gateway: what traffic from a hop meets there."""
    found: list[str] = []
    for table, there in estate.vpc_of_table.items():
        if there == vpc and any(
            route.destination in DEFAULTS and route.target.startswith("nat-") for route in valid(estate.routes.get(table, []), at)
        ):
            found.append(table)
    return sorted(found)


def _table_of(estate: Estate, subnet: str, vpc: str, at: int) -> str:
    """The subnet's route table, else the main one of its VPC."""
    explicit = valid(estate.of_subnet.get(subnet, []), at) if subnet else []
    if explicit:
        return max(explicit, key=lambda one: one.since).table
    known = vpc or (estate.subnets[subnet].vpc if subnet in estate.subnets else "")
    main = valid(estate.of_vpc.get(known, []), at) if known else []
    return main[0].table if main else ""


def routed_between(estate: Estate, vpc: str, other: str, at: int) -> bool:
    """Whether VPC and other can reach each other over a hop that both have routes to, without CIDR overlap."""
    ours, theirs = estate.vpcs.get(vpc), estate.vpcs.get(other)
    if ours and theirs and overlap(ours.blocks, theirs.blocks):
        return False
    hops = {route.target for route in _routes_in(estate, vpc, at) if route.target.partition("-")[0] in ("tgw", "pcx")}
    return any(route.target in hops for route in _routes_in(estate, other, at))


def _routes_in(estate: Estate, vpc: str, at: int) -> list[RouteFact]:
    return [
        route for table, there in estate.vpc_of_table.items() if there == vpc for route in valid(estate.routes.get(table, []), at)
    ]
