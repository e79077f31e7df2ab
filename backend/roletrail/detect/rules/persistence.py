"""Keys, passwords and users that stay when the session is over."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="persistence",
    title="Persistence: a credential that stays",
    group="root",
    why="A session ends within hours; a key, a password or a user made with it does not. It counts at any length of chain, and habit never makes it quieter.",
    attack=("T1136.003", "T1098.001"),
    benign=("Key rotation by its owner.", "A new colleague's user, made by the people who make users."),
    runbook=("Disable what was made before revoking who made it: a thief switches to it within seconds.", "Look for uses of it."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "persistence", "made credentials that stay")


_MADE = s.story(
    s.role("admin"), actions=(s.action("CreateAccessKey", target="AKIAIEXAMPLEXXXXXXX2", kind="access_key", user_name="bob"),)
)
_READ = s.story(s.role("admin"), actions=(s.action("GetSecretValue", "impact", "db", kind="secret", service="secretsmanager"),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_MADE, s.FRESH), Sample(_MADE, s.month())),
    silent=(Sample(_READ, s.month()), Sample(s.story(s.role("admin")), s.month())),
    needs="persistence",
)
