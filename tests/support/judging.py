"""Judges a store as a large one would be, in a process of its own: `python -m tests.support.judging STORE AT_ONCE [stops]`.

With `stops` the second process stands still once it has judged its first case and said so, before it writes it.
"""

from __future__ import annotations

import os
import signal
import sys

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.usecases.findings import evaluate, turns


class Stopping(turns.Turns):
    def done(self, what: object) -> None:
        super().done(what)
        if isinstance(what, evaluate.Turn):
            os.kill(os.getpid(), signal.SIGSTOP)


def main() -> None:
    store, at_once, *how = sys.argv[1:]
    if how == ["stops"]:
        turns.Turns = Stopping
    evaluate.FEW, evaluate.AT_ONCE = 1, int(at_once)
    evaluate.may_fork = lambda: True  # on one core too
    with evaluate.second_judge(lambda: open_graph(store, create=False)) as second:
        sys.stdin.readline()  # until whoever started us has seen the second
        graph = open_graph(store, create=False)
        done = evaluate.evaluate(graph, local_actor(), second=second)
        graph.close()  # before the second, as a load does
    print(done.identities, done.findings)


if __name__ == "__main__":
    main()
