"""Sessions whose records carry no creationDate: joined to the one issued session they can be (rule J11).

They stay sessions of their own, beside the dated one: the join is weak, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from roletrail.lineage.link.case import Case
from roletrail.lineage.link.grant import ref
from roletrail.lineage.link.known import SLACK
from roletrail.lineage.model import Edge, Node

CONFIDENCE = 0.55
_LONGEST = 43200


def applies(case: Case) -> bool:
    return case.seen is not None and case.seen.caller.kind == "session" and not case.seen.caller.created and not case.matches


def candidate(case: Case, nodes: Iterable[Node]) -> Node | None:
    """The single dated session of this principal that was valid at the first use; None when there is none, or several."""
    if case.seen is None:
        return None
    at, partition = case.seen.caller.first_at, case.seen.caller.partition
    found = [n for n in nodes if n.partition == partition and n.id != case.id and n.issued_at and _valid(n, at)]
    return found[0] if len(found) == 1 else None


def _valid(node: Node, at: int) -> bool:
    ends = node.expires or node.issued_at + _LONGEST
    return node.kind == "session" and node.issued_at - SLACK <= at <= ends + SLACK


def edges(case: Case, dated: Node, its: Mapping[str, Sequence[Edge]]) -> list[Edge]:
    """The dated session's own edges, as far as they issued it, with the confidence of this join."""
    if case.seen is None:
        return []
    c = case.seen.caller
    use = ref(c.first_at, c.first_event)
    return [
        e._replace(child=case.id, child_key="", rule="J11", confidence=min(CONFIDENCE, e.confidence),
                   evidence=(e.evidence[0], use), conflict="", note="joined through the one session of this name then valid")
        for e in its.get(dated.id, ())
        if not e.pivot and e.parent != case.id
    ]  # fmt: skip
