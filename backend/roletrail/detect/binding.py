"""First-use binding and its modifiers: what the instance's other addresses say, for logs without inventory.

Bound per instance, not per key: the stolen key is often the twin that nobody used before (semantics F3). One public
address and one private address per endpoint are bound, anew whenever the instance's public address may have changed; a
public address outside AWS is never bound while an address of AWS or of ours is known. The weights are hand-set.
Idea: W. Bengtson, "Detecting Credential Compromise in AWS" (2018).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import NamedTuple

from roletrail.detect.address import AddressClass
from roletrail.detect.hands import ODD_SYSTEMS, system_of
from roletrail.detect.ssm_agent import by_agent, contradict, services_of
from roletrail.detect.verdict import Basis
from roletrail.lineage.model import Action, Activity, event_ref

CONSISTENT, NEW = 0.40, 0.60
CAP = 0.97
OTHER_HANDS, SAME_CALLER, FOREIGN_AGENT, OLD_DELIVERY, WHO_AM_I, ALTERNATES, LEFT_AWS = 0.30, 0.15, 0.15, 0.10, 0.10, 0.15, 0.20
SECOND_AGENT = 0.15
LATER_KNOWN = -0.20
NEAR = 900
ALTERNATING = 300
WEEK = 7 * 86_400
FEW_PRINCIPALS = 3
LIFE = 25_200
"""Seconds: longer than any one credential of an instance lives (6 h 30 min, semantics 2.2)."""


class Neighbour(NamedTuple):
    """Another identity at an address. `kind`: person (or a long-term key), instance, or other."""

    identity: str
    principal: str
    kind: str
    instance: str
    label: str
    first_at: int
    last_at: int
    first_event: str


Neighbours = Callable[[str], Sequence[Neighbour]]


class Use(NamedTuple):
    """A direct use with the class of its address."""

    activity: Activity
    address_class: AddressClass


class Weighed(NamedTuple):
    verdict: str
    confidence: float
    reasons: tuple[Basis, ...]


class Binding:
    """Addresses an instance is taken to speak from. Knows no inventory: `known` says whether there is one."""

    def __init__(self, uses: Sequence[Use], changes: Sequence[int], *, known: bool) -> None:
        self._changes = sorted(changes)
        self._uses = sorted(uses, key=lambda use: (use.activity.first_at, use.activity.first_event))
        newer = [use.activity.first_at for use in self._uses if use.activity.delivery == "2.0"]
        self.newer_delivery = bool(newer)
        self._newer_since = min(newer, default=0)
        self._slots: dict[tuple[int, str], Use] = {}
        self._at: dict[str, list[Activity]] = {}
        for use in self._uses:
            self._at.setdefault(use.activity.address, []).append(use.activity)
        self._alternating: dict[str, bool] = {}
        self._rogue: bool | None = None
        self._bind(lambda use: use.address_class in ("AWS_PUBLIC", "PRIVATE"))
        if not self._slots and not known:
            self._bind(lambda use: use.address_class == "PUBLIC" and by_agent(use.activity))

    def _bind(self, may: Callable[[Use], bool]) -> None:
        for use in self._uses:
            if may(use) and not self._is_twin(use.activity):
                self._slots.setdefault(self._slot(use), use)

    def _is_twin(self, a: Activity) -> bool:
        """A key of IMDSv1 that woke up after one of IMDSv2 spoke. What speaks later takes nothing back from what was bound."""
        return self.newer_delivery and a.delivery == "1.0" and a.first_at >= self._newer_since

    def _slot(self, use: Use) -> tuple[int, str]:
        if use.address_class == "PRIVATE":
            return 0, use.activity.vpce_id or "private"
        return bisect_right(self._changes, use.activity.first_at), "public"

    def bound(self, use: Use) -> bool:
        """Whether the use is from a bound address of its time."""
        slot = self._slots.get(self._slot(use))
        return slot is not None and slot.activity.address == use.activity.address

    def others(self, use: Use) -> list[Use]:
        """Bound addresses that the use can be held against: any for a use outside AWS, else a public one of the same time."""
        mine = self._slot(use)
        if use.address_class == "PUBLIC":
            return [one for one in self._slots.values() if one.activity.address != use.activity.address]
        one = self._slots.get(mine)
        return [one] if one is not None and one.activity.address != use.activity.address else []

    def habitual(self, address: str, created: Callable[[str], int]) -> bool:
        """Used over more issuances and longer than any one stolen credential could."""
        at = self._at[address]
        sessions = {created(a.identity) for a in at}
        return len(sessions) > 1 and max(a.last_at for a in at) - min(a.first_at for a in at) > LIFE

    def systems_at(self, others: Sequence[Use]) -> frozenset[str]:
        """Operating systems of the clients at these addresses."""
        return frozenset(
            system_of(a.agent) for address in {one.activity.address for one in others} for a in self._at[address]
        ) - {""}

    def first_call(self, address: str) -> Activity:
        return self._at[address][0]

    def alternates(self, address: str) -> bool:
        """Whether a bound address spoke within five minutes of this one."""
        if address not in self._alternating:
            there = [a for other in self._bound_addresses() - {address} for a in self._at[other]]
            self._alternating[address] = any(
                a.first_at - ALTERNATING <= b.last_at and b.first_at <= a.last_at + ALTERNATING
                for a in self._at[address]
                for b in there
            )
        return self._alternating[address]

    def rogue_agents(self) -> bool:
        """Whether two agents of this instance speak from two addresses at once."""
        if self._rogue is None:
            agents = [of for all_ in self._at.values() if (of := [a for a in all_ if by_agent(a)])]
            self._rogue = any(_at_once(one, other) for one, other in combinations(agents, 2))
        return self._rogue

    def agent_at(self, address: str) -> bool:
        return any(by_agent(a) for a in self._at[address])

    def _bound_addresses(self) -> set[str]:
        return {one.activity.address for one in self._slots.values()}


def _at_once(one: Sequence[Activity], other: Sequence[Activity]) -> bool:
    """Whether calls from one address lie between calls from another, and no single agent makes both."""
    apart = max(a.last_at for a in one) < min(a.first_at for a in other) or max(a.last_at for a in other) < min(
        a.first_at for a in one
    )
    kinds = [{services_of(a): a for a in of}.values() for of in (one, other)]
    return not apart and any(contradict(a, b) for a, b in product(*kinds))


class Circumstances(NamedTuple):
    """What modifiers look at besides the binding."""

    neighbours: Neighbours
    touched: Sequence[Action]
    created: Callable[[str], int]  # issue time of a session
    later_known: Callable[[str, int], bool]  # whether an address became the instance's own after a time
    mine: frozenset[str]  # the instance's own identities


def modifiers(use: Use, binding: Binding, around: Circumstances) -> list[Basis]:
    """Everything that raises or lowers a new address, before the binding's own classes (`weigh`)."""
    a = use.activity
    habitual = binding.habitual(a.address, around.created)
    found = [
        *_other_hands(a, around), *_same_caller(a, around), *_foreign(use, binding),
        *([] if habitual else [*_who_am_i(a, binding), *_alternates(a, binding), *_second_agent(a, binding)]),
    ]  # fmt: skip
    if a.delivery == "1.0" and binding.newer_delivery:
        found.append(_basis(a, "the key was handed out by IMDSv1, while the agent uses IMDSv2", OLD_DELIVERY))
    if around.later_known(a.address, a.last_at):
        found.append(_basis(a, "the address became the instance's own later", LATER_KNOWN))
    return found


def weigh(use: Use, binding: Binding, around: Circumstances) -> Weighed:
    """The verdict of first use for one direct use from outside our network."""
    a, others = use.activity, binding.others(use)
    if speaks_as_agent(a) and not binding.rogue_agents():
        text = "the SSM agent's own calls; whoever holds the credentials can speak as it, so this confirms nothing"
        return Weighed("CONSISTENT", CONSISTENT, (_basis(a, text, CONSISTENT),))
    if binding.bound(use) or not others:
        text = "the first address seen of this instance" if binding.bound(use) else "nothing to compare this address with"
        return Weighed("CONSISTENT", CONSISTENT, (_basis(a, text, CONSISTENT), *_shown(a, around)))
    against = ", ".join(sorted({one.activity.address for one in others})[:3])
    reasons = [_basis(a, f"{a.address} is another address than {against}, from which this instance speaks", NEW, others[0])]
    reasons += modifiers(use, binding, around)
    verdict = "NEW_ADDRESS"
    if use.address_class == "PUBLIC":
        verdict, more = _outside(use, others, binding, around, raised=any(reason.weight > 0 for reason in reasons[1:]))
        reasons += more
    return Weighed(verdict, total(reasons), tuple(reasons))


def _shown(a: Activity, around: Circumstances) -> list[Basis]:
    """What speaks against an address that nothing can be held against: said, and weighing nothing."""
    touched = _same_caller(a, around)
    return [one._replace(weight=0.0) for one in (*touched, *(_other_hands(a, around) if touched else ()))]


def total(reasons: Sequence[Basis]) -> float:
    return round(max(0.0, min(CAP, sum(reason.weight for reason in reasons))), 2)


def speaks_as_agent(a: Activity) -> bool:
    """A call as the SSM agent makes it, with a key it would use."""
    return by_agent(a) and a.delivery != "1.0"


def _outside(
    use: Use, others: Sequence[Use], binding: Binding, around: Circumstances, *, raised: bool
) -> tuple[str, list[Basis]]:
    """GuardDuty's classic case, unless other instances leave by the same address, or it is an old habit."""
    a = use.activity
    from_aws = [one for one in others if one.address_class in ("AWS_PUBLIC", "PRIVATE")]
    shared = sorted({n.instance for n in around.neighbours(a.address) if n.instance and n.identity not in around.mine})
    if from_aws and not shared and not binding.habitual(a.address, around.created):
        text = f"this instance speaks from inside AWS ({from_aws[0].activity.address}), and {a.address} is outside AWS"
        return "OFF_INSTANCE_OUTSIDE_AWS", [_basis(a, text, LEFT_AWS, from_aws[0])]
    if shared:
        return "NEW_ADDRESS", [_basis(a, f"{len(shared)} other instances use this address: it may be a shared egress", -LEFT_AWS)]
    return ("PROBABLE_OFF_INSTANCE_OUTSIDE_AWS" if raised else "NEW_ADDRESS"), []


def _other_hands(a: Activity, around: Circumstances) -> list[Basis]:
    others = [n for n in around.neighbours(a.address) if n.identity not in around.mine]
    near = [n for n in others if n.first_at <= a.last_at + NEAR and n.last_at >= a.first_at - NEAR]
    principals = {n.principal for n in others if a.first_at - WEEK <= n.last_at and n.first_at <= a.last_at}
    person = next((n for n in near if n.kind == "person"), None)
    if person is None or len(principals) >= FEW_PRINCIPALS:
        return []
    text = f"{person.label} used the same address within 15 minutes"
    return [Basis(text, OTHER_HANDS, (event_ref(person.first_at, person.first_event),))]


def _same_caller(a: Activity, around: Circumstances) -> list[Basis]:
    for action in reversed(around.touched):
        if abs(a.first_at - action.at) <= NEAR or a.first_at <= action.at <= a.last_at:
            text = f"{action.event_name} went to this instance {abs(a.first_at - action.at)} s {'before' if action.at <= a.first_at else 'after'}"
            return [Basis(text, SAME_CALLER, (event_ref(action.at, action.event_id),))]
    return []


def _foreign(use: Use, binding: Binding) -> list[Basis]:
    a = use.activity
    system, known = system_of(a.agent), binding.systems_at(binding.others(use))
    if system and (system not in known if known else system in ODD_SYSTEMS):
        return [_basis(a, f"the client runs on {system}, which is foreign to this instance", FOREIGN_AGENT)]
    return []


def _who_am_i(a: Activity, binding: Binding) -> list[Basis]:
    first = binding.first_call(a.address)
    if first.first_name == "GetCallerIdentity":
        return [_basis(first, "its first call there was GetCallerIdentity", WHO_AM_I)]
    return []


def _alternates(a: Activity, binding: Binding) -> list[Basis]:
    if binding.alternates(a.address):
        return [_basis(a, "two addresses speak within five minutes of each other", ALTERNATES)]
    return []


def _second_agent(a: Activity, binding: Binding) -> list[Basis]:
    """An agent that is away while the instance's own speaks before and after; a moved instance would not come back."""
    if binding.rogue_agents() and binding.agent_at(a.address):
        return [_basis(a, "an SSM agent spoke there while this instance's own spoke from its address", SECOND_AGENT)]
    return []


def _basis(a: Activity, text: str, weight: float, other: Use | None = None) -> Basis:
    events = [event_ref(a.first_at, a.first_event)]
    if other is not None:
        events.append(event_ref(other.activity.first_at, other.activity.first_event))
    return Basis(text, weight, tuple(events))
