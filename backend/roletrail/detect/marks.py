"""Marks: the line between attacker and owner, drawn by people on credentials, and how it flows down the lineage. Pure.

A mark speaks of an identity, of strands of its use (addresses, client families, a range of time), or of an address or client
wherever it turns up. What a marked use issued carries the mark on: sessions, created keys, instances. The nearer word counts: a
mark on an identity and a strand of it, then on the whole identity, then on an address or client alone, then what flowed down;
of two equally near ones the later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Side = Literal["attacker", "ours", "unclear"]
SIDES: tuple[Side, ...] = ("attacker", "ours", "unclear")


class Mark(NamedTuple):
    """`identity` "" is every identity; empty `addresses` and `agents` are all; `to` 0 has no end. A mark needs one of them."""

    side: Side
    identity: str = ""
    addresses: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    from_: int = 0
    to: int = 0
    set_at: int = 0
    n: int = 0  # tells marks of one second apart: the later has the larger
    id: str = ""

    @property
    def whole(self) -> bool:
        """Whether it speaks of all uses of what it names."""
        return not (self.addresses or self.agents or self.from_ or self.to)


class Use(NamedTuple):
    """Calls of one identity from one place: what of an activity a mark can speak of."""

    address: str
    agent: str
    first: int
    last: int


class Step(NamedTuple):
    """One join as marks follow it: who asked for or made the child, when, and from where. An unknown place is ""."""

    parent: str
    child: str
    at: int
    address: str
    agent: str
    primary: bool = True


class Sides(NamedTuple):
    """Identity ids by whose hands used them. `unclear` holds what people marked so and what more than one hand used; with
    `attacker` it is the upper bound. An identity nobody spoke of is in none."""

    attacker: frozenset[str]
    unclear: frozenset[str]
    ours: frozenset[str]

    @property
    def upper(self) -> frozenset[str]:
        return self.attacker | self.unclear

    def counted(self, ids: Sequence[str]) -> list[str]:
        """Of a lineage, what may be the attacker's: the upper bound when it holds any of it, else everything but ours."""
        upper = self.upper
        return [id_ for id_ in ids if id_ in upper] or [id_ for id_ in ids if id_ not in self.ours]


NOBODY = Sides(frozenset(), frozenset(), frozenset())


class Facts(NamedTuple):
    """What the flow looks at. `steps` has every join into a child; parents that are not keys of `uses` pass nothing on."""

    uses: Mapping[str, Sequence[Use]]
    steps: Mapping[str, Sequence[Step]]


def sides(marks: Iterable[Mark], facts: Facts) -> Sides:
    """The side of every identity of `facts.uses`. Iterative: lineages may be thousands deep."""
    flow = _Flow(marks, facts)
    found: dict[Side, set[str]] = {"attacker": set(), "ours": set(), "unclear": set()}
    for identity in facts.uses:
        side = flow.side_of(identity)
        if side is not None:
            found[side].add(identity)
    return Sides(frozenset(found["attacker"]), frozenset(found["unclear"]), frozenset(found["ours"]))


def side_of_use(marks: Iterable[Mark], facts: Facts, identity: str, use: Use) -> Side | None:
    """The side of one strand of an identity's use."""
    flow = _Flow(marks, facts)
    flow.side_of(identity)
    return flow.of_use(identity, use)


class Hands:
    """Whose hands made single calls of identities; what is above an identity is settled once."""

    def __init__(self, marks: Iterable[Mark], facts: Facts) -> None:
        self._flow = _Flow(marks, facts)

    def of_call(self, identity: str, use: Use) -> Side | None:
        self._flow.side_of(identity)
        return self._flow.of_use(identity, use)


class _Flow:
    def __init__(self, marks: Iterable[Mark], facts: Facts) -> None:
        ordered = sorted(marks, key=lambda mark: (mark.set_at, mark.n))
        self._facts = facts
        self._whole: dict[str, Side] = {mark.identity: mark.side for mark in ordered if mark.identity and mark.whole}
        self._strands: dict[str, list[Mark]] = {}
        for mark in ordered:
            if not (mark.identity and mark.whole):
                self._strands.setdefault(mark.identity, []).append(mark)
        self._inherited: dict[str, Side | None] = {}

    def side_of(self, identity: str) -> Side | None:
        self._inherit(identity)
        return self._of_all_uses(identity)

    def _of_all_uses(self, identity: str) -> Side | None:
        if uses := self._facts.uses.get(identity, ()):
            return _together([self.of_use(identity, use) for use in uses])
        if identity in self._whole:
            return self._whole[identity]
        return self._inherited.get(identity)

    def of_use(self, identity: str, use: Use) -> Side | None:
        """The nearest word on one use. Marks of a range count where the use overlaps it."""
        own = _latest(self._strands.get(identity, ()), use)
        if own is not None:
            return own
        if identity in self._whole:
            return self._whole[identity]
        anywhere = _latest(self._strands.get("", ()), use)
        return anywhere if anywhere is not None else self._inherited.get(identity)

    def _inherit(self, identity: str) -> None:
        """Settle what flows down to an identity, and to all above it first."""
        waiting = [identity]
        entered: set[str] = set()
        while waiting:
            current = waiting[-1]
            if current in self._inherited:
                waiting.pop()
                continue
            if current not in entered:
                entered.add(current)
                above = {step.parent for step in self._facts.steps.get(current, ()) if step.parent in self._facts.uses}
                if missing := [up for up in above if up not in self._inherited and up not in entered]:
                    waiting.extend(missing)
                    continue
            waiting.pop()
            self._inherited[current] = self._flowed(self._facts.steps.get(current, ()))

    def _flowed(self, steps: Sequence[Step]) -> Side | None:
        """What the primary parent hands down. Another possible parent on the attacker's side makes it unclear."""
        known = [step for step in steps if step.parent in self._facts.uses]
        primary: list[Side | None] = [self._handed(step) for step in known if step.primary]
        others = [self._handed(step) for step in known if not step.primary]
        if "attacker" not in primary and ("attacker" in others or "unclear" in others):
            return "unclear"
        return primary[0] if primary else None

    def _handed(self, step: Step) -> Side | None:
        """The side of the use that issued: where its place is not known, that of all its parent's uses."""
        if step.address or step.agent:
            return self.of_use(step.parent, Use(step.address, step.agent, step.at, step.at))
        return self._of_all_uses(step.parent)


def _latest(marks: Sequence[Mark], use: Use) -> Side | None:
    for mark in reversed(marks):
        if _speaks_of(mark, use):
            return mark.side
    return None


def _speaks_of(mark: Mark, use: Use) -> bool:
    return (
        (not mark.addresses or use.address in mark.addresses)
        and (not mark.agents or use.agent in mark.agents)
        and use.last >= mark.from_
        and (not mark.to or use.first < mark.to)
    )


def _together(found: Sequence[Side | None]) -> Side | None:
    """One side for several uses: more than one hand, one of them perhaps the attacker's, is unclear."""
    if found and all(side == found[0] for side in found):
        return found[0]
    if "attacker" in found or "unclear" in found:
        return "unclear"
    return None
