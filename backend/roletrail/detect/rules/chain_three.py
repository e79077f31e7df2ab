"""Three and more role sessions in a row: the alarm tone; how loud it is follows from what is new and what was done."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import depth, done, elsewhere, networks, newness

META = Meta(
    id="chain-three",
    title="Chain of three or more role sessions",
    group="chain",
    why="Each assumption resets what the next account can see of the one before. Three in a row are rare outside pipelines, "
    "and what such a path has never done before is what an analyst looks at first.",
    attack=("T1550.001", "T1078.004", "T1021.007"),
    benign=("A pipeline that goes home > hub > target.", "The same path from the same network on ten or more days before."),
    runbook=(
        "Read the path from its root; ask whose credential the root is.",
        "Compare network and client of each step with earlier days of this path.",
        "Read what the last session did, then print the containment plan.",
    ),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if not story.leaf or story.standing.sessions < 3 or not story.node.counts:
        return
    reasons = (depth(story), newness(story, past), *networks(story), *elsewhere(story), *done(story))
    roles = [called(step.node) for step in story.roles]
    names = " > ".join(roles if len(roles) <= 5 else [*roles[:2], f"{len(roles) - 4} more", *roles[-2:]])
    yield Hit(f"{story.standing.sessions} role sessions in a row: {names}", reasons, story.at, story.last_seen)


_THREE = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop", s.MEMBER), s.role("data-admin", s.MEMBER))
_TWO = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop", s.MEMBER))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_THREE, s.FRESH), Sample(_THREE, s.lived(habits.shown(_THREE)))),
    silent=(
        Sample(_TWO, s.FRESH),
        Sample(_THREE._replace(leaf=False), s.FRESH),
        Sample(_THREE._replace(node=_THREE.node._replace(counts=False)), s.FRESH),
    ),
    needs="chain",
)
