"""A path nobody took before, or that this root never took."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.shape import shape
from roletrail.detect.story import Story
from roletrail.detect.weigh import depth, newness, proof

META = Meta(
    id="chain-shape-new",
    title="Path of roles never seen before",
    group="chain",
    why="Normal estates are long chains too; what tells an intruder's from a pipeline's is that nobody walked it before.",
    attack=("T1078.004", "T1550.001"),
    benign=("A pipeline that was built or renamed this week.", "A first day in a new team."),
    runbook=("See who else takes this path, and from when on.", "Ask the owners of the roles in the middle whom they expect."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if not story.leaf or story.standing.sessions < 2 or not story.node.counts:
        return
    if not past.known(story.at) or not past.new(habits.shape_by_key(story), story.at):
        return
    ours = shape(story.path, story.own)
    reasons = (
        Reason(f"its shape: {ours}", 5, tuple(ref for step in story.roles[-3:] for ref in proof(step))),
        depth(story),
        newness(story, past),
    )
    everybody = past.new(habits.shape_key(story), story.at)
    title = "A path of roles nobody took before" if everybody else "A path of roles this root never took"
    yield Hit(f"{title}: {ours}", reasons, story.at, story.last_seen, most=64)


_TWO = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop", s.MEMBER))
_OTHER = s.story(s.key("carol"), s.role("artifact-reader"), s.role("deploy-shop", s.MEMBER))
_ONE = s.story(s.key(), s.role("artifact-reader"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_TWO, s.month()), Sample(_TWO, s.lived(habits.shown(_OTHER)))),
    silent=(
        Sample(_TWO, s.FRESH),
        Sample(_TWO, s.lived(habits.shown(_TWO))),
        Sample(_ONE, s.month()),
        Sample(_TWO._replace(leaf=False), s.month()),
    ),
    needs="chain",
    news=True,
)
