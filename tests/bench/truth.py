"""Holds a store to a generator's truth: every session found, with the parent, root, depth and length it was given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from roletrail.bootstrap import open_graph
from roletrail.stores.port import GraphStore, NodeRow

_CHUNK = 2000


@dataclass(slots=True)
class Verdict:
    sessions: int = 0
    missing: int = 0
    wrong_parent: int = 0
    wrong_root: int = 0
    wrong_depth: int = 0
    wrong_sessions: int = 0

    @property
    def wrong(self) -> int:
        return self.missing + self.wrong_parent + self.wrong_root + self.wrong_depth + self.wrong_sessions


def check(store: str, truth: Path) -> Verdict:
    graph = open_graph(store, create=False)
    verdict = Verdict()
    try:
        for lines in _chunks(truth):
            _check_chunk(graph, lines, verdict)
    finally:
        graph.close()
    return verdict


def _chunks(truth: Path) -> Iterator[list[dict[str, Any]]]:
    with truth.open(encoding="utf-8") as lines:
        while chunk := [json.loads(line) for line in islice(lines, _CHUNK)]:
            yield chunk


def _check_chunk(graph: GraphStore, lines: list[dict[str, Any]], verdict: Verdict) -> None:
    ids = {line["child"]: _session_of(graph, line["child"]) for line in lines}
    rows = graph.rows([id_ for id_ in ids.values() if id_])
    above = graph.rows({id_ for row in rows.values() for id_ in (row.standing.parent, row.standing.root) if id_})
    for line in lines:
        verdict.sessions += 1
        row = rows.get(ids[line["child"]])
        if row is None:
            verdict.missing += 1
            continue
        verdict.wrong_parent += not _is(above.get(row.standing.parent), line["parent"])
        verdict.wrong_root += not _is(above.get(row.standing.root), line["root"])
        verdict.wrong_depth += row.standing.depth != line["depth"]
        verdict.wrong_sessions += row.standing.sessions != line["sessions"]


def _session_of(graph: GraphStore, key: str) -> str:
    hits = {hit.id for hit in graph.trace("access_key_id", key, 3)}
    return hits.pop() if len(hits) == 1 else ""


def _is(row: NodeRow | None, name: str) -> bool:
    """Whether a node is what the truth names: a key id, or `kind:subject` of an origin."""
    if row is None:
        return False
    if name[:4] in ("AKIA", "ASIA"):
        return name in row.node.access_key_ids
    subject = name.partition(":")[2]
    node = row.node
    return node.kind == "origin" and subject in (node.name, node.workload_id, node.principal_id.rpartition(":")[2], node.label)


def as_dict(verdict: Verdict) -> dict[str, int]:
    return asdict(verdict)
