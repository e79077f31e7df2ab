"""Credentials that an AWS service gets for a workload: instance, function, task, pod, build, ...; kind DELIVERED."""

from __future__ import annotations

from roletrail.lineage.link import origins
from roletrail.lineage.link.case import Case, Found, from_origin
from roletrail.lineage.link.match import Match


def edges(case: Case, m: Match) -> list[Found]:
    return from_origin(case, m, "DELIVERED", origins.of_service(m.grant.told))
