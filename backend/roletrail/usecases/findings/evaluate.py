"""Judging what changed: the one use-case that runs after every ingest, and by `roletrail rules evaluate`.

Identities are judged in the order of event time, so that what is usual is known when somebody asks for it: a day
becomes part of the baseline a week later, and only by sessions nothing was found on.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.deeds import REVOKE_OLDER, detail_of
from roletrail.detect.finding import Finding
from roletrail.detect.past import DAY, SETTLED_DAYS
from roletrail.detect.rule import Rule
from roletrail.detect.rules import RULES
from roletrail.detect.story import Story
from roletrail.stores.collector import collector_paused
from roletrail.stores.judging import FindingQuery, Judged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.given import NOBODY, Given
from roletrail.usecases.findings.judge import Case, Judge, Verdicts
from roletrail.usecases.findings.turns import Beside, Turns, beside, may_fork

log = logging.getLogger(__name__)

BATCH = 20_000
FEW = 5_000
"""Identities from which on verdicts on places are told of all workloads, and a second process judges along."""
AT_ONCE = 2_500
"""Stories held at once: some 10 kB each."""


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
    second: Beside | None = None,
) -> Evaluated:
    """Judge what is unjudged, or everything anew; with a `second_judge` that was given the same, if there is one."""
    require(actor, "rules.evaluate")
    started = time.monotonic()
    if everything:
        graph.forget_judgements()
    run = _Run(graph, given, rules, second if graph.judged_in_turns else None)
    with collector_paused():
        while run.batch():
            pass
    if given.announce is not None and run.identities:
        given.announce(graph)
    return Evaluated(run.identities, sum(run.severities.values()), dict(run.severities), time.monotonic() - started)


@contextmanager
def second_judge(open_store: Callable[[], GraphStore], given: Given = NOBODY) -> Iterator[Beside | None]:
    """A process that judges along inside, by all rules, when there is much to judge. Made before any thread is, and while this
    process is small; None where that would not be safe, or of no use."""
    if not may_fork():
        yield None
        return
    with beside(lambda turns: _judge_along(open_store, given, turns)) as other:
        yield other


def _judge_along(open_store: Callable[[], GraphStore], given: Given, turns: Turns) -> None:
    share: Share = turns.wait()
    run = _Run(open_store(), given, RULES, None)
    with collector_paused():
        while True:
            run.along(share, turns)
            share = turns.wait()


class Share(NamedTuple):
    """What the second judges of a batch, every case in its turn, and what it may need for that."""

    cases: Sequence[Sequence[str]]
    token: object
    verdicts: Verdicts
    looked: frozenset[str]


class Took(NamedTuple):
    """What came of judging some identities. `looked`: those of which the sessions they revoked were looked up."""

    identities: int
    severities: Counter[str]
    looked: frozenset[str]


class _Run:
    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule], second: Beside | None = None) -> None:
        self._graph = graph
        self._judge = Judge(graph, given, rules)
        self._asked_late = False
        self._looked: set[str] = set()
        self._second = second
        self.identities = 0
        self.severities: Counter[str] = Counter()

    def batch(self) -> int:
        """Judge some; returns how many, 0 when none were left."""
        todo = self._graph.unjudged(BATCH)
        if not todo.ids:
            return 0
        self._judge.look_at_places(todo.ids if len(todo.ids) < FEW else ())
        if self._second is None or len(todo.ids) < FEW:
            self._one_by_one(_evenly(todo.ids), todo.token)
        else:
            self._in_turns(_evenly(todo.ids), todo.token, self._second)
        return len(todo.ids)

    def _one_by_one(self, cases: Iterable[Sequence[str]], token: object) -> None:
        for ids in cases:
            case = self._judge.case(ids)
            if self._is_late(case):
                return
            self._note(self._settle(case, token))
            del case  # before the next one is read: two are twice the memory

    def _in_turns(self, cases: Sequence[Sequence[str]], token: object, second: Beside) -> None:
        """Two processes gather stories at the same time and judge them in turn, each what the other's last turn left behind."""
        second.ask(Share(cases[1::2], token, self._judge.verdicts, frozenset(self._looked)))
        for place, ids in enumerate(cases[::2]):
            case = self._judge.case(ids)
            if self._is_late(case):
                self._give_up(second)
                return
            if place and not self._heard(second):
                return
            self._note(self._settle(case, token))
            del case
            if 2 * place + 1 < len(cases):
                second.ask()
        if not len(cases) % 2:
            self._heard(second)

    def along(self, share: Share, turns: Turns) -> None:
        """The second's part."""
        self._judge.know_places(share.verdicts)
        self._looked |= share.looked
        for ids in share.cases:
            case = self._judge.case(ids)
            turns.wait()
            took = self._settle(case, share.token)
            del case
            self._note(took)
            turns.done(took)

    def _heard(self, second: Beside) -> bool:
        """False when it is no more: what it left is still unjudged, and this run goes on alone."""
        took: Took | None = second.answer()
        if took is None:
            log.warning("the process that judged along has ended; judging goes on in one process")
            self._second = None
            return False
        self._note(took)
        return True

    def _give_up(self, second: Beside) -> None:
        """Logs of before came in, and what it has gathered is judged later."""
        second.end()
        self._second = None

    def _settle(self, case: Case, token: object) -> Took:
        """Judge what is gathered, and write it."""
        found = self._judge.judge(case)
        gone = set(case.ids) - {one.id for one in found}
        self._graph.put_judged([*found, *(Judged(id_, (), {}) for id_ in sorted(gone))], token)
        severities = Counter([finding.severity for one in found for finding in one.findings])
        return Took(len(found), severities, self._look_again(case.stories))

    def _note(self, took: Took) -> None:
        self.identities += took.identities
        self.severities.update(took.severities)
        self._looked |= took.looked

    def anew(self) -> list[Finding]:
        """Everything, from an empty memory."""
        self._judge.look_at_places()
        ids = self._graph.identities_by_time()
        days: defaultdict[int, set[int]] = defaultdict(set)
        found: list[Finding] = []
        for start in range(0, len(ids), AT_ONCE):
            case = self._judge.case(ids[start : start + AT_ONCE])
            found += [finding for one in self._judge.judge(case, days) for finding in one.findings]
            del case
        return found

    def _is_late(self, case: Case) -> bool:
        """True when older logs came in than some that were judged: then what was found on those is judged again, in time with
        these. What comes before everything changes since when there is a baseline at all, and everything is judged again."""
        if self._asked_late:
            return False
        self._asked_late = True
        judged_days = [day for _, day, _, _ in self._graph.finding_counts()]
        ours = [story.at // DAY for story in case.stories if story.node.kind == "session" and story.node.issued_at]
        if not judged_days or not ours or min(ours) + SETTLED_DAYS > max(judged_days):
            return False
        if min(ours) < min(judged_days):
            self._graph.forget_judgements()
            return True
        self._graph.unjudge(self._found_since((min(ours) + SETTLED_DAYS) * DAY))
        return True

    def _look_again(self, stories: Collection[Story]) -> frozenset[str]:
        """Sessions of a role that was revoked began before whoever revoked it: they were judged without knowing. Once: whoever
        revoked may be among them. Returns who did."""
        revoked: dict[tuple[str, int], str] = {
            (f"arn:{story.node.partition}:iam::{a.account}:role/{a.target}", a.at): story.node.id
            for story in stories
            if story.node.id not in self._looked
            for a in story.actions
            if a.event_name == "PutRolePolicy" and not a.error_code and detail_of(a.detail).get("policy_name") == REVOKE_OLDER
        }
        for role_arn, at in sorted(revoked):
            found = self._graph.sessions_of_role([role_arn], at - 36 * 3600, at, 1000)
            self._graph.unjudge([id_ for sessions in found.values() for _, id_, _ in sessions])
        return frozenset(revoked.values())

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


def _evenly(ids: Sequence[str]) -> list[Sequence[str]]:
    """In cases of about one size, an even number of them when there are several: two processes have as much to do."""
    count = -(-len(ids) // AT_ONCE)
    size = -(-len(ids) // (count + count % 2 if count > 1 else count))
    return [ids[start : start + size] for start in range(0, len(ids), size)]
