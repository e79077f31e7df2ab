"""Judging some identities: their stories, what each shows, what rules say of it, and what it may vouch for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from roletrail.detect import habits
from roletrail.detect.deeds import REVOKE_OLDER, detail_of
from roletrail.detect.finding import Finding
from roletrail.detect.own import is_own_reading
from roletrail.detect.past import Days, Past, Shown
from roletrail.detect.responders import Responder, is_response, is_unknown_use
from roletrail.detect.rule import LOUDNESS, Facet, Rule, facets, findings_by, shows_news
from roletrail.detect.story import Story
from roletrail.detect.verdict import UseVerdict
from roletrail.stores.judging import Judged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.gathering import Gathering
from roletrail.usecases.findings.given import Given
from roletrail.usecases.findings.usual import EVER, Usual, usual
from roletrail.usecases.findings.ways import Ways
from roletrail.usecases.investigations.flow import flowed
from roletrail.usecases.places.off_instance import telling_uses

OPEN_FROM = next(score for score, severity in LOUDNESS if severity == "medium")
"""Least score of an open finding whose session may not vouch for what is usual."""


Verdicts = Mapping[str, Sequence[UseVerdict]]
"""By session. Few say something against a use: of ten million events some hundreds."""


MOST_BY_HEART = 50_000
"""Habits, some 180 bytes each in either process."""


class Case(NamedTuple):
    """Identities that are judged together, before anybody asked what was usual; and what was, then."""

    ids: Sequence[str]
    stories: list[Story]
    shown: Mapping[str, Shown]
    usual: Usual


class Judge:
    """Knows the estate, and remembers between two cases what both are held against."""

    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule]) -> None:
        self._graph = graph
        self._given = given
        self._rules = rules
        self._first_at = graph.totals().first_at
        self._memory: Days | None = None
        self._written = True
        self._own = frozenset(graph.accounts_loaded())
        self._attacker = flowed(graph, given.marks).sides.attacker if given.marks else frozenset[str]()
        self.places: Verdicts | None = None
        """Verdicts that rules look at on where workloads' credentials were used: None as long as nobody looked."""
        self._asked_of: dict[frozenset[Facet], list[Rule]] = {}
        self._ways = Ways(graph)

    def look_at_places(self, only: Collection[str] = ()) -> None:
        """Of all workloads, or of those that own `only`. Once: verdicts hold for the run."""
        if self.places is not None:
            return
        found: defaultdict[str, list[UseVerdict]] = defaultdict(list)
        if self._given.inventory is not None:
            for verdict in telling_uses(self._graph, self._given.inventory, only):
                found[verdict.session_id].append(verdict)
        self.places = dict(found)

    def begin(self, *, fresh: bool, written: bool = True) -> None:
        """What is judged next is everything there is, if `fresh`. Then what was shown is known by heart and the store is not asked,
        unless it is too much; what is not `written` is nowhere else."""
        self._memory = Days() if fresh else None
        self._written = written

    def case(self, ids: Sequence[str]) -> Case:
        """Everything that does not hang on what is judged before it, nor on verdicts on places."""
        if self._memory is not None and self._written and len(self._memory) > MOST_BY_HEART:
            self._memory = None
        gathering = Gathering(self._graph, ids, self._own, self._ways)
        stories = gathering.stories()
        shown = {story.node.id: habits.shown(story) for story in stories}
        known = usual(self._graph, stories, shown if self._memory is None else None, gathering.lively)
        return Case(ids, stories, shown, known)

    def judge(self, case: Case, lately: Collection[Shown] = ()) -> list[Judged]:
        """`lately` is what was left by cases that were judged, and perhaps not written, when this one was gathered."""
        days, last = self._known(case, lately)
        past = Past(self._first_at, days)
        vouched: Shown = {}
        judged: list[Judged] = []
        for story in sorted(self._told(case), key=lambda story: (story.at, story.node.id)):
            response = self._asks(is_response, story)
            told = story._replace(stranger=True) if self._asks(is_unknown_use, story) else story
            silent = response or (self._given.own_role and is_own_reading(story, self._given.own_role))
            held = facets(told, news=shows_news(case.shown[story.node.id], story.at, past))
            found = tuple(findings_by(() if silent else self._asked(held), told, past))
            mine = Shown()
            if not response and self._vouches(story, found):
                mine = _first_shown(case.shown[story.node.id], vouched)
                _add_days(days, mine, last)
            _add_revocations(mine, story)
            judged.append(Judged(story.node.id, found, mine))
        return judged

    def _known(self, case: Case, lately: Collection[Shown]) -> tuple[Days, int]:
        """Days that were shown before, and the last that is asked about: younger ones need not be known."""
        case.usual.learn(lately)
        if self._memory is None:
            return case.usual.days, case.usual.last
        for left in lately:
            for day, keys in left.items():
                self._memory.see_all(keys, day)
        return self._memory, EVER

    def _asks(self, question: Callable[[Sequence[Responder], str, str, str, int], bool], story: Story) -> bool:
        """Whether declared responders answer for it, or disown it. What they do in an incident is nothing usual either."""
        if not self._given.responders:
            return False
        node = story.node
        return question(self._given.responders, node.role_arn, node.name, node.source_identity, story.at)

    def _asked(self, held: frozenset[Facet]) -> list[Rule]:
        """Rules that have something to say about a story that holds this."""
        if held not in self._asked_of:
            self._asked_of[held] = [rule for rule in self._rules if rule.speaks_of(held)]
        return self._asked_of[held]

    def _told(self, case: Case) -> list[Story]:
        """The stories, with the times at which what they are of was revoked, others may have done so just now; and with what was
        said of the places their credentials were used at."""
        revoked, places = case.usual.revoked(), self.places or {}
        said = ((story, revoked.get(story.node.id, ()), _verdicts_on(story, places)) for story in case.stories)
        return [
            story._replace(revoked=times, verdicts=verdicts) if times or verdicts else story for story, times, verdicts in said
        ]

    def _vouches(self, story: Story, found: Collection[Finding]) -> bool:
        """Whether its days may count as usual: nothing open or confirmed, nobody marked above it."""
        if self._attacker and any(step.node.id in self._attacker for step in story.path):
            return False
        return not any(
            finding.id in self._given.confirmed or (finding.score >= OPEN_FROM and finding.id not in self._given.benign)
            for finding in found
        )


def _verdicts_on(story: Story, verdicts: Verdicts) -> tuple[UseVerdict, ...]:
    return tuple([verdict for step in story.path for verdict in verdicts.get(step.node.id, ())]) if verdicts else ()


def _add_days(days: Days, shown: Shown, last: int) -> None:
    for day, keys in shown.items():
        if day <= last:
            days.see_all(keys, day)


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
