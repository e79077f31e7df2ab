"""Judging by processes of their own that were forked while this one was small: what judging takes does not come on top of what
reading took, and is given back when it ends (ADR 0020)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from roletrail.auth.actor import Actor
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.evaluate import Evaluated, evaluate, second_judge
from roletrail.usecases.findings.given import NOBODY, Given
from roletrail.usecases.findings.turns import Beside, Ended, Turns, beside, may_fork

log = logging.getLogger(__name__)


@contextmanager
def judges(open_store: Callable[[], GraphStore], actor: Actor, given: Given = NOBODY) -> Iterator[Beside | None]:
    """Those who judge when `evaluate_by` asks them to; None where a fork would not be safe."""
    if not may_fork():
        yield None
        return
    with beside(lambda turns: _judge(open_store, actor, given, turns), forks=True) as apart:
        yield apart


def evaluate_by(apart: Beside | None, graph: GraphStore, actor: Actor, given: Given = NOBODY) -> Evaluated:
    """As `evaluate`, which is what happens here where nobody is apart, or they end early. A server judges for this process as it
    would for another."""
    if apart is None or not graph.judged_in_turns:
        return evaluate(graph, actor, given)
    apart.ask()
    try:
        done: Evaluated = apart.answer()
    except Ended:
        log.warning("the process that judges has ended early; judging goes on in this one")
        return evaluate(graph, actor, given)
    if given.announce is not None and done.identities:
        given.announce(graph)
    return done


def _judge(open_store: Callable[[], GraphStore], actor: Actor, given: Given, turns: Turns) -> None:
    with second_judge(open_store, given) as second:
        turns.wait()
        with closing(open_store()) as graph:
            done = evaluate(graph, actor, given._replace(announce=None), second=second)
    turns.done(done)
