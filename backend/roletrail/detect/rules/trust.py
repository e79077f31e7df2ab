"""A way in was opened: trust given to a foreign account, to everybody, or to a new provider."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="trust",
    title="Trust given to a stranger",
    group="root",
    why="A role that trusts a foreign account is a door that outlives every key. It is judged against the accounts whose logs are loaded.",
    attack=("T1098.003", "T1484.002"),
    benign=("A vendor's role, set up by those who set up vendors.", "An account of yours whose logs are not loaded."),
    runbook=(
        "Close the trust again; it stops new sessions only, so revoke the role too.",
        "Ask who owns the account that was let in.",
    ),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "trust", "opened a way in")


def _trusting(account: str) -> Story:
    policy = (
        f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}'
    )
    return s.story(s.role("deploy"), actions=(s.action("CreateRole", "trust", "support-x", kind="role", policy=policy),))


RULE = Rule(
    META,
    judge,
    fires=(Sample(_trusting(s.STRANGER), s.FRESH),),
    silent=(Sample(_trusting(s.MEMBER), s.FRESH), Sample(s.story(s.role("deploy")), s.FRESH)),
    needs="trust",
)
