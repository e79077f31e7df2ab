"""`python -m tests.neo4j.killed_loader LOGS ARCHIVE STATEMENTS`: an ingest that ends itself with SIGKILL after so many statements.

The statement it dies of has been sent and not answered: the server is in the middle of it. Fewer statements than that, and
the ingest ends as any other. Store and password come from the environment, as they do for `roletrail ingest`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import neo4j

from roletrail.bootstrap import open_graph
from roletrail.ingest.run import ingest


def main() -> None:
    logs, archive, left = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    run = neo4j.Transaction.run

    def counted(transaction: neo4j.Transaction, *given: Any, **more: Any) -> neo4j.Result:
        nonlocal left
        answer = run(transaction, *given, **more)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    neo4j.Transaction.run = counted  # type: ignore[method-assign]
    ingest([logs], open_store=lambda: open_graph(os.environ["ROLETRAIL_STORE"], create=True), archive=archive, workers=1)


if __name__ == "__main__":
    main()
