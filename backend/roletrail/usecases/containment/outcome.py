"""What newer logs hold of a plan's steps: the calls that carried them out, what was tried since, what was issued anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from roletrail.detect.containment import Case
from roletrail.detect.containment.documents import REVOKE
from roletrail.detect.containment.live import Ending
from roletrail.detect.containment.outcome import Call, Issued, Outcome, Seen, done_by, judge, moment_of
from roletrail.detect.containment.step import Check, Step
from roletrail.lineage.model import Action
from roletrail.stores.port import NodeRow
from roletrail.usecases.ports import Ports

HOUR = 3_600
MOST_CALLS = 200
MOST_IDENTITIES = 20
"""Identities of a step whose calls are looked at one by one; the rest are told by their last use."""
MOST_NEWER = 200


class Watch:
    """Asks once for what several steps need."""

    def __init__(self, ports: Ports, case: Case, steps: Iterable[Step]) -> None:
        self._ports = ports
        self._case = case
        checks = [check for step in steps for check in step.checks]
        self._actions = ports.graph.actions_on({check.target for check in checks if check.target})
        # The plan is about what began with the chain: a revocation before that was another incident's.
        self._since = min(
            (one.node.issued_at or one.first_seen for one in case.attackers if one.node.issued_at or one.first_seen), default=0
        )
        self._covered: dict[str, int] = {}

    def of(self, step: Step) -> Outcome | None:
        """None for a step that leaves no trace in CloudTrail."""
        return judge([self._seen(check) for check in step.checks]) if step.checks else None

    def _seen(self, check: Check) -> Seen:
        done = done_by(check, self._actions, self._since)
        if done is None:
            return Seen(check, covered=self.covered(check.account))
        moment = moment_of(done)
        calls = self._calls(check.denies, moment)
        issued = self._issued(check.role, moment) if check.role else ()
        return Seen(check, done, calls, issued, self.covered(check.account or done.account))

    def covered(self, account: str) -> int:
        """The newest event of an account that is loaded; 0 when there is none."""
        if not account:
            return self._case.until
        if account not in self._covered:
            regions = self._ports.graph.coverage_near(account, self._case.until // HOUR * HOUR)
            self._covered[account] = max((region.last_at for region in regions), default=0)
        return self._covered[account]

    def _calls(self, identities: Sequence[str], since: int) -> tuple[Call, ...]:
        found: list[Call] = []
        for id_ in identities[:MOST_IDENTITIES]:
            subject = self._case.subjects.get(id_)
            if subject is None or subject.last_seen <= since:
                continue
            ids = [id_, *self._ports.graph.aliases_of(id_)]
            events = self._ports.events.session_events(ids, MOST_CALLS, None, since, subject.last_seen + 1)
            found += [Call(e.at, e.event_id, e.event_name, e.error_code, id_) for e in events]
        return tuple(sorted(found))

    def _issued(self, role: str, since: int) -> tuple[Issued, ...]:
        """Newer sessions of a role that go back to a credential of this plan: an origin alone (a provider, a service) is no proof,
        unless it is the workload the attacker was on."""
        graph = self._ports.graph
        ids, _ = graph.siblings_by_role(role, MOST_NEWER)
        newer = [row for row in graph.rows(ids).values() if row.node.issued_at > since]
        paths = graph.paths([row.node.id for row in newer]) if newer else {}
        held = {
            one.node.id
            for one in self._case.attackers
            if one.node.kind != "origin" or one.node.type not in {"service", "unknown"}
        }
        mine = [row for row in newer if any(step.id in held and step.id != row.node.id for step in paths.get(row.node.id, ()))]
        return tuple(_issued(row) for row in sorted(mine, key=lambda row: (row.node.issued_at, row.node.id)))

    def endings(self) -> dict[str, Ending]:
        """Credentials that newer logs show ended: keys made inactive or deleted, sessions older than a revocation of their role."""
        found: dict[str, Ending] = {}
        keys = {key: one for one in self._case.attackers if one.node.kind == "key" for key in one.node.access_key_ids}
        roles: dict[str, list[str]] = {}
        for one in self._case.attackers:
            if one.node.role_name:
                roles.setdefault(one.node.role_name, []).append(one.node.id)
        for action in self._of_keys(keys):
            subject = keys[action.target]
            found[subject.node.id] = Ending(action.at, f"{action.event_name} at the time given")
        for action in self._actions:
            found |= self._revoked(action, roles)
        return found

    def _of_keys(self, keys: Mapping[str, object]) -> list[Action]:
        found = [a for a in self._ports.graph.actions_on(list(keys)) if a.target in keys] if keys else []
        latest = {action.target: action for action in found}
        return [
            a for a in latest.values() if a.event_name == "DeleteAccessKey" or '"status":"Inactive"' in a.detail.replace(" ", "")
        ]

    def _revoked(self, action: Action, roles: Mapping[str, list[str]]) -> dict[str, Ending]:
        if action.event_name != "PutRolePolicy" or REVOKE not in action.detail:
            return {}
        moment = moment_of(action)
        subjects = [self._case.subjects[id_] for id_ in roles.get(action.target, ())]
        return {
            one.node.id: Ending(moment, f"denied by {REVOKE}")
            for one in subjects
            if one.node.account == action.account and one.node.issued_at < moment
        }


def _issued(row: NodeRow) -> Issued:
    proof = next((edge.evidence[0] for edge in row.edges if edge.evidence and not edge.pivot), "")
    return Issued(row.node.id, row.node.label, row.node.issued_at, proof)
