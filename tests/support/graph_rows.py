"""Node rows made by hand, and the few reading methods of a graph that only needs rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from roletrail.lineage.chain import path
from roletrail.lineage.model import Edge, Node, Standing
from roletrail.stores.port import NodeRow, PathStep

START = 1_760_000_000


def node(id_: str, *, counts: bool = True, kind: str = "session", account: str = "111111111111") -> Node:
    return Node(
        id=id_,
        kind=kind,
        type="AssumedRole" if kind == "session" else "AccessKey",
        partition="aws",
        principal_id=f"AROAEXAMPLE0000{id_}:s",
        account=account,
        role_id=f"AROAEXAMPLE0000{id_}",
        role_arn=f"arn:aws:iam::{account}:role/{id_}",
        role_name=id_,
        name="s",
        label=id_,
        issued_at=START,
        expires=START + 3600,
        access_key_ids=(f"ASIAEXAMPLE{id_}",),
        key_count=1,
        source_identity="",
        mfa="",
        on_behalf_of="",
        counts=counts,
        service_linked=False,
        workload="",
        workload_id="",
        detail="",
    )


def edge(parent: str, child: str, *, pivot: str = "", confidence: float = 1.0) -> Edge:
    kind = "CREATED" if pivot else "ASSUMED"
    return Edge(kind, parent, child, "", "", START, "J1", confidence, (f"20251009.{child}",), pivot, "", "")


def line(count: int, pivots: Sequence[int] = ()) -> dict[str, NodeRow]:
    """A long-term key and `count` role sessions in a row; a workload pivot into each n of `pivots`."""
    rows: dict[str, NodeRow] = {}
    sessions, segment, last_pivot = 0, 1, ""
    for n in range(count + 1):
        if n in pivots:
            sessions, segment, last_pivot = 0, segment + 1, f"n{n}"
        sessions += n > 0
        standing = Standing(
            root="n0",
            parent=f"n{n - 1}" if n else "",
            sessions=sessions,
            hops=max(0, sessions - 1),
            depth=n - sum(p <= n for p in pivots),
            pivots=sum(p <= n for p in pivots),
            segment=segment,
            reach=n,
            confidence=1.0,
            started=START,
            last_pivot=last_pivot,
        )
        edges = (edge(f"n{n - 1}", f"n{n}", pivot="instance" if n in pivots else ""),) if n else ()
        kind = "session" if n else "key"
        rows[f"n{n}"] = NodeRow(
            node(f"n{n}", counts=n > 0, kind=kind), standing, edges, START + n, START + n, 1, 0, int(n < count), n == count
        )
    return rows


class RowsOnly:
    """Counts how often it is asked: a list must ask the same few times, whatever the number of its chains."""

    def __init__(self, rows: dict[str, NodeRow]) -> None:
        self._rows = rows
        self.asked = 0

    def rows(self, ids: Collection[str]) -> dict[str, NodeRow]:
        self.asked += 1
        return {id_: self._rows[id_] for id_ in ids if id_ in self._rows}

    def paths(self, ids: Collection[str]) -> dict[str, list[PathStep]]:
        self.asked += 1
        return {id_: [self._step(step) for step in path(id_, self._parent)] for id_ in ids if id_ in self._rows}

    def _parent(self, id_: str) -> str:
        return self._rows[id_].standing.parent

    def _step(self, id_: str) -> PathStep:
        row = self._rows[id_]
        return PathStep(id_, row.standing.last_pivot == id_, row.node.counts)
