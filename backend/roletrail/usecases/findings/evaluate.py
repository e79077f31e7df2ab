"""Judging what changed: the one use-case that runs after every ingest, and by `roletrail rules evaluate`.

Identities are judged in the order of event time, so that what is usual is known when somebody asks for it: a day
becomes part of the baseline a week later, and only by sessions nothing was found on.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect import habits
from roletrail.detect.deeds import REVOKE_OLDER, detail_of
from roletrail.detect.finding import Finding
from roletrail.detect.marks import Mark
from roletrail.detect.own import is_own_reading
from roletrail.detect.past import DAY, SETTLED_DAYS, WINDOW_DAYS, Past, Shown
from roletrail.detect.responders import Responder, is_response, is_unknown_use
from roletrail.detect.rule import LOUDNESS, Facet, Rule, facets, findings_by
from roletrail.detect.rules import RULES
from roletrail.detect.story import Story, Use
from roletrail.detect.verdict import UseVerdict
from roletrail.inventory.port import Inventory
from roletrail.stores.collector import collector_paused
from roletrail.stores.judging import FindingQuery, Judged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.gathering import Gathering
from roletrail.usecases.investigations.flow import flowed
from roletrail.usecases.places.off_instance import telling_uses

BATCH = 5_000
AT_ONCE = 2_500
"""Stories held at once: some 10 kB each."""

OPEN_FROM = next(score for score, severity in LOUDNESS if severity == "medium")
"""Least score of an open finding whose session may not vouch for what is usual."""


class Given(NamedTuple):
    """What judging is given beside the store: what people said of findings and of credentials, and the inventory. Without an
    inventory nothing is said of where workloads' credentials were used."""

    benign: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    inventory: Inventory | None = None
    responders: tuple[Responder, ...] = ()
    own_role: str = ""  # ARN of the role Roletrail reads AWS with
    announce: Callable[[GraphStore], object] | None = (
        None  # called when something was judged: watched pins are looked at, findings go out
    )


NOBODY = Given()


class Evaluated(NamedTuple):
    identities: int
    findings: int
    severities: dict[str, int]
    seconds: float


def evaluate(
    graph: GraphStore,
    actor: Actor,
    given: Given = NOBODY,
    *,
    rules: Collection[Rule] = RULES,
    everything: bool = False,
    judged: Callable[[int], None] | None = None,
) -> Evaluated:
    """Judge what is unjudged, or everything anew. `judged` hears how many identities are done."""
    require(actor, "rules.evaluate")
    started = time.monotonic()
    if everything:
        graph.forget_judgements()
    run = _Run(graph, given, rules)
    with collector_paused():
        while batch := run.batch():
            if judged is not None:
                judged(batch)
    if given.announce is not None and run.identities:
        given.announce(graph)
    return Evaluated(run.identities, sum(run.severities.values()), dict(run.severities), time.monotonic() - started)


class _Run:
    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule]) -> None:
        self._graph = graph
        self._given = given
        self._rules = rules
        self._first_at = graph.totals().first_at
        self._own = frozenset(graph.accounts_loaded())
        self._attacker = flowed(graph, given.marks).sides.attacker if given.marks else frozenset[str]()
        self._verdicts: dict[str, list[UseVerdict]] | None = None
        self._asked_of: dict[frozenset[Facet], list[Rule]] = {}
        self._asked_late = False
        self._looked: set[str] = set()
        self._uses: dict[str, Use] = {}
        self.identities = 0
        self.severities: Counter[str] = Counter()

    def batch(self) -> int:
        """Judge some; returns how many, 0 when none were left."""
        todo = self._graph.unjudged(BATCH)
        if not todo.ids:
            return 0
        only = todo.ids if len(todo.ids) < BATCH else ()
        for start in range(0, len(todo.ids), AT_ONCE):
            if not self._take(todo.ids[start : start + AT_ONCE], only, todo.token):
                break
        return len(todo.ids)

    def _take(self, ids: Sequence[str], only: Sequence[str], token: object) -> bool:
        """Judge these; False when they are late, and others were left to be judged with them, which come first."""
        stories = self._stories(ids, only)
        if not self._asked_late:
            self._asked_late = True
            if self._is_late(stories):
                return False
        found = self._judge(stories)
        gone = set(ids) - {story.node.id for story in stories}
        self._graph.put_judged([*found, *(Judged(id_, (), {}) for id_ in sorted(gone))], token)
        self._look_again(stories)
        self.identities += len(stories)
        return True

    def _stories(self, ids: Sequence[str], only: Sequence[str] = ()) -> list[Story]:
        if self._verdicts is None:
            self._verdicts = self._used_where(only)
        return Gathering(self._graph, ids, self._own, self._verdicts, self._uses).stories()

    def _used_where(self, only: Sequence[str]) -> dict[str, list[UseVerdict]]:
        """Verdicts that rules look at on where workloads' credentials were used, by session: of all, or of the workloads that
        own `only`."""
        found: defaultdict[str, list[UseVerdict]] = defaultdict(list)
        if self._given.inventory is not None:
            for verdict in telling_uses(self._graph, self._given.inventory, only):
                found[verdict.session_id].append(verdict)
        return dict(found)

    def anew(self) -> list[Finding]:
        """Everything, from an empty memory."""
        ids = self._graph.identities_by_time()
        days: defaultdict[int, set[int]] = defaultdict(set)
        found: list[Finding] = []
        for start in range(0, len(ids), BATCH):
            stories = self._stories(ids[start : start + BATCH])
            found += [finding for one in self._judge(stories, days) for finding in one.findings]
        return found

    def _judge(self, stories: list[Story], at_hand: defaultdict[int, set[int]] | None = None) -> list[Judged]:
        """`at_hand` is what was shown so far, where nothing is written."""
        shown = {story.node.id: habits.shown(story) for story in stories}
        days = self._days(stories, shown.values()) if at_hand is None else at_hand
        past = Past(self._first_at, days)
        vouched: Shown = {}
        last = _last_asked(stories) if at_hand is None else EVER
        judged: list[Judged] = []
        for story in sorted(stories, key=lambda story: (story.at, story.node.id)):
            response = self._asks(is_response, story)
            told = story._replace(stranger=True) if self._asks(is_unknown_use, story) else story
            silent = response or (self._given.own_role and is_own_reading(story, self._given.own_role))
            rules = () if silent else self._asked(facets(told))
            found = tuple(findings_by(rules, told, past))
            if found:
                self.severities.update([finding.severity for finding in found])
            mine = Shown()
            if not response and self._vouches(story, found):
                mine = _first_shown(shown[story.node.id], vouched)
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

    def _days(self, stories: Collection[Story], shown: Iterable[Shown]) -> defaultdict[int, set[int]]:
        times = {day for one in shown for day in one} or {story.at // DAY for story in stories} or {0}
        wanted = set[int]().union(*(keys for one in shown for keys in one.values()))
        stored = self._graph.habit_days(wanted, min(times) - WINDOW_DAYS, max(times))
        return defaultdict(set, {key: set(days) for key, days in stored.items()})

    def _vouches(self, story: Story, found: Collection[Finding]) -> bool:
        """Whether its days may count as usual: nothing open or confirmed, nobody marked above it."""
        if self._attacker and any(step.node.id in self._attacker for step in story.path):
            return False
        return not any(
            finding.id in self._given.confirmed or (finding.score >= OPEN_FROM and finding.id not in self._given.benign)
            for finding in found
        )

    def _is_late(self, stories: Collection[Story]) -> bool:
        """True when older logs came in than some that were judged: then what was found on those is judged again. What comes
        before everything changes since when there is a baseline at all, and everything is judged again."""
        judged_days = [day for _, day, _, _ in self._graph.finding_counts()]
        ours = [story.at // DAY for story in stories if story.node.kind == "session" and story.node.issued_at]
        if not judged_days or not ours or min(ours) + SETTLED_DAYS > max(judged_days):
            return False
        if min(ours) < min(judged_days):
            self._graph.forget_judgements()
            return True
        self._graph.unjudge(self._found_since((min(ours) + SETTLED_DAYS) * DAY))
        return True

    def _look_again(self, stories: Collection[Story]) -> None:
        """Sessions of a role that was revoked began before whoever revoked it: they were judged without knowing."""
        revoked = {
            (f"arn:{story.node.partition}:iam::{a.account}:role/{a.target}", a.at)
            for story in stories
            if story.node.id not in self._looked
            for a in story.actions
            if a.event_name == "PutRolePolicy" and not a.error_code and detail_of(a.detail).get("policy_name") == REVOKE_OLDER
        }
        self._looked.update(story.node.id for story in stories if story.actions)
        for role_arn, at in sorted(revoked):
            found = self._graph.sessions_of_role([role_arn], at - 36 * 3600, at, 1000)
            self._graph.unjudge([id_ for sessions in found.values() for _, id_, _ in sessions])

    def _found_since(self, since: int) -> set[str]:
        ids: set[str] = set()
        query = FindingQuery(from_=since, limit=1000)
        while True:
            page, query = self._page(query)
            ids |= {finding.subject.partition("\x1f")[0] for finding in page}
            if not query.after:
                return ids

    def _page(self, query: FindingQuery) -> tuple[list[Finding], FindingQuery]:
        found, after = self._graph.findings(query)
        return found, query._replace(after=after)


def judge_anew(graph: GraphStore, given: Given, rules: Collection[Rule]) -> list[Finding]:
    """What these rules say of everything, written nowhere: identities in the order of time, days remembered here."""
    run = _Run(graph, given, rules)
    return run.anew()


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
