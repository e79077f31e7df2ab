"""Two role sessions in a row: worth a look, never a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import depth, done, elsewhere, networks, newness

META = Meta(
    id="chain-two",
    title="Chain of two role sessions",
    group="chain",
    why="A role that is taken with another role's session hides who is behind it one step further. Deployment and directory "
    "set-ups do it every day, so depth alone is a reason to look and no more.",
    attack=("T1550.001", "T1078.004"),
    benign=("A pipeline or a portal that goes through a hub role.", "The same path on most days before."),
    runbook=("Open the session and read the path from its root.", "Ask whoever owns the root whether this path is theirs."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if not story.leaf or story.standing.sessions != 2 or not story.node.counts:
        return
    reasons = (depth(story), newness(story, past), *networks(story), *elsewhere(story), *done(story))
    names = " > ".join(called(step.node) for step in story.roles)
    yield Hit(f"Two role sessions in a row: {names}", reasons, story.at, story.last_seen)


_TWO = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop", s.MEMBER))
_ONE = s.story(s.key(), s.role("artifact-reader"))
_THREE = s.story(s.key(), s.role("a-role"), s.role("b-role"), s.role("c-role"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_TWO, s.FRESH), Sample(_TWO, s.lived(habits.shown(_TWO)))),
    silent=(
        Sample(_ONE, s.FRESH),
        Sample(_THREE, s.FRESH),
        Sample(_TWO._replace(leaf=False), s.FRESH),
        Sample(_TWO._replace(node=_TWO.node._replace(counts=False)), s.FRESH),
    ),
    needs="chain",
)
