"""A session named like an instance by whoever took the role."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import proof

META = Meta(
    id="instance-like-name",
    title="Instance-like session name",
    group="credential",
    why="Anybody may call a session i-0123...; tools that tell instances by the name then take it for one.",
    attack=("T1036", "T1550.001"),
    benign=("A tool that names sessions after the host it runs on.",),
    runbook=("Look at who took the role, not at what the session is called.",),
)
_LIKE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    node = story.node
    if not node.role_name or not _LIKE.fullmatch(node.name):
        return
    if node.workload or len(story.path) < 2 or story.path[-2].node.type in ("instance", "service"):
        return
    reasons = (
        Reason(
            f"the session {story.node.name} was named by {called(story.path[-2].node)}, not by EC2", 40, proof(story.path[-1])
        ),
    )
    yield Hit(f"A session of {called(story.node)} is named like an instance", reasons, story.at, story.last_seen)


_NAMED = s.story(s.key(), s.role("admin", session="i-0123456789abcdef0"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_NAMED, s.FRESH),),
    silent=(
        Sample(s.story(s.key(), s.role("admin", session="alice")), s.FRESH),
        Sample(s.story(s.origin("instance", "i-0123456789abcdef0"), s.role("admin", session="i-0123456789abcdef0")), s.FRESH),
        Sample(_NAMED._replace(node=_NAMED.node._replace(workload="instance")), s.FRESH),
        Sample(_NAMED._replace(node=_NAMED.node._replace(role_name="")), s.FRESH),
        Sample(_NAMED._replace(path=_NAMED.path[-1:]), s.FRESH),
    ),
    needs="instance_name",
)
