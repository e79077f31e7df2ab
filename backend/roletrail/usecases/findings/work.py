"""Who judges, what is done with what was judged: written, and what is to be looked at again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from roletrail.detect.deeds import REVOKE_OLDER, detail_of
from roletrail.detect.rule import Rule
from roletrail.detect.story import Story
from roletrail.stores.judging import Judged
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.given import Given
from roletrail.usecases.findings.judge import Case, Judge


class Took(NamedTuple):
    """What came of judging some identities. `looked`: those of which the sessions they revoked were looked up."""

    identities: int
    severities: Counter[str]
    looked: frozenset[str]


class Work:
    def __init__(self, graph: GraphStore, given: Given, rules: Collection[Rule]) -> None:
        self.graph = graph
        self.judge = Judge(graph, given, rules)
        self.looked: set[str] = set()

    def write(self, case: Case, judged: Collection[Judged], token: object) -> Took:
        gone = set(case.ids) - {one.id for one in judged}
        self.graph.put_judged([*judged, *(Judged(id_, (), {}) for id_ in sorted(gone))], token)
        severities = Counter([finding.severity for one in judged for finding in one.findings])
        return Took(len(judged), severities, self._look_again(case.stories))

    def _look_again(self, stories: Collection[Story]) -> frozenset[str]:
        """Sessions of a role that was revoked began before whoever revoked it: they were judged without knowing. Once: whoever
        revoked may be among them. Returns who did."""
        revoked: dict[tuple[str, int], str] = {
            (f"arn:{story.node.partition}:iam::{a.account}:role/{a.target}", a.at): story.node.id
            for story in stories
            if story.node.id not in self.looked
            for a in story.actions
            if a.event_name == "PutRolePolicy" and not a.error_code and detail_of(a.detail).get("policy_name") == REVOKE_OLDER
        }
        for role_arn, at in sorted(revoked):
            found = self.graph.sessions_of_role([role_arn], at - 36 * 3600, at, 1000)
            self.graph.unjudge([id_ for sessions in found.values() for _, id_, _ in sessions])
        self.looked.update(revoked.values())
        return frozenset(revoked.values())
