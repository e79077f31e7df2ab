"""A role taken by something that never took it before: the pair, not the path."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import client, is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import WORKLOADS, Story, called
from roletrail.detect.weigh import proof

META = Meta(
    id="role-pair-new",
    title="First time this caller took this role",
    group="chain",
    why="The pair of caller and role is what repeats; whoever alerted on pairs never seen instead of on depth lost nine in ten alerts and no incident.",
    attack=("T1078.004",),
    benign=("A new colleague, a new service, a role renamed.",),
    runbook=("Ask the owner of the role whether this caller is meant to have it.", "Look at the first calls the session made."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if len(story.path) < 2 or not story.node.role_name or story.asked is None:
        return
    above, step = story.path[-2:]
    if above.node.type in WORKLOADS or not past.new(habits.pair_key(above, step), story.at):
        return
    reasons = [Reason(f"{called(above.node)} did not take {called(step.node)} in the month before", 20, proof(step))]
    if above.node.account and above.node.account != step.node.account:
        reasons.append(Reason("it crosses accounts", 5))
    if is_outside(network(story.asked.address)):
        reasons.append(Reason(f"asked for from {network(story.asked.address)} by {client(story.asked.agent)}", 0))
    yield Hit(f"{called(above.node)} took {called(step.node)} for the first time", tuple(reasons), story.at, story.last_seen)


_ONE = s.story(s.key(), s.role("artifact-reader"))
_SERVICE = s.story(s.origin("service", "config.amazonaws.com"), s.role("config-role"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_ONE, s.month()),),
    silent=(
        Sample(_ONE, s.FRESH),
        Sample(_ONE, s.lived(habits.shown(_ONE))),
        Sample(_SERVICE, s.month()),
        Sample(_ONE._replace(path=_ONE.path[-1:]), s.month()),
    ),
    needs="taken",
    news=True,
)
