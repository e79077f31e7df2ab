"""From facts to a Situation: what the decision table looks at, for one use of an instance's credentials."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from roletrail.detect.address import AddressClass, Ranges, lies_in, overlap
from roletrail.detect.egress import UNKNOWN, Way, routed_between, way_out
from roletrail.detect.estate import CLOUDTRAIL, EndpointFact, Estate, HeldAddress, InstanceFact, OwnAddress
from roletrail.detect.hands import signs_in
from roletrail.detect.place import Egress, Endpoint, Situation
from roletrail.detect.verdict import Basis
from roletrail.lineage.model import Activity


class Facts(NamedTuple):
    """What was found about one use, beside the situation: the evidence."""

    instance: InstanceFact | None
    own: OwnAddress | None
    held: HeldAddress | None
    way: Way
    endpoint: EndpointFact | None


UNKNOWN_WAY = UNKNOWN


class Surveyor:
    """Asks one estate about the uses of one instance. Ways out are followed once for a time."""

    def __init__(self, estate: Estate, ranges: Ranges, instance: str, account: str) -> None:
        self.estate = estate
        self._ranges = ranges
        self._instance = instance
        self._account = account
        self._ways: dict[int, tuple[InstanceFact | None, Way]] = {}
        self._own = estate.own.get(instance, [])
        self.known = bool(self._own or estate.instances.get(instance))
        self._goes_out = any(one.kind in ("public", "ipv6", "carrier") for one in self._own)

    def survey(self, a: Activity, address_class: AddressClass, *, claimed: bool, learned: bool) -> tuple[Situation, Facts]:
        fact, way = self._way(a.first_at)
        own = self.estate.own_address(self._instance, a.address, a.first_at, a.last_at)
        theirs = self.estate.endpoint(a.vpce_id, a.first_at) if a.vpce_id else None
        held = self._holder(a, theirs)
        vpc = fact.vpc if fact else ""
        by_inventory = fact is not None and not fact.source.startswith(CLOUDTRAIL)
        region = self._ranges.find(a.address) if address_class == "AWS_PUBLIC" else None
        situation = Situation(
            address_class,
            claimed=claimed,
            through_service=bool(a.invoked_by) and not signs_in(a),
            known=self.known,
            in_k=own is not None,
            endpoint=self._endpoint(a, fact, theirs),
            held=held is not None,
            egress=self._egress(a.address, way),
            complete=by_inventory and way.route == "direct" and way.proved_by_inventory,
            route=way.route,
            in_vpc_ipv6=self.estate.in_vpc_ipv6(a.address, vpc),
            knows_way_out=bool(way.addresses) or self._goes_out,
            region_differs=bool(region and fact and fact.region and region.region not in ("", "GLOBAL", fact.region)),
            learned=learned,
        )
        return situation, Facts(fact, own, held, way, theirs)

    def later_own(self, address: str, at: int) -> bool:
        return any(one.block == address and one.since > at for one in self._own)

    def _way(self, at: int) -> tuple[InstanceFact | None, Way]:
        place = bisect_right(self.estate.edges, at)
        if place not in self._ways:
            fact = self.estate.instance(self._instance, at)
            self._ways[place] = fact, way_out(self.estate, fact, at)
        return self._ways[place]

    def _holder(self, a: Activity, theirs: EndpointFact | None) -> HeldAddress | None:
        """What else of ours holds the address. Two networks may both have a private one: only what reaches the endpoint counts."""
        holders = self.estate.holders(a.address, self._instance, a.first_at)
        return next((one for one in holders if theirs is None or self._reaches(one.vpc, theirs.vpc, a.first_at)), None)

    def _reaches(self, vpc: str, other: str, at: int) -> bool:
        return not vpc or vpc == other or routed_between(self.estate, vpc, other, at)

    def _egress(self, address: str, way: Way) -> Egress:
        if address in way.addresses:
            return "on_route"
        return "operator" if lies_in(address, self.estate.organisation.egress) else "none"

    def _endpoint(self, a: Activity, fact: InstanceFact | None, theirs: EndpointFact | None) -> Endpoint:
        if not a.vpce_id and not a.vpce_account:
            return "none"
        if theirs is not None:
            return self._ours(a, fact, theirs)
        owner = a.vpce_account if a.vpce_account.isdigit() and len(a.vpce_account) == 12 else ""
        organisation = self.estate.organisation
        if owner and owner != self._account:
            if organisation.accounts is None:
                return "unlisted"
            if owner not in organisation.accounts:
                return "foreign"
            return "organisation" if a.vpce_id not in organisation.shared_endpoints else "unknown"
        return "strange" if organisation.endpoints_complete and not a.invoked_by else "unknown"

    def _ours(self, a: Activity, fact: InstanceFact | None, theirs: EndpointFact) -> Endpoint:
        if fact is None or not fact.vpc:
            return "own"
        if theirs.vpc == fact.vpc:
            return "same_vpc"
        if a.vpce_id in self.estate.organisation.shared_endpoints:
            return "routed"
        routed = routed_between(self.estate, fact.vpc, theirs.vpc, a.first_at)
        return "routed" if routed and not self._overlap(fact.vpc, theirs.vpc) else "unrouted"

    def _overlap(self, vpc: str, other: str) -> bool:
        ours, theirs = self.estate.vpcs.get(vpc), self.estate.vpcs.get(other)
        return bool(ours and theirs and overlap(ours.blocks, theirs.blocks))


ROWS = {
    "D1": "a service made the call for it",
    "D2": "the address is the instance's own",
    "D3": "the private address is the instance's own, and the call came through an endpoint of its VPC",
    "D4": "the private address is the instance's own",
    "D4b": "the private address is the instance's own, but the call came through an endpoint of another VPC",
    "D5": "the call came through a VPC endpoint of another account",
    "D5b": "the call came through a VPC endpoint of another account of the organisation",
    "D6": "the private address is another host's",
    "D7": "no host of this network is known to have the private address",
    "D8a": "no account of the organisation has this VPC endpoint",
    "D8b": "it is not known whose VPC endpoint this is",
    "D9": "an expected way out: which host behind it spoke cannot be proved",
    "D10": "the address is another one of ours, and not on the instance's way out",
    "D11": "an address of AWS that is not ours",
    "D12": "an address of AWS, and the instance's ways out are not all known",
    "D13": "an address outside AWS, while the instance leaves only by gateways that are known",
    "D14": "an address outside AWS that is no known address or way out of the instance",
    "D15": "the instance may leave by a gateway whose addresses are not known",
    "D16": "another IPv6 address of the instance's VPC",
    "D17": "this address decides nothing: anonymised, of the console, or of AWS itself",
    "D19": "the instance's credentials were turned into a console sign-in",
    "5.3": "held against the instance's other addresses",
}
"""What each row says, in plain words."""


def of_kind(text: str, kind: str) -> str:
    """The same said of what is no instance: nothing claims one then."""
    return text if kind == "instance" else text.replace("instance", "workload")


MISSING = {
    "D1": "parent call",
    "D5": "organisation accounts",
    "D7": "inventory of the instance's VPC",
    "D8b": "inventory of VPC endpoints",
    "D12": "the egress of its VPC",
    "D14": "inventory of the instance's routes",
    "D15": "the egress behind its gateway",
    "D17": "VPC endpoint id or inventory",
    "5.3": "inventory or anchor",
}
"""The input that would decide a row."""


def evidence(row: str, a: Activity, facts: Facts, ranges: Ranges, address_class: AddressClass) -> list[Basis]:
    """The facts a row stood on, after its own text."""
    found: list[Basis] = []
    if facts.own and row in ("D2", "D3", "D4", "D4b"):
        since = "since its launch or the inventory" if not facts.own.since else "at that time"
        found.append(
            Basis(
                f"{facts.own.block} belongs to {facts.own.instance} {since} ({facts.own.source})", 0.0, _events(facts.own.event)
            )
        )
    if facts.held and row in ("D6", "D10"):
        found.append(Basis(f"{a.address} is held by {facts.held.holder} ({facts.held.source})", 0.0, _events(facts.held.event)))
    if facts.endpoint or a.vpce_id:
        whose = f" of {facts.endpoint.vpc}" if facts.endpoint else f" of account {a.vpce_account}" if a.vpce_account else ""
        found.append(Basis(f"through endpoint {a.vpce_id}{whose}", 0.0))
    if row in ("D9", "D11", "D13", "D14", "D15") and facts.way.told:
        found.append(Basis("; ".join(facts.way.told), 0.0, facts.way.events))
    if address_class in ("AWS_PUBLIC", "PUBLIC"):
        found.append(Basis(_ranges_text(a.address, ranges), 0.0))
    return found


def _ranges_text(address: str, ranges: Ranges) -> str:
    hit = ranges.find(address)
    said = (
        f"{address} lies in AWS's {hit.prefix} ({hit.service}, {hit.region})"
        if hit
        else f"{address} is in no address range of AWS"
    )
    return (
        f"{said}, by {ranges.source} of {ranges.date or 'an unknown date'}" if ranges else "no address ranges of AWS are loaded"
    )


def _events(event: str) -> tuple[str, ...]:
    return (event,) if event else ()
