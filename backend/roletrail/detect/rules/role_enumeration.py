"""Refused assumptions of several roles in a burst: somebody tries doors."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.link.attempt import DOORS, TRIED_DOORS, Obtained, refusals
from roletrail.lineage.model import event_ref

META = Meta(
    id="role-enumeration",
    title="Roles tried one after another",
    group="root",
    why="Whoever holds a credential and not its owner's knowledge finds out by trying what it opens. A retry after CreateRole, and a job that fails on one role for ever, are told apart.",
    attack=("T1087.004", "T1069.003"),
    benign=("A scanner that goes through all accounts and may not enter some.",),
    runbook=("See whether one of the doors opened.", "Look where the credential was used from."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    tried = [found for found in refusals(story.attempts, story.obtained) if found.nature == TRIED_DOORS]
    doors = {found.attempts[0].target for found in tried}
    if len(doors) < DOORS:
        return
    attempts = [one for found in tried for one in found.attempts]
    refs = tuple(event_ref(one.at, one.event_id) for one in attempts)[:20]
    reasons = [
        Reason(
            f"{len(doors)} different roles were refused to {called(story.node)} within minutes",
            45 + min(20, len(doors) - DOORS),
            refs,
        )
    ]
    if opened := [use for use in story.obtained if use.at > min(one.at for one in attempts)]:
        reasons.append(Reason(f"{len(opened)} other doors opened after", 10))
    yield Hit(
        f"{called(story.node)} tried {len(doors)} roles and was refused",
        tuple(reasons),
        min(a.at for a in attempts),
        max(a.at for a in attempts),
    )


_TRIED = s.story(
    s.key(), attempts=tuple(s.attempt(name, at=s.T0 + n * 20) for n, name in enumerate(("admin", "deploy", "audit")))
)
_JOB = s.story(s.key(), attempts=tuple(s.attempt("admin", at=s.T0 + n * 20) for n in range(9)))
_RETRY = _TRIED._replace(obtained=tuple(Obtained("", one.target, one.at + 5) for one in _TRIED.attempts))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_TRIED, s.FRESH),),
    silent=(Sample(_JOB, s.FRESH), Sample(_RETRY, s.FRESH), Sample(s.story(s.key()), s.FRESH)),
    needs="attempts",
)
