"""Credentials that services deliver to functions, tasks, pods and builds, used elsewhere (rows W1 to W6).

Never a claim about an instance: a function has no address of its own, so what can be held against a use is the runtime's
user agent, the ranges of AWS, and, where its network is known, the table of `detect.place`.
"""

from __future__ import annotations

from typing import NamedTuple

from roletrail.detect.address import AddressClass
from roletrail.detect.place import Ruling

TEXTS = {
    "W2": "judged by the network interfaces of the workload",
    "W3": "the runtime used this key from AWS, and it was used from elsewhere too",
    "W4": "all uses of this key come from outside AWS, and no way out of the workload's network is known",
    "W5": "an address of AWS in the workload's region with the runtime's user agent, which anybody can forge",
    "W6": "the workload's credentials were turned into a console sign-in",
    "W": "no row decides this use",
}
MISSING = {
    "W2": "inventory of the workload's network",
    "W4": "the egress of the workload's VPC",
    "W": "the workload's network interfaces or VPC egress",
}

RUNTIMES = {"function": "lambda", "task": "ecs", "build": "codebuild"}
"""Word that the runtime's own clients carry in their user agent, as `ingest.agents` names it."""


class WorkloadUse(NamedTuple):
    """What the rows look at. Every combination hits one."""

    address_class: AddressClass
    to_console: bool = False
    through_service: bool = False
    runtime_agent: bool = False  # this use carries the runtime's user agent
    runtime_in_aws: bool = False  # another use of the same key does, from an address of AWS
    foreign_client: bool = False  # another operating system than the runtime's
    same_region: bool = False  # the address lies in the workload's region
    only_outside: bool = False  # every direct use of the key is from outside AWS
    shared: bool = False  # other workloads use the address, or this one has for longer than a credential lives
    egress: bool = False  # on the operator's egress list


def decide(use: WorkloadUse) -> Ruling:
    """The row of a use whose network is not known; W2 is the table of `detect.place` with the workload's interfaces."""
    if use.to_console:
        return Ruling("W6", "OFF_WORKLOAD", 0.90)
    if use.through_service or use.address_class in ("SERVICE", "INTERNAL"):
        return Ruling("D1", "THROUGH_SERVICE", 0.40)
    if use.egress:
        return Ruling("D9", "EXPECTED_EGRESS", 0.75)
    if use.address_class not in ("AWS_PUBLIC", "PUBLIC"):
        return Ruling("W", "NOT_DECIDABLE", 0.30)
    elsewhere = use.address_class == "PUBLIC" or use.foreign_client
    if use.runtime_in_aws and elsewhere and not (use.runtime_agent and use.shared):
        return Ruling("W3", "OFF_WORKLOAD", 0.90)
    if use.address_class == "AWS_PUBLIC":
        decided = use.runtime_agent and use.same_region
        return Ruling("W5", "CONSISTENT", 0.60) if decided else Ruling("W", "NOT_DECIDABLE", 0.40)
    if not use.only_outside:
        return Ruling("W", "NOT_DECIDABLE", 0.45)
    if use.shared or use.runtime_agent:
        return Ruling("W4", "NOT_DECIDABLE", 0.45)
    return Ruling("W4", "OFF_WORKLOAD", 0.75)
