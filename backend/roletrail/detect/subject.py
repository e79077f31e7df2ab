"""What is judged: a workload with its sessions, the world it is held against, and a ruling with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from roletrail.detect.address import AddressClass, Ranges
from roletrail.detect.binding import Neighbours
from roletrail.detect.estate import Estate
from roletrail.detect.hands import Customs
from roletrail.detect.place import Ruling
from roletrail.detect.told import Told
from roletrail.detect.verdict import Basis
from roletrail.lineage.model import Activity, Node, SignIn

TO_CONSOLE = ("GetSigninToken", "ConsoleLogin")
"""Events that turn credentials into a console sign-in."""


class Subject(NamedTuple):
    """One workload with all its sessions. `delivered` false: an instance's by the session's name alone."""

    kind: str  # instance | function | task | pod | build
    id: str
    account: str
    sessions: Mapping[str, Node]
    activities: Sequence[Activity]
    sign_ins: Sequence[SignIn]
    delivered: bool
    roots_of: frozenset[str] = frozenset()  # every identity that came from these sessions: no witnesses of their own place

    @property
    def name(self) -> str:
        """What the estate calls it."""
        return self.id if self.kind == "instance" else f"{self.kind}/{self.id}"


class World(NamedTuple):
    """Everything that is not the subject's own."""

    estate: Estate
    told: Told
    ranges: Ranges
    neighbours: Neighbours
    customs: Callable[[str], Customs]  # by role ARN
    workloads: Callable[[str], Collection[str]]  # identities of workloads at an address


class Found(NamedTuple):
    """The ruling on one activity, with its evidence."""

    activity: Activity
    address_class: AddressClass
    ruling: Ruling
    reasons: tuple[Basis, ...]
    missing: tuple[str, ...]
