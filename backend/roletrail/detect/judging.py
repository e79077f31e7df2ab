"""Judges every use of a workload's credentials: rulings and hands, folded to one verdict a session, key, address and pair of hands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from roletrail.detect import hands, situation, workload_use
from roletrail.detect.address import classify
from roletrail.detect.hands import Judged
from roletrail.detect.place import Ruling, capped, direction, is_off
from roletrail.detect.rulings import ruled
from roletrail.detect.subject import Found, Subject, World
from roletrail.detect.verdict import Basis, UseVerdict
from roletrail.lineage.model import Action, Activity, event_ref


def judge(subject: Subject, world: World) -> list[UseVerdict]:
    """Verdicts on all uses of a workload's credentials."""
    return [_verdict(subject, *judged) for judged in _judged(subject, world)] + _consoles(subject, world)


def telling(subject: Subject, world: World) -> list[UseVerdict]:
    """Those that say something against a use. Most uses are where they belong, by the hands they always had: of those no verdict
    is worded."""
    against = [judged for judged in _judged(subject, world) if _is_against(*judged)]
    consoles = [verdict for verdict in _consoles(subject, world) if verdict.off or verdict.hands == "unfamiliar"]
    return [_verdict(subject, *judged) for judged in against] + consoles


Alike = tuple[Sequence[Found], Sequence[Judged]]
"""Uses that look like the same hands, and what was said of their hands."""


def _judged(subject: Subject, world: World) -> Iterator[Alike]:
    touched = world.told.touched.get(subject.id, ())
    for group in _grouped(ruled(subject, world)):
        yield from _alike(subject, world, group, touched)


def _is_against(group: Sequence[Found], hands_of: Sequence[Judged]) -> bool:
    return any(one.hands == "unfamiliar" for one in hands_of) or spoken(_surest(group).ruling)[1]


Group = tuple[str, str, str, str, str, str]


def _grouped(rulings: Iterable[Found]) -> list[list[Found]]:
    """By session, key, address, endpoint and ruling, each in order of time."""
    groups: dict[Group, list[Found]] = {}
    for found in rulings:
        a = found.activity
        key = (a.identity, a.access_key_id, a.address, a.vpce_id + a.vpce_account, found.ruling.row, found.ruling.verdict)
        groups.setdefault(key, []).append(found)
    return [sorted(group, key=lambda found: (found.activity.first_at, found.activity.first_event)) for group in groups.values()]


def _alike(subject: Subject, world: World, group: Sequence[Found], touched: Sequence[Action]) -> list[Alike]:
    """The uses of a group by the hands they look like: each gets one verdict."""
    clients: dict[str, list[Found]] = {}
    for found in group:
        clients.setdefault(hands.kind_of(found.activity.agent), []).append(found)
    by_hands: dict[bool, tuple[list[Found], list[Judged]]] = {}
    beside = [found.activity for found in group]
    for client in clients.values():
        for uses, own in _parted(subject, world, client, touched):
            judged = _hands(subject, world, [found.activity for found in uses], touched, beside, own=own)
            held = by_hands.setdefault(judged.hands == "unfamiliar", ([], []))
            held[0].extend(uses)
            held[1].append(judged)
    return [(sorted(uses, key=_time), judged) for uses, judged in by_hands.values()]


def _parted(
    subject: Subject, world: World, uses: list[Found], touched: Sequence[Action]
) -> list[tuple[list[Found], bool]]:  # fmt: skip
    """Uses of one client, cut where somebody went to the host, if what came then was unlike what this very client did
    before. Its own past counts against it and never for it: whoever stole a key makes no habit of his own."""
    if not touched:
        return [(uses, False)]
    strange = [
        run
        for run in _after(uses, [touch.at for touch in touched])
        if len(run) < len(uses)
        and _hands(subject, world, [found.activity for found in run], touched, own=True).hands == "unfamiliar"
    ]
    parted = {id(found) for run in strange for found in run}
    rest = [found for found in uses if id(found) not in parted]
    return [*([(rest, False)] if rest else []), *((run, True) for run in strange)]


def _after(uses: Sequence[Found], times: Sequence[int]) -> list[list[Found]]:
    """Runs of uses that come soon after somebody went to the host. Both are in order of time."""
    runs: list[list[Found]] = []
    last = 0
    for found in uses:
        a = found.activity
        place = bisect_left(times, a.first_at - hands.BEFORE)
        if place < len(times) and times[place] <= a.last_at:
            if not runs or a.first_at > last + hands.BEFORE:
                runs.append([])
            runs[-1].append(found)
            last = max(last, a.last_at)
    return runs


def _time(found: Found) -> tuple[int, str]:
    return found.activity.first_at, found.activity.first_event


def _hands(
    subject: Subject, world: World, activities: Sequence[Activity], touched: Sequence[Action], beside: Sequence[Activity] = (),
    *, own: bool = False,
) -> Judged:  # fmt: skip
    first = activities[0]
    habits = world.customs(subject.sessions[first.identity].role_arn).before(first, own=own)
    return hands.judge([a for a in activities if not a.invoked_by] or activities, habits, touched, beside)


def _surest(group: Sequence[Found]) -> Found:
    return max(group, key=lambda found: found.ruling.confidence)


def _verdict(subject: Subject, group: Sequence[Found], hands_of: Sequence[Judged]) -> UseVerdict:
    best = _surest(group)
    activities = [found.activity for found in group]
    first = activities[0]
    node = subject.sessions[first.identity]
    judged = max(hands_of, key=lambda one: (one.hands == "familiar", len(one.parts)))
    reasons = _raised(best.reasons, judged.parts)
    verdict, off = spoken(best.ruling)
    return UseVerdict(
        session_id=node.id,
        workload=subject.kind,
        instance_id=subject.id if subject.kind == "instance" else "",
        account=node.account or subject.account,
        role=node.role_arn,
        access_key_id=first.access_key_id,
        source_ip_address=first.address,
        address_class=best.address_class,
        first_seen=min(a.first_at for a in activities),
        last_seen=max(a.last_at for a in activities),
        count=sum(a.count for a in activities),
        verdict=verdict,
        row=best.ruling.row,
        confidence=round(best.ruling.confidence, 2),
        hands=judged.hands,
        reasons=reasons,
        missing=best.missing,
        would_change=would_change(verdict, best.missing),
        endpoint=first.vpce_id,
        off=off,
        workload_id=subject.id,
    )


def spoken(ruling: Ruling) -> tuple[str, bool]:
    """The word of a verdict, and whether it is listed as off. Below a half no word accuses or clears anybody."""
    off = is_off(ruling.verdict, ruling.confidence)
    if round(ruling.confidence, 2) < 0.5 and direction(ruling.verdict):
        return "NOT_DECIDABLE", False
    return ruling.verdict, off


def _raised(reasons: tuple[Basis, ...], parts: Sequence[Basis]) -> tuple[Basis, ...]:
    return (*reasons, *(Basis(f"hands: {part.text}", 0.0, part.events) for part in parts))


def _consoles(subject: Subject, world: World) -> list[UseVerdict]:
    """D19 and W6: sign-ins and sign-in links made with the credentials, judged wherever they were made from."""
    touched = world.told.touched.get(subject.id, ())
    found: list[UseVerdict] = []
    for s in subject.sign_ins:
        node = subject.sessions.get(s.identity) or next(iter(subject.sessions.values()))
        row = "D19" if subject.kind == "instance" else "W6"
        verdict = "INSTANCE_CREDENTIAL_TO_CONSOLE" if subject.kind == "instance" else "OFF_WORKLOAD"
        ruling = Ruling(row, verdict, 0.90)
        missing: tuple[str, ...] = ()
        if not subject.delivered:
            ruling, missing = capped(ruling), ("the issuance that delivered it",)
        text = situation.ROWS["D19"] if row == "D19" else workload_use.TEXTS["W6"]
        reason = Basis(f"{row}: {text} ({s.event_name})", ruling.confidence, (event_ref(s.at, s.event_id),))
        word, off = spoken(ruling)
        use = Activity(
            node.id, s.at, s.access_key_id, s.address, "", "", "", "", s.agent, "", s.mfa, 1, 0, "signin.amazonaws.com=1",
            s.at, s.event_id, s.event_name, s.at, s.event_id, s.event_name,
        )  # fmt: skip
        judged = _hands(subject, world, [use], touched)
        found.append(
            UseVerdict(
                node.id, subject.kind, subject.id if subject.kind == "instance" else "", node.account or subject.account,
                node.role_arn, s.access_key_id, s.address, classify(s.address, world.ranges), s.at, s.at, 1, word, row,
                ruling.confidence, judged.hands, _raised((reason,), judged.parts), missing, (), "", off, subject.id,
            )
        )  # fmt: skip
    return found


def would_change(verdict: str, missing: Sequence[str]) -> tuple[str, ...]:
    if missing:
        return tuple(f"loading {one}" for one in missing)
    if direction(verdict) > 0:
        return ("an inventory fact that gives this address to the workload at that time",)
    if direction(verdict) < 0:
        return ("an inventory fact that takes this address from the workload at that time",)
    return ()
