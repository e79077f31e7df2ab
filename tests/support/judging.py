"""Judges a store as a large one would be, in a process of its own: `python -m tests.support.judging STORE AT_ONCE`."""

from __future__ import annotations

import sys

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.usecases.findings import evaluate


def main() -> None:
    store, at_once = sys.argv[1:3]
    evaluate.FEW, evaluate.AT_ONCE = 1, int(at_once)
    evaluate.may_fork = lambda: True  # on one core too
    with evaluate.second_judge(lambda: open_graph(store, create=False)) as second:
        sys.stdin.readline()  # until whoever started us has seen the second
        graph = open_graph(store, create=False)
        done = evaluate.evaluate(graph, local_actor(), second=second)
    graph.close()
    print(done.identities, done.findings)


if __name__ == "__main__":
    main()
