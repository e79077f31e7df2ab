"""Where a workload's credentials were used, for people: the workload's own addresses over time and each use against them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.binding import NEAR
from roletrail.detect.egress import way_out
from roletrail.detect.estate import Estate, InstanceFact, OwnAddress
from roletrail.detect.judging import judge
from roletrail.detect.place import AWAY
from roletrail.detect.situation import of_kind
from roletrail.detect.subject import Subject, World
from roletrail.detect.verdict import UseVerdict
from roletrail.inventory.guardduty import GuardDutyFinding
from roletrail.inventory.ranges import age_warning
from roletrail.lineage.model import event_ref
from roletrail.usecases.chains.present import iso
from roletrail.usecases.places.case import Case, cases
from roletrail.usecases.places.off_instance import rank, ranked_uses, view
from roletrail.usecases.places.views import (
    AddressLineView,
    GuardDutyView,
    NeighbourView,
    PlacedUseView,
    PlacesView,
    PlaceView,
    SpanView,
    TouchView,
)
from roletrail.usecases.ports import Ports

MOST_USES = 200
MOST_NEIGHBOURS = 5
MARGIN = 3_600

WORDS = {verdict: f"Used {how}." for verdict, how in AWAY.items()} | {
    "ON_INSTANCE": "Consistent with the instance; somebody working through the instance looks the same.",
    "EXPECTED_EGRESS": "An expected way out; which host behind it spoke cannot be proved.",
    "CONSISTENT": "Consistent with the workload.",
    "CONFLICT": "Two facts contradict each other.",
    "SUSPECT_EGRESS": "Not decidable: the instance may leave by a gateway whose addresses are not known.",
    "UNKNOWN_ENDPOINT": "Not decidable: it is not known whose VPC endpoint this is.",
    "INDETERMINATE": "Not decidable: this address says nothing.",
    "THROUGH_SERVICE": "Not decidable: a service made the call, and the call behind it is not in these logs.",
    "NOT_DECIDABLE": "Not decidable.",
}


def places(ports: Ports, actor: Actor) -> PlacesView:
    """Every use, those off their workload first. Kept until logs or the inventory change: of more uses than a store keeps
    all would be judged at every view."""
    require(actor, "off_instance.read")
    (found,) = ports.graph.kept(("places", ports.inventory.state()), lambda: [_all_places(ports)])
    return replace(found, warning=age_warning(ports.inventory.ranges(), time.time()))


def _all_places(ports: Ports) -> PlacesView:
    found = ranked_uses(ports.graph, ports.inventory)
    ranges = ports.inventory.ranges()
    folded = alike(found)
    return PlacesView(
        uses=[_placed(ports, group, []) for group in folded[:MOST_USES]],
        total=len(found),
        off=sum(v.off for v in found),
        undecided=sum(v.confidence < 0.5 for v in found),
        left_out=max(0, len(folded) - MOST_USES),
        resources=len(ports.inventory.facts()),
        accounts=len(ports.inventory.organisation().accounts or ()),
        ranges=f"{ranges.source}, {ranges.date}",
        warning="",
    )


def place_of(ports: Ports, actor: Actor, path: Sequence[str]) -> PlaceView | None:
    """The place of the last workload session on a path; None when there is none."""
    require(actor, "off_instance.read")
    rows = ports.graph.rows(path)
    mine = [
        id_
        for id_ in path
        if id_ in rows and rows[id_].node.kind == "session" and _is_workload(rows[id_].node.workload, rows[id_].node.name)
    ]
    if not mine:
        return None
    for case in cases(ports.graph, ports.inventory, mine[-1:]):
        for subject in case.subjects():
            return _place(ports, case, subject)
    return None


def _is_workload(workload: str, name: str) -> bool:
    return bool(workload) or name.startswith("i-")


def _place(ports: Ports, case: Case, subject: Subject) -> PlaceView:
    world = case.world()
    verdicts = sorted(judge(subject, world), key=rank)
    times = [a.first_at for a in subject.activities] + [a.last_at for a in subject.activities]
    since, until = (min(times) - MARGIN, max(times) + MARGIN) if times else (0, 0)
    ranges = world.ranges
    return PlaceView(
        kind=subject.kind,
        id=subject.id,
        account=subject.account,
        facts=_facts(subject, world.estate, until),
        since=iso(since),
        until=iso(until),
        addresses=[*_known(subject, world.estate, since, until), *_used(verdicts)],
        uses=[_placed(ports, group, _neighbours(group[0], world, subject)) for group in alike(verdicts)[:MOST_USES]],
        touched=_touched(subject, world),
        guardduty=_pinned(ports.inventory.findings(), subject, verdicts),
        ranges=f"{ranges.source}, {ranges.date}",
        warning=age_warning(ranges, time.time()),
    )


def _facts(subject: Subject, estate: Estate, at: int) -> list[tuple[str, str]]:
    fact = estate.instance(subject.name, at)
    roles = sorted({node.role_arn for node in subject.sessions.values()})
    found = [("Account", subject.account), ("Role", ", ".join(roles))]
    if fact is None:
        return [*found, ("Inventory", "nothing is known of it")]
    way = way_out(estate, fact, at)
    found += [
        ("VPC", f"{fact.vpc or 'not known'}{', ' + fact.subnet if fact.subnet else ''}"),
        *(_of_machine(fact) if subject.kind == "instance" else ()),
        ("Way out", "; ".join(way.told) or "not known"),
        ("Known from", fact.source),
    ]
    return found


def _of_machine(fact: InstanceFact) -> list[tuple[str, str]]:
    tokens = {"required": "IMDSv2 alone", "optional": "IMDSv1 and IMDSv2"}.get(fact.http_tokens, "not known")
    return [
        ("Instance profile", fact.profile or "not known"),
        ("Launched", iso(fact.launched) or "not known"),
        ("Metadata service", tokens),
    ]


def _known(subject: Subject, estate: Estate, since: int, until: int) -> list[AddressLineView]:
    lines: dict[str, list[OwnAddress]] = defaultdict(list)
    for one in estate.own.get(subject.name, ()):
        lines[one.block].append(one)
    found = [
        AddressLineView(
            block,
            "own",
            owned[0].source,
            [
                SpanView(iso(max(o.since, since)), iso(min(o.until or until, until)))
                for o in owned
                if o.since <= until and (not o.until or o.until >= since)
            ],
        )
        for block, owned in sorted(lines.items())
    ]
    way = way_out(estate, estate.instance(subject.name, until), until)
    found += [
        AddressLineView(address, "egress", "way out", [SpanView(iso(since), iso(until))]) for address in sorted(way.addresses)
    ]
    return found


def _used(verdicts: Sequence[UseVerdict]) -> list[AddressLineView]:
    by_address: dict[str, list[UseVerdict]] = defaultdict(list)
    for v in verdicts:
        by_address[v.source_ip_address].append(v)
    return [
        AddressLineView(
            address,
            "used",
            found[0].verdict,
            [SpanView(iso(v.first_seen), iso(v.last_seen), v.off) for v in sorted(found, key=lambda v: v.first_seen)],
        )
        for address, found in by_address.items()
    ]


def alike(verdicts: Iterable[UseVerdict]) -> list[list[UseVerdict]]:
    """Uses of one workload from one address that were judged alike, in the given order; what is off its workload stands alone."""
    groups: dict[tuple[str, ...], list[UseVerdict]] = {}
    for v in verdicts:
        own = (v.session_id, v.access_key_id) if v.off else ()
        what = (v.workload, v.instance_id or v.role, v.account, v.source_ip_address, v.verdict, v.hands, str(v.confidence < 0.5))
        groups.setdefault((*what, *own), []).append(v)
    return list(groups.values())


def _placed(ports: Ports, group: Sequence[UseVerdict], neighbours: list[NeighbourView]) -> PlacedUseView:
    v = group[0]
    return PlacedUseView(
        view(v),
        v.off,
        of_kind(WORDS[v.verdict], v.workload),
        neighbours,
        list(v.would_change),
        len({one.session_id for one in group}),
        sum(one.count for one in group),
        iso(min(one.first_seen for one in group)),
        where=ports.inventory.where(group[0].source_ip_address),
    )


def _neighbours(v: UseVerdict, world: World, subject: Subject) -> list[NeighbourView]:
    """Others at the address within a quarter of an hour; asked for uses that are off or undecided from outside our network."""
    if v.address_class not in ("AWS_PUBLIC", "PUBLIC") or not (v.off or v.confidence < 0.5):
        return []
    near = [
        n
        for n in world.neighbours(v.source_ip_address)
        if n.identity not in subject.sessions and n.first_at <= v.last_seen + NEAR and n.last_at >= v.first_seen - NEAR
    ]
    return [NeighbourView(n.identity, n.label, n.kind, iso(n.first_at)) for n in near[:MOST_NEIGHBOURS]]


def _touched(subject: Subject, world: World) -> list[TouchView]:
    latest = world.told.touched.get(subject.id, ())[-20:]
    return [TouchView(iso(a.at), a.event_name, event_ref(a.at, a.event_id), a.identity, a.address) for a in latest]


def _pinned(findings: Iterable[GuardDutyFinding], subject: Subject, verdicts: Sequence[UseVerdict]) -> list[GuardDutyView]:
    keys = {v.access_key_id for v in verdicts} | {key for node in subject.sessions.values() for key in node.access_key_ids}
    principals = {node.principal_id for node in subject.sessions.values()}
    return [
        guardduty_view(one, verdicts)
        for one in findings
        if keys.intersection(one.access_key_ids) or principals.intersection(one.principal_ids) or subject.id in one.instance_ids
    ]


def guardduty_view(one: GuardDutyFinding, verdicts: Sequence[UseVerdict]) -> GuardDutyView:
    """We agree when one of the addresses it names is off in our eyes too, and disagree when we cleared all of them."""
    here = [v for v in verdicts if v.source_ip_address in one.addresses]
    said = "yes" if any(v.off for v in here) else "no" if here and all(v.confidence >= 0.5 for v in here) else ""
    return GuardDutyView(
        one.id, one.type, one.severity, one.title, iso(one.first_seen), iso(one.last_seen), one.count, list(one.addresses), said
    )
