"""A role that responders declared as theirs, taken by a session nobody declared."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import done, proof

META = Meta(
    id="responder-stranger",
    title="Stranger in a responders' role",
    group="root",
    why="The role was declared as the responders' own, and this session is none of those that were declared. Such a role may do much, and people look away from what it does.",
    attack=("T1078.004",),
    benign=("A colleague whose session nobody declared yet.", "A declaration that ended too early."),
    runbook=(
        "Ask the responders whose session this is; declare it if it is theirs.",
        "If nobody answers for it, contain it before anything else: it can undo what was contained.",
    ),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    if not story.stranger:
        return
    role = called(story.node)
    reasons = (
        Reason(f"{role} is declared as a role of responders, and this session of it is not", 70, proof(story.path[-1])),
        *done(story),
    )
    yield Hit(f"An undeclared session of the responders' role {role}", reasons, story.at, story.last_seen)


_THEIRS = s.story(s.key(), s.role("incident-response"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_THEIRS._replace(stranger=True), s.FRESH),),
    silent=(Sample(_THEIRS, s.FRESH),),
    needs="stranger",
)
