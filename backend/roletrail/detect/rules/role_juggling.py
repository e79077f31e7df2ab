"""The same role again on one path: juggling, a role that takes itself, and an hour that does not end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Step, Story, called
from roletrail.detect.weigh import elsewhere, networks, proof

META = Meta(
    id="role-juggling",
    title="Roles that keep renewing each other",
    group="chain",
    why="A session obtained by role chaining lasts an hour. Two roles that trust each other, or one that trusts itself, make it last for ever, and survive the revocation of either.",
    attack=("T1098.003", "T1550.001"),
    benign=("A tool that assumes its own role before every call, minutes apart.",),
    runbook=(
        "Revoke all roles of the circle at once: the one left over takes the others back.",
        "Close the trust that lets them take each other.",
    ),
)
HOUR = 3600
PASSED_ON = 39
"""Most for a session that only descends from a role renewing itself: the same circle is told for all of them."""


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    roles = [step for step in story.roles if step.node.role_arn]
    if not story.leaf or len({step.node.role_arn for step in roles}) == len(roles):
        return
    often, times = Counter(step.node.role_arn for step in roles).most_common(1)[0]
    reasons = [
        Reason(f"{often} was taken {times} times on one path", 20, tuple(ref for step in roles[-5:] for ref in proof(step)))
    ]
    if itself := [step for above, step in pairwise(roles) if above.node.role_arn == step.node.role_arn]:
        reasons.append(Reason("a role took itself", 5, proof(itself[0])))
    lasted = story.last_seen - roles[0].node.issued_at
    if lasted > HOUR:
        reasons.append(
            Reason(f"renewed for {lasted / HOUR:.1f} hours: a chained session lasts one", 25 if lasted > 2 * HOUR else 15)
        )
    circle = [step for step in roles if step.node.role_arn == often]
    passed_on = len(itself) == times - 1 and roles[-1].node.role_arn != often
    yield Hit(
        f"{_names(circle)} keeps renewing itself" if len(itself) == times - 1 else f"{_names(roles)} renew each other",
        (*reasons, *networks(story), *elsewhere(story)),
        roles[0].node.issued_at,
        story.last_seen,
        about=roles[0].node.id,
        most=PASSED_ON if passed_on else 1000,
    )


def _names(roles: list[Step]) -> str:
    return " and ".join(dict.fromkeys(called(step.node) for step in roles[-4:]))


def _hours(*hours: int) -> Story:
    nodes = [s.role("a-role" if n % 2 == 0 else "b-role", at=s.T0 + hour * HOUR) for n, hour in enumerate(hours)]
    return s.story(s.key(), *nodes)


_LONG = _hours(0, 1, 2, 3)

RULE = Rule(
    META,
    judge,
    fires=(Sample(_LONG, s.FRESH), Sample(s.story(s.key(), s.role("a-role"), s.role("a-role", at=s.T0 + 60)), s.FRESH)),
    silent=(
        Sample(_hours(0, 1), s.FRESH),
        Sample(_LONG._replace(leaf=False), s.FRESH),
        Sample(s.story(s.key(), s.role("a-role")), s.FRESH),
    ),
    needs="chain",
)
