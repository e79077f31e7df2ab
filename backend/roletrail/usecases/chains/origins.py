"""Unknown parents: a node with a reason, computed when read and never stored (ADR 0008)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from roletrail.lineage import ids
from roletrail.lineage.model import Node
from roletrail.lineage.reasons import Loaded, Reason, may_be_redacted, missing_parent, redacted
from roletrail.lineage.tone import CONTEXT
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.views import PathNode

HOUR = 3_600


class Origins:
    """Names the missing parents of one answer. What is loaded is asked once for an account and hour."""

    def __init__(self, graph: GraphStore) -> None:
        self._graph = graph
        self._loaded: dict[tuple[str, int], Loaded] = {}

    def unknown_parent(self, row: NodeRow) -> PathNode | None:
        """The node above a session whose parent is not in these logs; None for natural roots."""
        if row.node.kind != "session" or row.standing.parent:
            return None
        reason = self.reason(row.node)
        return PathNode(
            kind="unknown",
            id=ids.unknown_parent_id(row.node.id),
            type="unknown",
            label="unknown origin",
            tone=CONTEXT,
            reason=reason.sentence,
            reason_code=reason.code,
            reason_event=reason.event_ref,
        )

    def reason(self, node: Node) -> Reason:
        reason = missing_parent(node, self._of(node.account, node.issued_at))
        if node.issued_at and may_be_redacted(reason):
            return redacted(node, self._graph.unnamed_issuances(node.issued_at)) or reason
        return reason

    def _of(self, account: str, at: int) -> Loaded:
        place = (account, at // HOUR)
        if place not in self._loaded:
            self._loaded[place] = self._ask(account, at)
        return self._loaded[place]

    def _ask(self, account: str, at: int) -> Loaded:
        regions = self._graph.coverage_near(account, at // HOUR * HOUR)  # the same answer for everybody of that hour
        near: Counter[str] = Counter()
        for region in regions:
            near.update(region.near)
        return Loaded(
            first_at=min((region.first_at for region in regions), default=0),
            regions=tuple(region.region for region in regions),
            near=near,
            changes=self._graph.logging_changes(account),
            outages=self._graph.outages(account),
            issued_near=self._graph.issued_near(account, at),
        )

    def data_events(self, path: Sequence[NodeRow]) -> bool:
        """Whether data events of any account of a path are in these logs around its end."""
        accounts = {row.node.account for row in path if row.node.account}
        at = path[-1].node.issued_at or path[-1].first_seen
        return any(self._of(account, at).near.get("data", 0) for account in accounts)

    def limits(self, path: Sequence[NodeRow]) -> list[str]:
        """Sentences: what these logs cannot show about a path."""
        unknown = self.unknown_parent(path[0])
        accounts = dict.fromkeys(row.node.account for row in path if row.node.account)
        absent = [account for account in accounts if not self._of(account, path[-1].node.issued_at).first_at]
        return [
            *([unknown.reason] if unknown and unknown.reason_code != "ACCOUNT_NOT_LOADED" else []),
            *(f"No trail of account {account} is loaded: what was done there is not known." for account in absent),
        ]
