"""What was usual and what was revoked, as far as some stories ask: from the store, and from what was judged since it was read."""

from __future__ import annotations

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
    asked about, younger ones are for those who come later; `names`: keys of what may have revoked each identity, and of what;
    `seconds`: of revocations, by key."""

    wanted: frozenset[int]
    first: int
    last: int
    days: Days
    names: Mapping[str, tuple[Sequence[int], str]]
    seconds: Days

    def learn(self, lately: Iterable[Shown]) -> None:
        """What was left by cases that may not have been written when these stories were gathered."""
        asked = {key for keys, _ in self.names.values() for key in keys}
        for left in lately:
            for time, keys in left.items():
                if self.first <= time <= self.last:
                    self.days.see_all(keys & self.wanted, time)
                self.seconds.see_all(keys & asked, time)

    def revoked(self) -> dict[str, tuple[Use, ...]]:
        """Times at which what identities are was revoked, of those of which it was."""
        if not self.seconds:
            return {}
        found = {
            id_: tuple([Use("", at, "", "", what, "") for key in keys for at in self.seconds.of(key)])
            for id_, (keys, what) in self.names.items()
        }
        return {id_: uses for id_, uses in found.items() if uses}


def usual(graph: GraphStore, stories: Collection[Story], shown: Mapping[str, Shown], lively: Collection[str]) -> Usual:
    """Of stories and what each shows. `lively`: those whose uses were read, and that a revocation may have ended."""
    wanted: set[int] = set()
    first, last = EVER, _last_asked(stories)
    for one in shown.values():
        if one:
            first = min(first, *one)
            wanted.update(*one.values())
    days = graph.habit_days(wanted, first - WINDOW_DAYS, last) if wanted else Days()
    names = {story.node.id: _revoking(story.node) for story in stories if story.node.id in lively}
    seconds = graph.habit_days({key for keys, _ in names.values() for key in keys}, 0, EVER)
    return Usual(frozenset(wanted), first - WINDOW_DAYS, last, days, names, seconds)


def left_by(judged: Iterable[Judged]) -> Shown:
    """What later cases find of these."""
    left: Shown = {}
    for one in judged:
        for day, keys in one.habits.items():
            left.setdefault(day, set()).update(keys)
    return left


def _revoking(node: Node) -> tuple[list[int], str]:
    """Names a revocation may have for an identity: its role in its account, or its long-term keys."""
    own = f"{node.account}:{node.role_name}"
    names = node.access_key_ids if node.kind == "key" else (own,) if node.role_name else ()
    return [habits.revoked_key(name) for name in names], _REVOKED[node.kind == "key"]


def _last_asked(stories: Iterable[Story]) -> int:
    last = 0
    for story in stories:
        last = max(last, story.at, story.last_seen)
        if story.actions or story.sign_ins:
            last = max(last, *(one.at for one in (*story.actions[-1:], *story.sign_ins[-1:])))
    return last // DAY - SETTLED_DAYS
