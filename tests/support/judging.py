"""Judges a store as a large one would be, in a process of its own: `python -m tests.support.judging STORE AT_ONCE [stops] [apart]`.

With `stops` the second process stands still once it has judged its first case and said so, before it writes it. With `apart` both
are processes that this one has asked to judge, as a load does.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings import apart, evaluate, turns


class Stopping(turns.Turns):
    def done(self, what: object) -> None:
        super().done(what)
        if isinstance(what, evaluate.Turn):
            os.kill(os.getpid(), signal.SIGSTOP)


def main() -> None:
    store, at_once, *how = sys.argv[1:]
    if "stops" in how:
        turns.Turns = Stopping
    evaluate.FEW, evaluate.AT_ONCE = 1, int(at_once)
    evaluate.may_fork = apart.may_fork = lambda: True  # on one core too
    done = (_apart if "apart" in how else _here)(lambda: open_graph(store, create=False))
    print(done.identities, done.findings)


def _here(opened: Callable[[], GraphStore]) -> evaluate.Evaluated:
    with evaluate.second_judge(opened) as second:
        graph = _begun(opened)
        done = evaluate.evaluate(graph, local_actor(), second=second)
        graph.close()  # before the second, as a load does
        return done


def _apart(opened: Callable[[], GraphStore]) -> evaluate.Evaluated:
    with apart.judges(opened, local_actor()) as judges:
        graph = _begun(opened)
        done = apart.evaluate_by(judges, graph, local_actor())
        graph.close()
        return done


def _begun(opened: Callable[[], GraphStore]) -> GraphStore:
    sys.stdin.readline()  # until whoever started us has seen the others
    return opened()


if __name__ == "__main__":
    main()
