"""Off-instance use: every use of a workload's credentials with its verdict, read from the store and the inventory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.judging import judge, telling
from roletrail.detect.subject import Subject, World
from roletrail.detect.verdict import UseVerdict
from roletrail.inventory.port import Inventory
from roletrail.stores.cursors import foreign_cursor
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import OffInstanceView, Page
from roletrail.usecases.places.case import Case, cases
from roletrail.usecases.ports import Ports


def off_instance(ports: Ports, actor: Actor) -> list[OffInstanceView]:
    """Every use, those off their workload first, then the surest, then the latest."""
    require(actor, "off_instance.read")
    return [view(verdict) for verdict in ranked_uses(ports.graph, ports.inventory)]


def off_instance_page(ports: Ports, actor: Actor, limit: int, after: str = "") -> Page[OffInstanceView]:
    """At most `limit` of them (0: all) after the one whose cursor is `after`. A cursor says which use, so it holds while verdicts move."""
    found = off_instance(ports, actor)
    begin = next((n for n, one in enumerate(found, 1) if _cursor(one) == after), 0) if after else 0
    if after and not begin:
        raise foreign_cursor()
    part = found[begin : begin + limit] if limit else found[begin:]
    return Page(part, _cursor(part[-1]) if part and begin + len(part) < len(found) else None)


def _cursor(v: OffInstanceView) -> str:
    return hashlib.sha256(
        repr((v.session_id, v.access_key_id, v.source_ip_address, v.first_seen, v.hands, v.verdict)).encode()
    ).hexdigest()[:20]


def rank(v: UseVerdict) -> tuple[bool, float, int, str, str, str]:
    return not v.off, -v.confidence, -v.last_seen, v.session_id, v.access_key_id, v.source_ip_address


def view(v: UseVerdict) -> OffInstanceView:
    return OffInstanceView(
        session_id=v.session_id,
        instance_id=v.instance_id,
        account=v.account,
        role=v.role,
        access_key_id=v.access_key_id,
        source_ip_address=v.source_ip_address,
        address_class=v.address_class,
        first_seen=iso(v.first_seen),
        last_seen=iso(v.last_seen),
        count=v.count,
        verdict=v.verdict,
        confidence=v.confidence,
        hands=v.hands,
        reasons=[f"{one.text} [{', '.join(one.events)}]" if one.events else one.text for one in v.reasons],
        missing=list(v.missing),
    )


def ranked_uses(graph: GraphStore, inventory: Inventory) -> list[UseVerdict]:
    """All of them, those off their workload first, then the surest, then the latest: each view asks, and a use takes 0.1 ms."""
    return graph.kept(("uses", inventory.state()), lambda: sorted(judge_uses(graph, inventory), key=rank))


def judge_uses(graph: GraphStore, inventory: Inventory, only: Collection[str] = ()) -> Iterator[UseVerdict]:
    """Verdicts on all uses of workloads' credentials, or on those of the workloads that own the sessions `only`."""
    yield from _of_cases(judge, cases(graph, inventory, only))


def telling_uses(graph: GraphStore, inventory: Inventory, only: Collection[str] = ()) -> Iterator[UseVerdict]:
    """Of those the ones that say something against a use: what rules look at."""
    yield from _of_cases(telling, cases(graph, inventory, only))


def _of_cases(judged: Callable[[Subject, World], list[UseVerdict]], found: Iterator[Case]) -> Iterator[UseVerdict]:
    for case in found:
        yield from _of_case(judged, case)
        del case  # before the next one is read: two are twice the memory


def _of_case(judged: Callable[[Subject, World], list[UseVerdict]], case: Case) -> Iterator[UseVerdict]:
    world = case.world()
    for subject in case.subjects():
        yield from judged(subject, world)
