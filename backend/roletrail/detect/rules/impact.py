"""Data opened to strangers; and, where it is new for the caller at the end of a chain, read or destroyed."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="impact",
    title="Impact: read, shared out, destroyed, spent",
    group="root",
    why="It is what the chain was for. Reading a secret is ordinary for who does it daily, and is not for a session that never did.",
    attack=("T1537", "T1530", "T1485", "T1496"),
    benign=("A job that does it every day.", "A snapshot shared with an account of yours whose logs are not loaded."),
    runbook=("Name the resources that were touched, and who received them.", "Change secrets that were read."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "impact", "touched what others own or keep")


_SHARED = s.story(
    s.role("ops"),
    actions=(s.action("ModifySnapshotAttribute", "impact", "snap-1", kind="image", service="ec2", accounts=[s.STRANGER]),),
)
_SECRET = (s.action("GetSecretValue", "impact", "owner", kind="secret", service="secretsmanager"),)
_READ = s.story(s.key(), s.role("a-role"), s.role("b-role"), actions=_SECRET)

RULE = Rule(
    META,
    judge,
    fires=(Sample(_SHARED, s.FRESH), Sample(_READ, s.month())),
    silent=(Sample(_READ, s.FRESH), Sample(_READ, s.lived(habits.shown(_READ)))),
    needs="impact",
)
