"""What was usual and what was revoked, as far as some stories ask: from the store, and from what was judged since it was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from roletrail.detect import habits
from roletrail.detect.past import DAY, SETTLED_DAYS, WINDOW_DAYS, Days, Shown
from roletrail.detect.story import Story, Use
from roletrail.lineage.model import Node
from roletrail.stores.judging import Judged
from roletrail.stores.port import GraphStore

EVER = 1 << 40
_REVOKED = ("sessions of its role were revoked", "the key was switched off")


class Usual(NamedTuple):
    """As the store had it when the stories were gathered. `wanted`: the habits they show; `first` and `last`: days that are
    asked about, younger ones are for those who come later; `ended`: whom a revocation ended, by its key; `seconds`: of
    revocations, by key."""

    wanted: frozenset[int]
    first: int
    last: int
    days: Days
    ended: Mapping[int, Sequence[Node]]
    seconds: Days

    def learn(self, lately: Iterable[Shown]) -> None:
        """What was left by cases that may not have been written when these stories were gathered."""
        for left in lately:
            for time, keys in left.items():
                if self.first <= time <= self.last:
                    self.days.see_all(keys & self.wanted, time)
                self.seconds.see_all(keys & self.ended.keys(), time)

    def revoked(self) -> dict[str, tuple[Use, ...]]:
        """Times at which what identities are was revoked, of those of which it was."""
        found: dict[str, tuple[Use, ...]] = {}
        for key in self.ended if self.seconds else ():
            times = self.seconds.of(key)
            for node in self.ended[key] if times else ():
                uses = [Use("", at, "", "", _REVOKED[node.kind == "key"], "") for at in times]
                found[node.id] = (*found.get(node.id, ()), *uses)
        return found


def usual(graph: GraphStore, stories: Collection[Story], shown: Mapping[str, Shown] | None, lively: Collection[str]) -> Usual:
    """Of stories and what each shows, or, where that is known by heart, of what was revoked alone. `lively`: those whose uses were
    read, and that a revocation may have ended."""
    ended = _ended([story.node for story in stories if story.node.id in lively])
    seconds = graph.habit_days(ended, 0, EVER)
    if shown is None:
        return Usual(frozenset(), EVER, 0, Days(), ended, seconds)
    wanted: set[int] = set()
    wanted.update(*[habits.asked_besides(story) for story in stories])
    days_shown: set[int] = set()
    for one in shown.values():
        days_shown.update(one)
        wanted.update(*one.values())
    first, last = min(days_shown, default=EVER) - WINDOW_DAYS, _last_asked(stories)
    days = graph.habit_days(wanted, first, last) if wanted else Days()
    return Usual(frozenset(wanted), first, last, days, ended, seconds)


def left_by(judged: Iterable[Judged]) -> Shown:
    """What later cases find of these."""
    left: Shown = {}
    for one in judged:
        for day, keys in one.habits.items():
            left.setdefault(day, set()).update(keys)
    return left


def _ended(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    """By the names that a revocation may have for an identity: its role in its account, or its long-term keys."""
    by_name: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.kind == "key":
            for access_key_id in node.access_key_ids:
                by_name[access_key_id].append(node)
        elif node.role_name:
            by_name[f"{node.account}:{node.role_name}"].append(node)
    return {habits.revoked_key(name): many for name, many in by_name.items()}


def _last_asked(stories: Iterable[Story]) -> int:
    last = 0
    for story in stories:
        last = max(last, story.at, story.last_seen)
        if story.actions or story.sign_ins:
            last = max(last, *(one.at for one in (*story.actions[-1:], *story.sign_ins[-1:])))
    return last // DAY - SETTLED_DAYS
