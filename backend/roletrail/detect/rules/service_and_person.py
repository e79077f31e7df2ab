"""One role, taken by a service and by a person within a day."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import DAY, Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import WORKLOADS, Story, called

META = Meta(
    id="service-and-person",
    title="A workload's role taken by a person",
    group="chain",
    why="Roles made for functions, tasks and instances are not taken by people: whoever does has widened the trust, or found it wide.",
    attack=("T1098.003", "T1078.004"),
    benign=("A developer who debugs with the workload's role.",),
    runbook=("Read who may take the role, and since when.", "Ask whether the caller debugs this workload."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    if story.root.type in WORKLOADS or story.root.kind == "unknown" or not story.node.role_name:
        return
    at = story.at
    others = [use for use in story.role_uses if use.what in WORKLOADS and abs(use.at - at) <= DAY]
    if not others:
        return
    text = f"{called(story.node)} was delivered to a {others[0].what} {len(others)} times within a day of this"
    reasons = [Reason(text, 25, tuple(use.ref for use in others[:5]))]
    if len(story.path) > 1 and past.new(habits.pair_key(*story.path[-2:]), story.at):
        reasons.append(Reason("nobody of its kind took the role in the month before", 25))
    title = f"{called(story.node)} is a workload's role, and {called(story.root)} took it"
    yield Hit(title, tuple(reasons), story.at, story.last_seen)


_PERSON = s.story(s.key(), s.role("order-fn-role"), role_uses=(s.use("function", s.T0 - 3600),))
_WORKLOAD = s.story(s.origin("function", "order-fn"), s.role("order-fn-role"), role_uses=(s.use("function", s.T0 - 3600),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_PERSON, s.FRESH),),
    silent=(
        Sample(_WORKLOAD, s.FRESH),
        Sample(_PERSON._replace(role_uses=(s.use("key", s.T0 - 3600),)), s.FRESH),
        Sample(_PERSON._replace(role_uses=(s.use("function", s.T0 - 2 * DAY),)), s.FRESH),
    ),
    needs="shared",
)
