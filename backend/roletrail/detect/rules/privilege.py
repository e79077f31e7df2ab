"""More was allowed to somebody than before."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="privilege",
    title="Privilege escalation",
    group="root",
    why="Administrator rights handed to a user, or to a role that never had its rights changed by this caller, are how a small credential becomes a large one.",
    attack=("T1098.003", "T1484"),
    benign=("A pipeline that attaches policies to the roles it makes, as it always does.",),
    runbook=("Read the policy that was attached and to whom.", "Detach it; look at what the receiver did since."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "privilege", "allowed more to others")


_ADMIN = s.story(
    s.role("deploy"),
    actions=(s.action("AttachUserPolicy", "privilege", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"),),
)
_ROLE = s.story(
    s.role("deploy"),
    actions=(s.action("AttachRolePolicy", "privilege", "fn-role", kind="role", policy_arn=f"arn:aws:iam::{s.HOME}:policy/fn"),),
)
_REVOKE = s.story(
    s.role("responder"),
    actions=(s.action("PutRolePolicy", "privilege", "stolen", kind="role", policy_name="AWSRevokeOlderSessions"),),
)

RULE = Rule(
    META,
    judge,
    fires=(Sample(_ADMIN, s.FRESH), Sample(_ROLE, s.month())),
    silent=(Sample(_ROLE, s.FRESH), Sample(_ROLE, s.lived(habits.shown(_ROLE))), Sample(_REVOKE, s.month())),
    needs="privilege",
)
