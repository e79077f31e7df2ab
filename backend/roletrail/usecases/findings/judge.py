"""Judging some identities: their stories, what each shows, what rules say of it, and what it may vouch for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from roletrail.detect import habits
from roletrail.detect.deeds import REVOKE_OLDER, detail_of
from roletrail.detect.finding import Finding
from roletrail.detect.own import is_own_reading
from roletrail.detect.past import DAY, SETTLED_DAYS, WINDOW_DAYS, Past, Shown
from roletrail.detect.responders import Responder, is_response, is_unknown_use
from roletrail.detect.rule import LOUDNESS, Facet, Rule, facets, findings_by
from roletrail.detect.story import Story
from roletrail.detect.verdict import UseVerdict
from roletrail.stores.judging import Judged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.gathering import Gathering, revocations
from roletrail.usecases.findings.given import Given
from roletrail.usecases.findings.ways import Ways
from roletrail.usecases.investigations.flow import flowed
from roletrail.usecases.places.off_instance import telling_uses

OPEN_FROM = next(score for score, severity in LOUDNESS if severity == "medium")
"""Least score of an open finding whose session may not vouch for what is usual."""


Verdicts = Mapping[str, Sequence[UseVerdict]]


class Case(NamedTuple):
    """Identities that are judged together, before anybody asked what was usual. `lively`: those whose uses were read."""

    ids: Sequence[str]
    stories: list[Story]
    shown: Mapping[str, Shown]
    lively: Collection[str]


class Judge:
    """Knows the estate, and remembers between two cases what both are held against."""

    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule]) -> None:
        self._graph = graph
        self._given = given
        self._rules = rules
        self._first_at = graph.totals().first_at
        self._own = frozenset(graph.accounts_loaded())
        self._attacker = flowed(graph, given.marks).sides.attacker if given.marks else frozenset[str]()
        self._verdicts: Verdicts | None = None
        self._asked_of: dict[frozenset[Facet], list[Rule]] = {}
        self._ways = Ways(graph)

    @property
    def verdicts(self) -> Verdicts:
        """Verdicts that rules look at on where workloads' credentials were used, by session."""
        return self._verdicts or {}

    def know_places(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts

    def look_at_places(self, only: Collection[str] = ()) -> None:
        """Of all workloads, or of those that own `only`. Once: verdicts hold for the run."""
        if self._verdicts is not None:
            return
        found: defaultdict[str, list[UseVerdict]] = defaultdict(list)
        if self._given.inventory is not None:
            for verdict in telling_uses(self._graph, self._given.inventory, only):
                found[verdict.session_id].append(verdict)
        self._verdicts = dict(found)

    def case(self, ids: Sequence[str]) -> Case:
        """Everything that does not hang on what was judged before."""
        gathering = Gathering(self._graph, ids, self._own, self.verdicts, self._ways)
        stories = gathering.stories()
        return Case(ids, stories, {story.node.id: habits.shown(story) for story in stories}, gathering.lively)

    def judge(self, case: Case, at_hand: defaultdict[int, set[int]] | None = None) -> list[Judged]:
        """`at_hand` is what was shown so far, where nothing is written."""
        last = _last_asked(case.stories) if at_hand is None else EVER
        days = self._days(case, last) if at_hand is None else at_hand
        past = Past(self._first_at, days)
        vouched: Shown = {}
        judged: list[Judged] = []
        for story in sorted(self._revoked(case), key=lambda story: (story.at, story.node.id)):
            response = self._asks(is_response, story)
            told = story._replace(stranger=True) if self._asks(is_unknown_use, story) else story
            silent = response or (self._given.own_role and is_own_reading(story, self._given.own_role))
            found = tuple(findings_by(() if silent else self._asked(facets(told)), told, past))
            mine = Shown()
            if not response and self._vouches(story, found):
                mine = _first_shown(case.shown[story.node.id], vouched)
                _add_days(days, mine, last)
            _add_revocations(mine, story)
            judged.append(Judged(story.node.id, found, mine))
        return judged

    def _asks(self, question: Callable[[Sequence[Responder], str, str, str, int], bool], story: Story) -> bool:
        """Whether declared responders answer for it, or disown it. What they do in an incident is nothing usual either."""
        if not self._given.responders:
            return False
        node = story.node
        return question(self._given.responders, node.role_arn, node.name, node.source_identity, story.at)

    def _asked(self, held: frozenset[Facet]) -> list[Rule]:
        """Rules that have something to say about a story that holds this."""
        if held not in self._asked_of:
            self._asked_of[held] = [rule for rule in self._rules if rule.needs in held]
        return self._asked_of[held]

    def _revoked(self, case: Case) -> list[Story]:
        """The stories, with the times at which what they are of was revoked: others may have done so just now."""
        revoked = revocations(self._graph, [story.node for story in case.stories if story.node.id in case.lively])
        if not revoked:
            return case.stories
        return [story._replace(revoked=revoked.get(story.node.id, ())) for story in case.stories]

    def _days(self, case: Case, last: int) -> defaultdict[int, set[int]]:
        """Of every habit the stories show, up to the last day they are held against."""
        wanted: set[int] = set()
        first = EVER
        for shown in case.shown.values():
            if shown:
                first = min(first, *shown)
                wanted.update(*shown.values())
        stored = self._graph.habit_days(wanted, first - WINDOW_DAYS, last) if wanted else {}
        return defaultdict(set, {key: set(days) for key, days in stored.items()})

    def _vouches(self, story: Story, found: Collection[Finding]) -> bool:
        """Whether its days may count as usual: nothing open or confirmed, nobody marked above it."""
        if self._attacker and any(step.node.id in self._attacker for step in story.path):
            return False
        return not any(
            finding.id in self._given.confirmed or (finding.score >= OPEN_FROM and finding.id not in self._given.benign)
            for finding in found
        )


EVER = 1 << 40


def _last_asked(stories: Iterable[Story]) -> int:
    """The last day whose habits these are held against: younger ones are for those who come later, and only written."""
    last = 0
    for story in stories:
        last = max(last, story.at, story.last_seen)
        if story.actions or story.sign_ins:
            last = max(last, *(one.at for one in (*story.actions[-1:], *story.sign_ins[-1:])))
    return last // DAY - SETTLED_DAYS


def _add_days(days: Mapping[int, set[int]], shown: Shown, last: int) -> None:
    for day, keys in shown.items():
        if day <= last:
            for key in keys:
                days[key].add(day)


def _first_shown(shown: Shown, vouched: Shown) -> Shown:
    """What is vouched for of this for the first time among identities judged together: the first of them holds it."""
    fresh = {day: keys - vouched.get(day, _NONE) for day, keys in shown.items()}
    for day, keys in fresh.items():
        vouched.setdefault(day, set()).update(keys)
    return fresh


_NONE: frozenset[int] = frozenset()


_REVOKING = frozenset({"PutRolePolicy", "DeleteAccessKey", "UpdateAccessKey"})


def _add_revocations(found: Shown, story: Story) -> None:
    """When this identity revoked a role's sessions or switched a key off: kept whoever did it."""
    for a in story.actions:
        if a.error_code or a.event_name not in _REVOKING:
            continue
        detail = detail_of(a.detail)
        if a.event_name == "PutRolePolicy" and detail.get("policy_name") == REVOKE_OLDER:
            found.setdefault(a.at, set()).add(habits.revoked_key(f"{a.account}:{a.target}"))
        if a.event_name == "DeleteAccessKey" or (a.event_name == "UpdateAccessKey" and detail.get("status") == "Inactive"):
            found.setdefault(a.at, set()).add(habits.revoked_key(a.target))
