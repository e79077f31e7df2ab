"""A role session that turned itself into a bearer token."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import behind
from roletrail.lineage.model import event_ref

META = Meta(
    id="bearer-token",
    title="Role session turned into a bearer token",
    group="root",
    why="A web identity or OAuth token made from a session is taken elsewhere, outside AWS or in another partition, where these logs end.",
    attack=("T1550.001", "T1606.002"),
    benign=("A service that federates outward, as it does on other days.",),
    runbook=("Find out who accepts the token.", "Deny sts:GetWebIdentityToken where nobody needs it."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    tokens = [one for one in story.sign_ins if one.event_name in habits.BEARER_TOKENS and one.success != "false"]
    if not tokens or not story.node.role_name:
        return
    first = tokens[0]
    refs = tuple(event_ref(one.at, one.event_id) for one in tokens)[:20]
    reasons = [Reason(f"{first.event_name} by {called(story.node)}", 20, refs)]
    if past.new(habits.sign_in_key(story.node, first.event_name), first.at):
        reasons.append(Reason("new for this role: not done in the month before", 25))
    if past.usual(habits.sign_in_key(story.node, first.event_name), first.at):
        reasons.append(Reason("quieter: done on ten or more of the days before", -10))
    yield Hit(f"{called(story.node)} made itself a bearer token", (*reasons, *behind(story)), first.at, tokens[-1].at)


_MADE = s.story(s.key(), s.role("exporter"), sign_ins=(s.sign_in("GetWebIdentityToken"),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_MADE, s.FRESH), Sample(_MADE, s.month())),
    silent=(
        Sample(_MADE._replace(sign_ins=(s.sign_in("ConsoleLogin"),)), s.month()),
        Sample(s.story(s.key(), sign_ins=_MADE.sign_ins), s.month()),
    ),
    needs="sign_ins",
)
