"""Judging what changed: the one use-case that runs after every ingest, and by `roletrail rules evaluate`.

Identities are judged in the order of event time, so that what is usual is known when somebody asks for it: a day
becomes part of the baseline a week later, and only by sessions nothing was found on.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import accumulate, pairwise
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.finding import Finding
from roletrail.detect.past import DAY, SETTLED_DAYS, Shown
from roletrail.detect.rule import Rule
from roletrail.detect.rules import RULES
from roletrail.errors import RoletrailError
from roletrail.stores.collector import collector_paused
from roletrail.stores.judging import FindingQuery, Unjudged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.given import NOBODY, Given
from roletrail.usecases.findings.judge import Case, Verdicts
from roletrail.usecases.findings.turns import Beside, Ended, Turns, beside, may_fork
from roletrail.usecases.findings.usual import left_by
from roletrail.usecases.findings.work import Took, Work

log = logging.getLogger(__name__)

BATCH = 100_000
FEW = 5_000
"""Identities from which on verdicts on places are told of all workloads, and a second process judges along."""
AT_ONCE = 2_500
"""Stories held at once, some 10 kB each."""
QUARTERS = 8
"""As many more quarters of an hour with calls make a story as large as another: a key's has those of a month."""
LATELY = 2
"""Turns of the other process that may not have been written when a case was gathered: the one it had since, and the one it was
perhaps still writing. Before it gathered for those it had written all others."""


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
    if given.inventory is not None:
        with suppress(RoletrailError):  # who needs them says what is wrong with them
            given.inventory.ranges()  # while logs are looked for; kept for the first verdict on a place
    turns.wait()  # until somebody begins to judge
    with closing(open_store()) as graph, collector_paused():  # the last to close an SQLite store takes its log away
        work = Work(graph, given, RULES)
        while True:
            share: Share = turns.wait()
            _along(work, share, turns)


class Share(NamedTuple):
    """What the second judges of a batch, every case in its turn, and what it may need for that. `fresh`: the batch is everything
    there is. Without verdicts on places it tells them first, for both."""

    cases: Sequence[Sequence[str]]
    token: object
    fresh: bool
    places: Verdicts | None
    looked: frozenset[str]


class Turn(NamedTuple):
    """What a turn of the second left for those that come after it, and what came of writing the one before."""

    left: Shown
    took: Took | None


def _along(work: Work, share: Share, turns: Turns) -> None:
    """The second's part: it hears what the first left, says what it leaves itself, and writes while the first goes on."""
    work.judge.begin(fresh=share.fresh)
    if share.places is None:
        work.judge.look_at_places()
        turns.done(work.judge.places)
    else:
        work.judge.places = share.places
    work.looked |= share.looked
    lately: deque[Shown] = deque(maxlen=LATELY)
    took: Took | None = None
    for ids in share.cases:
        case = work.judge.case(ids)
        lately.append(turns.wait())
        judged = work.judge.judge(case, lately)
        turns.done(Turn(left_by(judged), took))
        took = work.write(case, judged, share.token)
        del case, judged  # before the next one is read: two are twice the memory
    turns.done(Turn({}, took))


class _Run:
    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule], second: Beside | None = None) -> None:
        self._graph = graph
        self._work = Work(graph, given, rules)
        self._asked_late = False
        self._second = second
        self.identities = 0
        self.severities: Counter[str] = Counter()
        if second is not None:
            second.ask()  # to open the store, while this one looks what there is to do

    def batch(self) -> int:
        """Judge some; returns how many, 0 when none were left."""
        todo = self._graph.unjudged(BATCH)
        if not todo.ids:
            return 0
        fresh = len(todo.ids) == self._graph.totals().identities
        self._work.judge.begin(fresh=fresh)
        few = len(todo.ids) < FEW
        if self._second is None or few:
            self._work.judge.look_at_places(todo.ids if few else ())
            self._one_by_one(_evenly(todo), todo.token)
            return len(todo.ids)
        try:
            self._in_turns(_evenly(todo), todo.token, self._second, fresh=fresh)
        except Ended:  # what it left is still unjudged
            log.warning("the process that judged along has ended; judging goes on in one process")
            self._second = None
        return len(todo.ids)

    def _one_by_one(self, cases: Iterable[Sequence[str]], token: object) -> None:
        for ids in cases:
            case = self._work.judge.case(ids)
            if self._is_late(case):
                return
            self._note(self._work.write(case, self._work.judge.judge(case), token))
            del case  # before the next one is read: two are twice the memory

    def _in_turns(self, cases: Sequence[Sequence[str]], token: object, second: Beside, *, fresh: bool) -> None:
        """Two processes gather stories and write at the same time, and judge in turn, each by what the other's turns left
        behind. Raises Ended when the second is no more."""
        work, mine, theirs = self._work, cases[::2], cases[1::2]
        unknown = work.judge.places is None
        second.ask(Share(theirs, token, fresh, work.judge.places, frozenset(work.looked)))
        lately: deque[Shown] = deque(maxlen=LATELY)
        for place, ids in enumerate(mine):
            case = work.judge.case(ids)
            if self._is_late(case):
                self._give_up(second)
                return
            if place:
                lately.append(self._heard(second))
            elif unknown:
                work.judge.places = second.answer()
            judged = work.judge.judge(case, lately)
            if place < len(theirs):
                second.ask(left_by(judged))
            self._note(work.write(case, judged, token))
            del case, judged
        for _ in range(len(theirs) + 2 - len(mine)):
            self._heard(second)

    def _heard(self, second: Beside) -> Shown:
        """What its turn left behind."""
        turn: Turn = second.answer()
        if turn.took is not None:
            self._note(turn.took)
        return turn.left

    def _give_up(self, second: Beside) -> None:
        """Logs of before came in, and what it has gathered is judged later."""
        second.end()
        self._second = None

    def _note(self, took: Took) -> None:
        self.identities += took.identities
        self.severities.update(took.severities)
        self._work.looked |= took.looked

    def anew(self) -> list[Finding]:
        """Everything, from an empty memory."""
        judge = self._work.judge
        judge.look_at_places()
        judge.begin(fresh=True, written=False)
        ids = self._graph.identities_by_time()
        found: list[Finding] = []
        for start in range(0, len(ids), AT_ONCE):
            case = judge.case(ids[start : start + AT_ONCE])
            found += [finding for one in judge.judge(case) for finding in one.findings]
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


def _evenly(todo: Unjudged) -> list[Sequence[str]]:
    """In an odd number of cases: the first process has one more, the second verdicts on places. They are of about one size, and
    the last is half of one: nobody works beside who judges and writes that."""
    sizes = list(accumulate(1 + quarters // QUARTERS for quarters in todo.quarters))
    count = -(-2 * sizes[-1] // AT_ONCE) // 2 + 1 if sizes[-1] > AT_ONCE else 1
    count += 1 - count % 2
    halves = (*range(2, 2 * count - 1, 2), 2 * count - 1)
    ends = [bisect_left(sizes, -(-sizes[-1] * n // halves[-1])) + 1 for n in halves]
    return [todo.ids[start:end] for start, end in pairwise([0, *ends]) if start < end]
