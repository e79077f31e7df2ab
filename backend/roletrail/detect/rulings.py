"""The ruling on each single use of a workload's credentials: by the table, by first use, by the rows of workloads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roletrail.detect import binding, hands, situation, workload_use
from roletrail.detect.address import AddressClass, Ranges, classify, lies_in
from roletrail.detect.binding import Binding, Circumstances, Use
from roletrail.detect.place import FIRST_USE, Ruling, capped, decide, is_off
from roletrail.detect.situation import Facts, Surveyor, evidence
from roletrail.detect.story import services_in
from roletrail.detect.subject import Found, Subject, World
from roletrail.detect.verdict import Basis
from roletrail.lineage.model import Activity, event_ref

THROUGH_SERVICE_JOIN = 0.85
PARENT_WITHIN = 120
CONFLICT_CAP = 0.50
RAISED = ("D14",)
"""Rows of the table that modifiers raise; the others are as sure as their facts."""
OPEN = (FIRST_USE, "D12")
"""Rows that hold nothing against a public address."""


def ruled(subject: Subject, world: World) -> list[Found]:
    return _Instance(subject, world).ruled() if subject.kind == "instance" else _Workload(subject, world).ruled()


class _Instance:
    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world
        mine = subject.roots_of | frozenset(subject.sessions)
        estate = world.estate.but_of(mine)
        self._surveyor = Surveyor(estate, world.ranges, subject.name, subject.account)
        classes: dict[Activity, AddressClass] = {a: classify(a.address, world.ranges) for a in subject.activities}
        self._uses = {a: Use(a, class_) for a, class_ in classes.items() if _direct(a, class_)}
        known = self._surveyor.known
        self._binding = Binding(
            list(self._uses.values()),
            [one.at for one in world.told.changes.get(subject.id, ()) if one.actor not in mine], known=known,
        )  # fmt: skip
        issued = {id_: node.issued_at for id_, node in subject.sessions.items()}
        self._around = Circumstances(
            world.neighbours, world.told.touched.get(subject.id, ()), issued.__getitem__,  # a method of ours would close a circle
            self._surveyor.later_own, mine,
        )  # fmt: skip

    def ruled(self) -> list[Found]:
        found = {a: self._direct(a, use) for a, use in self._uses.items()}
        parents = _by_session(found.values())
        return [found.get(a) or _through(a, parents.get(a.identity, ()), self._world.ranges) for a in self._subject.activities]

    def _direct(self, a: Activity, use: Use) -> Found:
        learned = bool(self._binding.others(use))
        seen, facts = self._surveyor.survey(a, use.address_class, claimed=False, learned=learned)
        ruling = decide(seen)
        reasons = [_row(ruling), *evidence(ruling.row, a, facts, self._world.ranges, use.address_class)]
        if ruling.row == FIRST_USE:
            weighed = binding.weigh(use, self._binding, self._around)
            ruling = Ruling(FIRST_USE, weighed.verdict, weighed.confidence)
            reasons += weighed.reasons
        elif ruling.row in RAISED:
            more = binding.modifiers(use, self._binding, self._around)
            ruling = ruling._replace(confidence=binding.total([_row(ruling), *more]))
            reasons += more
        elif ruling.row == "D2" and facts.held:
            return self._conflict(a, use, ruling, facts, reasons)
        return self._found(a, use, ruling, reasons)

    def _conflict(self, a: Activity, use: Use, ruling: Ruling, facts: Facts, reasons: list[Basis]) -> Found:
        """Two facts that cannot both hold: both are shown, and nothing above a half is said."""
        other = evidence("D10", a, facts, self._world.ranges, "BAD")
        ruling = Ruling("D2", "CONFLICT", CONFLICT_CAP)
        return self._found(a, use, ruling, [*reasons, Basis(f"D10: {situation.ROWS['D10']}", 0.85), *other])

    def _found(self, a: Activity, use: Use, ruling: Ruling, reasons: list[Basis]) -> Found:
        missing = [situation.MISSING[ruling.row]] if ruling.row in situation.MISSING and ruling.confidence < 0.75 else []
        if not self._world.ranges and use.address_class == "PUBLIC":
            missing.append("AWS address ranges")
        if not self._subject.delivered:
            ruling = capped(ruling)
            text = "D18: the session is this instance's by its name alone, which anybody may choose"
            reasons, missing = [*reasons, Basis(text, 0.0)], [*missing, "the issuance that delivered it"]
        return Found(a, use.address_class, ruling, tuple(reasons), tuple(missing))


class _Workload:
    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world
        estate = world.estate.but_of(subject.roots_of | frozenset(subject.sessions))
        self._surveyor = Surveyor(estate, world.ranges, subject.name, subject.account)
        self._classes: dict[Activity, AddressClass] = {a: classify(a.address, world.ranges) for a in subject.activities}
        self._direct = [a for a, class_ in self._classes.items() if _direct(a, class_)]

    def ruled(self) -> list[Found]:
        found = {a: self._one(a) for a in self._direct}
        parents = _by_session(found.values())
        return [found.get(a) or _through(a, parents.get(a.identity, ()), self._world.ranges) for a in self._subject.activities]

    def _one(self, a: Activity) -> Found:
        by_table = self._by_table(a) if self._surveyor.known else None
        return by_table or self._by_runtime(a)

    def _by_runtime(self, a: Activity) -> Found:
        use = self._use(a)
        ruling = workload_use.decide(use)
        text = workload_use.TEXTS.get(ruling.row, situation.ROWS.get(ruling.row, ""))
        reasons = [Basis(f"{ruling.row}: {text}", ruling.confidence, (event_ref(a.first_at, a.first_event),))]
        reasons += evidence(ruling.row, a, NO_FACTS, self._world.ranges, use.address_class)
        missing = [workload_use.MISSING.get(ruling.row, workload_use.MISSING["W"])] if ruling.confidence < 0.8 else []
        return Found(a, use.address_class, ruling, tuple(reasons), tuple(missing))

    def _by_table(self, a: Activity) -> Found | None:
        """W2; None where its network says nothing of an address outside, and its runtime may."""
        seen, facts = self._surveyor.survey(a, self._classes[a], claimed=False, learned=False)
        ruling = decide(seen)
        if ruling.row in OPEN:
            return None
        if is_off(ruling.verdict, ruling.confidence):
            ruling = ruling._replace(verdict="OFF_WORKLOAD")
        reasons = [Basis(f"W2: {workload_use.TEXTS['W2']}", 0.0), _row(ruling, self._subject.kind)]
        reasons += evidence(ruling.row, a, facts, self._world.ranges, self._classes[a])
        missing = [workload_use.MISSING["W2"]] if ruling.confidence < 0.5 else []
        return Found(a, self._classes[a], ruling._replace(row=f"W2 {ruling.row}"), tuple(reasons), tuple(missing))

    def _use(self, a: Activity) -> workload_use.WorkloadUse:
        word = workload_use.RUNTIMES.get(self._subject.kind, "")
        of_key = [b for b in self._direct if b.access_key_id == a.access_key_id and b.identity == a.identity]
        runtime = [b for b in of_key if self._runs(b, word) and self._classes[b] == "AWS_PUBLIC"]
        systems = {hands.system_of(b.agent) for b in runtime}
        hit = self._world.ranges.find(a.address)
        only_outside = all(self._classes[b] == "PUBLIC" for b in of_key)
        as_runtime = bool(runtime) and self._runs(a, word) and self._classes[a] == "PUBLIC"
        return workload_use.WorkloadUse(
            self._classes[a],
            runtime_agent=self._runs(a, word),
            runtime_in_aws=bool(runtime),
            foreign_client=bool(systems) and hands.system_of(a.agent) not in systems,
            same_region=bool(hit and hit.region in _regions(self._subject)),
            only_outside=only_outside,
            shared=(only_outside or as_runtime)
            and self._shared(a),  # no row asks for it otherwise, and it is the dearest question of all
            egress=lies_in(a.address, self._world.estate.organisation.egress),
        )

    def _runs(self, a: Activity, word: str) -> bool:
        return bool(word) and word in a.agent.split(" ")[1:]

    def _shared(self, a: Activity) -> bool:
        here = [b for b in self._direct if b.address == a.address]
        sessions = {b.identity for b in here}
        if len(sessions) > 1 and max(b.last_at for b in here) - min(b.first_at for b in here) > WORKLOAD_LIFE:
            return True
        mine = self._subject.roots_of | self._subject.sessions.keys()
        return any(id_ not in mine for id_ in self._world.workloads(a.address))


WORKLOAD_LIFE = 46_800
"""Seconds: longer than a function's credentials live (12 h)."""


def _regions(subject: Subject) -> set[str]:
    """Regions in the ARNs that inScopeOf names."""
    found: set[str] = set()
    for node in subject.sessions.values():
        for part in node.detail.split('"'):
            pieces = part.split(":")
            if " arn:" in part and len(pieces) > 6:
                found.add(pieces[-4] if pieces[-3].isdigit() else pieces[5])
    return found


def _direct(a: Activity, address_class: AddressClass) -> bool:
    """A use by whoever holds the credential; the others take the verdict of the call behind them."""
    return hands.signs_in(a) or not (a.invoked_by or address_class in ("SERVICE", "INTERNAL"))


NO_FACTS = Facts(None, None, None, situation.UNKNOWN_WAY, None)


def _through(a: Activity, parents: Sequence[Found], ranges: Ranges) -> Found:
    """D1: the verdict of the call that made a service call, never surer than the join to it."""
    service = a.invoked_by or a.address
    near = [
        found
        for found in parents
        if service in services_in(found.activity.sources)
        and found.activity.first_at - PARENT_WITHIN <= a.first_at <= found.activity.last_at + PARENT_WITHIN
    ]
    own = Basis(f"D1: {situation.ROWS['D1']} ({service or a.address})", 0.0, (event_ref(a.first_at, a.first_event),))
    address_class = classify(a.address, ranges)
    if not near:
        return Found(a, address_class, Ruling("D1", "THROUGH_SERVICE", 0.40), (own,), (situation.MISSING["D1"],))
    parent = max(near, key=lambda found: (is_off(found.ruling.verdict, found.ruling.confidence), found.activity.last_at))
    text = f"the call behind it came from {parent.activity.address}"
    ref = event_ref(parent.activity.first_at, parent.activity.first_event)
    ruling = Ruling("D1", parent.ruling.verdict, min(THROUGH_SERVICE_JOIN, parent.ruling.confidence))
    return Found(a, address_class, ruling, (own, Basis(text, THROUGH_SERVICE_JOIN, (ref,)), *parent.reasons), parent.missing)


def _by_session(found: Iterable[Found]) -> dict[str, list[Found]]:
    sessions: dict[str, list[Found]] = {}
    for one in found:
        sessions.setdefault(one.activity.identity, []).append(one)
    return sessions


def _row(ruling: Ruling, kind: str = "instance") -> Basis:
    return Basis(f"{ruling.row}: {situation.of_kind(situation.ROWS[ruling.row], kind)}", ruling.confidence)
