"""What is loaded around a moment: the ground on which a missing parent is explained. Index look-ups, never a scan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from roletrail.lineage.link import anchors, touch
from roletrail.lineage.model import Action, Issuance
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.statements import statements
from roletrail.stores.port import RegionCoverage

_Q = statements("reads")
_L = statements("linking")
DAY = 86_400
HOUR = 3_600
NAMELESS = ("", "")
"""Group of the issuances whose records do not say what they issued (`anchors.issuance_group`)."""


def coverage_near(cypher: Cypher, account: str, at: int) -> list[RegionCoverage]:
    near: dict[str, Counter[str]] = {}
    for region, categories, counts in cypher.rows(_Q["near"], account=account, **{"from": at - DAY, "to": at + DAY}):
        near.setdefault(region, Counter()).update(dict(zip(categories, counts, strict=True)))
    regions = cypher.rows(_Q["regions"], account=account)
    return [RegionCoverage(region, first, last, dict(near.get(region, {}))) for region, first, last in regions]


def issued_near(cypher: Cypher, account: str, at: int) -> bool:
    return cypher.value(_Q["issued_near"], account=account, **{"from": at - HOUR, "to": at + HOUR})


def unnamed_issuances(cypher: Cypher, at: int) -> list[Issuance]:
    found = _issuances(cypher, list(anchors.around(NAMELESS, at)))
    near = [i for i in found if abs(i.at - at) <= 2 and anchors.issuance_group(i) == NAMELESS]
    return sorted(near, key=lambda i: (i.at, i.event_id))


def _issuances(cypher: Cypher, wanted: list[int]) -> list[Issuance]:
    numbers = [int(ref[1:]) for _, ref in cypher.rows(_L["refs"], rows=wanted) if ref[0] == "i"]
    return [shapes.ISSUANCE.row(row) for _, row in cypher.rows_of(_L["issuances"], numbers)]


def logging_changes(cypher: Cypher, account: str) -> list[Action]:
    found = _actions(cypher, [anchors.logging_of(account)])
    return sorted((a for a in found if a.account == account), key=lambda a: (a.at, a.event_id))


def actions_on(cypher: Cypher, targets: Collection[str]) -> list[Action]:
    wanted = {touch.last_part(target) for target in targets if target}
    found = _actions(cypher, sorted({anchors.contained(target) for target in wanted}))
    return sorted((a for a in found if touch.contained(a) in wanted), key=lambda a: (a.at, a.event_id))


def _actions(cypher: Cypher, wanted: list[int]) -> list[Action]:
    refs = cypher.rows_of(_L["refs"], wanted)
    numbers = sorted({int(ref[1:]) for _, ref in refs if ref[0] == "a"})
    return [shapes.ACTION.row(row) for _, row in cypher.rows_of(_L["actions"], numbers)]


def accounts_not_loaded(cypher: Cypher) -> dict[str, int]:
    return cypher.pairs(_Q["accounts"])
