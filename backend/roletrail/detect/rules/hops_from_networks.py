"""Steps of one chain that were asked for from different networks."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import depth, elsewhere, networks, newness

META = Meta(
    id="hops-from-networks",
    title="Steps of one chain from different networks",
    group="chain",
    why="One program walks a chain from one place. A step from somewhere else is a credential that changed hands on the way.",
    attack=("T1550.001", "T1528"),
    benign=("A laptop that moved, a runner with several ways out, a VPN that was switched on.",),
    runbook=(
        "See which step changed networks, and what else came from there.",
        "Compare the clients on both sides of that step.",
    ),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if not story.leaf or story.standing.sessions < 2 or story.root.type == "web":
        return
    found = tuple(networks(story))
    if not found or past.usual(habits.shape_in_key(story), story.at):
        return
    reasons = (depth(story), *found, newness(story, past), *elsewhere(story))
    yield Hit(f"Steps towards {called(story.node)} came from different networks", reasons, story.at, story.last_seen, most=64)


_TWO = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop"), addresses=(s.OFFICE, s.CAFE))
_SAME = s.story(s.key(), s.role("artifact-reader"), s.role("deploy-shop"))
_WEB = s.story(
    s.origin("web", "repo:acme/shop:ref:refs/heads/main"),
    s.role("artifact-reader"),
    s.role("deploy-shop"),
    addresses=(s.OFFICE, s.CAFE),
)

_THREE = s.story(s.key(), s.role("fn-deployer"), s.role("fn-role"), s.role("deploy-shop"), addresses=(s.OFFICE, s.OFFICE, s.CAFE))
_MADE = _THREE._replace(path=tuple(
    step._replace(edge=step.edge._replace(pivot="function"), asked=None) if step.edge and step.node.role_name == "fn-role" else step
    for step in _THREE.path
))  # fmt: skip

RULE = Rule(
    META,
    judge,
    fires=(Sample(_TWO, s.FRESH), Sample(_TWO, s.month())),
    silent=(
        Sample(_SAME, s.FRESH),
        Sample(_MADE, s.FRESH),
        Sample(_WEB, s.FRESH),
        Sample(_TWO, s.lived(habits.shown(_TWO))),
        Sample(_TWO._replace(leaf=False), s.FRESH),
    ),
    needs="chain",
)
