"""AssumeRoot: a privileged task on a member account, as its root, for at most 15 minutes; kind RAN_ROOT_TASK."""

from __future__ import annotations

from roletrail.lineage.link.assume import from_stranger
from roletrail.lineage.link.case import Case, Found, from_identity
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.link.match import Match


def edges(case: Case, m: Match) -> list[Found]:
    policy = str(detail_of(m.grant.told.detail).get("task_policy", ""))
    note = policy.rpartition("/")[2]
    if m.grant.foreign:
        return from_stranger(case, m, "RAN_ROOT_TASK", note=note)
    return from_identity(case, m, "RAN_ROOT_TASK", note=note)
