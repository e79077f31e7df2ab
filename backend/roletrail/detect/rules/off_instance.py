"""A workload's credentials used where the workload is not: the verdict of the off-instance tables, as a finding."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.place import AWAY
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.verdict import UseVerdict
from roletrail.detect.weigh import behind

META = Meta(
    id="off-instance",
    title="Workload credentials used elsewhere",
    group="credential",
    why="Credentials of an instance, a function or a task belong to it. Used from another address they were read out of it; from another host of the same estate nobody else alarms.",
    attack=("T1552.005", "T1078.004"),
    benign=("An egress that is not in the inventory.", "An administrator who exported them: allow-listed by role and address."),
    runbook=(
        "Isolate the workload, then stop it handing out credentials, then revoke its role.",
        "See what the verdict would change on.",
    ),
)
LEAST = 0.5


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    off = [v for v in story.verdicts if v.off and v.confidence >= LEAST and v.session_id in ("", story.node.id)]
    if not off:
        return
    worst = max(off, key=lambda v: (v.confidence, v.source_ip_address))
    reasons = [
        Reason(
            _said(worst),
            round(75 * worst.confidence),
            tuple(dict.fromkeys(ref for basis in worst.reasons for ref in basis.events))[:20],
        )
    ]
    reasons += [Reason(basis.text, 0, basis.events) for basis in worst.reasons[:4]]
    if any(v.hands == "unfamiliar" for v in off):
        reasons.append(Reason("by unfamiliar hands: another client or another way of calling than this role's", 10))
    others = len({v.source_ip_address for v in off}) - 1
    if others:
        reasons.append(Reason(f"and from {others} more addresses", 5))
    if story.issued or not story.leaf:
        reasons.append(Reason("further roles were obtained with it", 5))
    where = worst.instance_id or called(story.node)
    yield Hit(
        f"Credentials of {where} were used from {worst.source_ip_address}",
        (*reasons, *_path(story)),
        min(v.first_seen for v in off),
        max(v.last_seen for v in off),
    )


def _path(story: Story) -> Iterator[Reason]:
    yield from (reason for reason in behind(story._replace(verdicts=())))


def _said(v: UseVerdict) -> str:
    calls = "one call" if v.count == 1 else f"{v.count:,} calls"
    basis = f"row {v.row}, confidence {v.confidence:.2f}"
    return f"{v.access_key_id} was used {AWAY[v.verdict]}: {calls} from {v.source_ip_address} ({basis})"


_ROLE = s.story(s.origin("instance", "i-0123456789abcdef0"), s.role("web"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_ROLE._replace(verdicts=(s.verdict("OFF_INSTANCE_OUTSIDE_AWS", "D13"),)), s.FRESH),),
    silent=(
        Sample(_ROLE._replace(verdicts=(s.verdict("ON_INSTANCE", "D2"),)), s.FRESH),
        Sample(_ROLE._replace(verdicts=(s.verdict("OFF_INSTANCE_LATERAL", "D7", confidence=0.4),)), s.FRESH),
        Sample(_ROLE, s.FRESH),
    ),
    needs="verdicts",
)
