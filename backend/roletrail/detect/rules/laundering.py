"""Role sessions through workloads: each segment short, the whole long."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Step, Story, called
from roletrail.detect.weigh import done, elsewhere

META = Meta(
    id="laundering",
    title="Laundering through workloads",
    group="chain",
    why="Code put into a function, or a command sent to a host, runs with another role's credentials and starts a new chain: every length is one, and no depth rule sees it.",
    attack=("T1648", "T1651", "T1078.004"),
    benign=("A pipeline that deploys a function which starts a task: the same workloads on most days.",),
    runbook=(
        "Read the pivots between the segments: who changed the function, who sent the command.",
        "Revoke every role from the first segment on.",
    ),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    if story.standing.reach < 3 or story.standing.segment < 2 or story.standing.sessions > 2 or not story.leaf:
        return
    pivots = [step for step in story.path if step.edge is not None and step.edge.pivot]
    if not pivots:
        return
    text = f"{story.standing.reach} role sessions through {len(pivots)} workloads, at most {story.standing.sessions} of them in a row"
    events = tuple(ref for step in pivots for ref in (step.edge.evidence if step.edge else ()))
    commands = [step for step in pivots if step.edge and step.edge.pivot in ("command", "function")]
    reasons = [Reason(text, 35, events)]
    if commands:
        reasons.append(Reason(f"code or commands were put into {_kinds(commands)}", 10))
    yield Hit(
        f"{called(story.node)} was reached through workloads",
        (*reasons, *elsewhere(story), *done(story)),
        story.at,
        story.last_seen,
    )


def _kinds(pivots: list[Step]) -> str:
    return ", ".join(dict.fromkeys(step.edge.pivot for step in pivots if step.edge))


def _reached(reach: int, segment: int) -> Story:
    told = s.story(s.role("fn-deployer"), s.role("instance-role"), pivot="command")
    return told._replace(standing=told.standing._replace(reach=reach, segment=segment, sessions=1))


RULE = Rule(
    META,
    judge,
    fires=(Sample(_reached(3, 3), s.FRESH), Sample(_reached(5, 2), s.month())),
    silent=(
        Sample(_reached(2, 2), s.FRESH),
        Sample(_reached(3, 3)._replace(leaf=False), s.FRESH),
        Sample(s.story(s.key(), s.role("a-role"), s.role("b-role"), s.role("c-role")), s.FRESH),
    ),
    needs="chain",
)
