"""PLACE: where a credential was used, by the decision table D1 to D19. Total: every Situation hits one row.

Pure look-up over facts that `situation` worked out. Confidences grade the place, never the hands (`detect.hands`).
Source: the table's rows and their order are the specification's; each row has a scenario folder of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from roletrail.detect.address import AddressClass

Endpoint = Literal["none", "same_vpc", "routed", "unrouted", "own", "organisation", "foreign", "unlisted", "strange", "unknown"]
"""Whose the VPC endpoint of the call is.

none: the record names no endpoint. same_vpc: ours, in the instance's VPC. routed: ours, in another VPC that the instance's has
a route to and no CIDR overlap with. unrouted: ours, in another VPC without that. own: ours, but the instance's VPC is not known.
organisation: of another account of the organisation, and not shared. foreign: of an account outside the loaded organisation.
unlisted: of another account, and no list of the organisation's accounts is loaded. strange: not in an endpoint inventory that
is complete for the organisation. unknown: anything else.
"""

Route = Literal["direct", "beyond", "unknown"]
"""Where the instance's default route ends. direct: at internet or NAT gateways that are loaded. beyond: at something whose
egress is not loaded (transit or virtual private gateway, Outposts, a proxy). unknown: no route is loaded."""

Egress = Literal["none", "on_route", "operator"]


class Situation(NamedTuple):
    """Everything the table looks at."""

    address_class: AddressClass
    claimed: bool = False  # an instance's by its session name only
    to_console: bool = False  # a sign-in or a sign-in link was made with it
    through_service: bool = False  # invokedBy is set
    known: bool = False  # anything is known of the instance: an inventory, an address from CloudTrail
    in_k: bool = False  # the address is one of the instance's own at that time
    endpoint: Endpoint = "none"
    held: bool = False  # the address belongs to something else of ours at that time
    egress: Egress = "none"
    complete: bool = False  # inventory covers the instance, and its default route was followed to its end
    route: Route = "unknown"
    in_vpc_ipv6: bool = False
    knows_way_out: bool = False  # an own public address or an egress of the instance is known
    region_differs: bool = False  # AWS_PUBLIC of another region than the instance's
    learned: bool = False  # `detect.binding` has another address of this instance to compare with


class Ruling(NamedTuple):
    row: str
    verdict: str
    confidence: float


FIRST_USE = "5.3"
"""Row of a situation that only the instance's other addresses can tell more about (`detect.binding`)."""
CLAIMED_CAP = 0.50
ELSEWHERE_IN_AWS = 0.05

Row = tuple[str, Callable[[Situation], bool], str, float]


def _outside(s: Situation) -> bool:
    return s.address_class in ("AWS_PUBLIC", "PUBLIC")


def _private(s: Situation) -> bool:
    return s.address_class == "PRIVATE"


_ALWAYS: tuple[Row, ...] = (
    ("D19", lambda s: s.to_console, "INSTANCE_CREDENTIAL_TO_CONSOLE", 0.90),
    ("D1", lambda s: s.through_service or s.address_class in ("SERVICE", "INTERNAL"), "THROUGH_SERVICE", 0.40),
)
_KNOWN: tuple[Row, ...] = (
    ("D2", lambda s: s.in_k and _outside(s), "ON_INSTANCE", 0.97),
    ("D3", lambda s: _private(s) and s.in_k and s.endpoint == "same_vpc", "ON_INSTANCE", 0.97),
    ("D4", lambda s: _private(s) and s.in_k and s.endpoint == "none", "ON_INSTANCE", 0.75),
    ("D4", lambda s: _private(s) and s.in_k and s.endpoint == "routed", "ON_INSTANCE", 0.80),
    ("D4b", lambda s: _private(s) and s.in_k and s.endpoint == "unrouted", "OFF_INSTANCE_LATERAL", 0.85),
)
_ENDPOINT_OWNER: tuple[Row, ...] = (
    ("D5b", lambda s: _private(s) and s.endpoint == "organisation", "OFF_INSTANCE_LATERAL", 0.75),
    ("D5", lambda s: _private(s) and s.endpoint == "foreign", "OFF_INSTANCE_INSIDE_AWS", 0.97),
    ("D5", lambda s: _private(s) and s.endpoint == "unlisted", "UNKNOWN_ENDPOINT", 0.40),
)
_OURS = ("same_vpc", "routed", "unrouted", "own")
_OUR_ENDPOINT: tuple[Row, ...] = (
    ("D6", lambda s: _private(s) and not s.in_k and s.endpoint in _OURS and s.held, "OFF_INSTANCE_LATERAL", 0.90),
    ("D7", lambda s: _private(s) and not s.in_k and s.endpoint in _OURS and s.complete, "OFF_INSTANCE_LATERAL", 0.70),
    ("D7", lambda s: _private(s) and not s.in_k and s.endpoint in _OURS, "UNKNOWN_ENDPOINT", 0.40),
)
_ENDPOINT_LEFT: tuple[Row, ...] = (
    ("D8a", lambda s: _private(s) and s.endpoint == "strange", "OFF_INSTANCE_INSIDE_AWS", 0.85),
    ("D8b", lambda s: _private(s) and s.endpoint != "none", "UNKNOWN_ENDPOINT", 0.40),
    ("D9", lambda s: _outside(s) and s.egress != "none", "EXPECTED_EGRESS", 0.75),
)
_PUBLIC: tuple[Row, ...] = (
    ("D16", lambda s: s.in_vpc_ipv6 and _outside(s), "OFF_INSTANCE_LATERAL", 0.80),
    ("D10", lambda s: s.held and _outside(s), "OFF_INSTANCE_LATERAL", 0.85),
    ("D15", lambda s: _outside(s) and s.route == "beyond", "SUSPECT_EGRESS", 0.45),
    ("D11", lambda s: s.address_class == "AWS_PUBLIC" and s.complete, "OFF_INSTANCE_INSIDE_AWS", 0.88),
    ("D12", lambda s: s.address_class == "AWS_PUBLIC" and not s.learned, "NOT_DECIDABLE", 0.40),
    ("D13", lambda s: s.address_class == "PUBLIC" and s.complete and s.route == "direct", "OFF_INSTANCE_OUTSIDE_AWS", 0.95),
    ("D14", lambda s: s.address_class == "PUBLIC" and s.knows_way_out, "PROBABLE_OFF_INSTANCE_OUTSIDE_AWS", 0.65),
)
_LAST: tuple[Row, ...] = (
    (FIRST_USE, _outside, "NOT_DECIDABLE", 0.40),
    ("D17", lambda _: True, "INDETERMINATE", 0.30),
)

TABLE: tuple[Row, ...] = (*_ALWAYS, *_KNOWN, *_ENDPOINT_OWNER, *_OUR_ENDPOINT, *_ENDPOINT_LEFT, *_PUBLIC, *_LAST)
UNKNOWN_INSTANCE: tuple[Row, ...] = (*_ALWAYS, *_ENDPOINT_OWNER, *_ENDPOINT_LEFT, *_LAST)
"""The rows that apply when nothing is known about the instance."""


@lru_cache(1 << 10)  # workloads stand in few situations
def decide(situation: Situation) -> Ruling:
    """The first row that takes the situation, with D11's region and D18's cap applied."""
    rows = TABLE if situation.known else UNKNOWN_INSTANCE
    row, _, verdict, confidence = next(row for row in rows if row[1](situation))
    if row == "D11" and situation.region_differs:
        confidence += ELSEWHERE_IN_AWS
    return capped(Ruling(row, verdict, confidence)) if situation.claimed else Ruling(row, verdict, confidence)


def capped(ruling: Ruling) -> Ruling:
    """D18: a session that is an instance's by its name alone proves nothing."""
    return ruling._replace(confidence=min(ruling.confidence, CLAIMED_CAP))


NEW_ADDRESS = "NEW_ADDRESS"
AWAY = {
    "OFF_INSTANCE_LATERAL": "from another place of the same network",
    "OFF_INSTANCE_INSIDE_AWS": "from elsewhere inside AWS",
    "OFF_INSTANCE_OUTSIDE_AWS": "from outside AWS",
    "PROBABLE_OFF_INSTANCE_OUTSIDE_AWS": "probably from outside AWS",
    "INSTANCE_CREDENTIAL_TO_CONSOLE": "to sign in to the console",
    "OFF_WORKLOAD": "away from the workload it was delivered to",
    NEW_ADDRESS: "from an address new for its instance",
}
"""How a credential was used, by the words that can say it was used away from where it belongs."""
OFF = frozenset(AWAY) - {NEW_ADDRESS}
NEW_ADDRESS_ALONE = 0.60
ON = frozenset({"ON_INSTANCE", "EXPECTED_EGRESS", "CONSISTENT"})
DECIDED = 0.50


def is_off(verdict: str, confidence: float) -> bool:
    """Whether a verdict is listed as off-instance: a new address only with something besides it."""
    if verdict == NEW_ADDRESS:
        return round(confidence, 2) > NEW_ADDRESS_ALONE
    return verdict in OFF and confidence >= DECIDED


def direction(verdict: str) -> int:
    """1 off the instance, -1 on it, 0 neither."""
    return 1 if verdict in OFF or verdict == NEW_ADDRESS else -1 if verdict in ON else 0
