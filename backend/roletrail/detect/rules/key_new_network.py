"""A long-term key used from a network it was never used from."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import client, is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="key-new-network",
    title="Long-term key from a network never seen",
    group="root",
    why="Keys leak into repositories, laptops and build logs, and do not expire. The first use from elsewhere is the only sign many thefts leave.",
    attack=("T1078.004", "T1552.001"),
    benign=("A colleague who travels.", "A build farm that moved."),
    runbook=("Deactivate the key, do not delete it.", "Trace the key, and see what it obtained."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if story.node.kind != "key" or not past.known(story.last_seen):
        return
    first: dict[str, Activity] = {}
    for activity in sorted(story.activities, key=lambda a: (a.cell, a.address)):
        first.setdefault(network(activity.address), activity)
    for net, activity in first.items():
        if not is_outside(net) or not past.new(habits.network_key(story.node, net), activity.cell):
            continue
        reasons = [
            Reason(f"first used from {net} ({activity.address})", 35, (event_ref(activity.first_at, activity.first_event),))
        ]
        if past.new(habits.client_key(story.node, activity.agent), activity.cell):
            reasons.append(Reason(f"and with a client it was never used with: {client(activity.agent)}", 20))
        obtained = [use for use in story.obtained if use.at >= activity.first_at]
        if obtained:
            reasons.append(Reason(f"it obtained {len(obtained)} role sessions since", 5))
        last = max(a.last_at for a in story.activities if network(a.address) == net)
        yield Hit(
            f"{called(story.node)} was used from a network never seen before: {net}",
            tuple(reasons),
            activity.first_at,
            last,
            about=net,
        )


_HOME = s.story(s.key(), activities=(s.activity(),))
_AWAY = s.story(s.key(), activities=(s.activity(s.CAFE),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_AWAY, s.lived(habits.shown(_HOME))),),
    silent=(
        Sample(_HOME, s.lived(habits.shown(_HOME))),
        Sample(_AWAY, s.FRESH),
        Sample(s.story(s.key(), s.role("a-role"), activities=(s.activity(s.CAFE),)), s.month()),
        Sample(s.story(s.key(), activities=(s.activity("10.0.0.9"),)), s.month()),
    ),
    needs="key",
    news=True,
)
