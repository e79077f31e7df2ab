"""A key or user that some session made, in use."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import behind
from roletrail.lineage.chain import CREDENTIAL_PIVOTS

META = Meta(
    id="created-credential-used",
    title="Created credential in use",
    group="credential",
    why="A key made with a stolen session is the way back when the session ends; a real thief switched to it within seconds. One that waits for weeks is a back door.",
    attack=("T1098.001", "T1136.003"),
    benign=("A rotation: made and taken over by the same pipeline.",),
    runbook=("Deactivate it before anything else.", "See who made it, and with what."),
)
HOUR, MONTH = 3600, 30 * 86_400


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    edge = story.path[-1].edge
    if edge is None or edge.pivot not in CREDENTIAL_PIVOTS or not story.activities:
        return
    first = min(a.first_at for a in story.activities)
    made = story.path[-2].node if len(story.path) > 1 else story.node
    reasons = [Reason(f"made by {called(made)} and used", 35, edge.evidence)]
    if first - edge.at <= HOUR:
        reasons.append(Reason("within the hour", 10))
    elif first - edge.at > MONTH // 4:
        reasons.append(Reason(f"after {(first - edge.at) // 86_400} days of rest", 10))
    if made.kind == "session":
        reasons.append(Reason("its maker was a session, which is over by now or will be", 5))
    yield Hit(f"{called(story.node)}, made by {called(made)}, is in use", (*reasons, *behind(story)), first, story.last_seen)


_USED = s.story(s.role("admin"), s.key("bob"), pivot="access_key", activities=(s.activity(at=s.T0 + 60),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_USED, s.FRESH),),
    silent=(
        Sample(_USED._replace(activities=()), s.FRESH),
        Sample(s.story(s.role("admin"), s.role("web"), pivot="command", activities=(s.activity(),)), s.FRESH),
        Sample(s.story(s.key("bob"), activities=(s.activity(),)), s.FRESH),
    ),
    needs="made",
)
