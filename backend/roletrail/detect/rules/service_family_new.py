"""First use of a family of services by a principal."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called, services_in
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="service-family-new",
    title="First use of a service family",
    group="root",
    why="A credential made for one thing calls what that thing needs. A thief looks around: IAM, organisations, secrets, first of all.",
    attack=("T1526", "T1580"),
    benign=("A new feature of the program that holds the credential.",),
    runbook=("Read the first calls to the new service.", "Compare client and network with earlier days."),
)
TELLING = {
    "iam": 25,
    "organizations": 30,
    "secretsmanager": 25,
    "kms": 10,
    "cloudtrail": 25,
    "guardduty": 30,
    "ssm": 15,
    "ses": 30,
    "bedrock": 25,
    "ec2-instance-connect": 30,
    "identitystore": 25,
    "sso-directory": 25,
}
ORDINARY = 5


def _is_any_new(story: Story, past: Past) -> bool:
    return any(
        past.any_new(habits.family_keys(story.node, activity.sources), activity.cell)
        for activity in story.activities
        if not activity.invoked_by
    )


def _was_alive(story: Story, past: Past, at: int) -> bool:
    return past.days(habits.alive_key(story.node), at) > 0


def judge(story: Story, past: Past) -> Iterator[Hit]:
    issued_at = story.node.issued_at
    if not _is_any_new(story, past) or (issued_at and not _was_alive(story, past, issued_at)):
        return  # most sessions do what they always did, or are of somebody new: nothing is put in order for them
    first: dict[str, Activity] = {}
    for activity in sorted(story.activities, key=lambda a: (a.cell, a.address)):
        if not activity.invoked_by:
            for source in services_in(activity.sources):
                first.setdefault(source, activity)
    new = {
        source: activity for source, activity in first.items() if past.new(habits.family_key(story.node, source), activity.cell)
    }
    if not new or not (issued_at or _was_alive(story, past, max(a.cell for a in new.values()))):
        return
    weighed = sorted(
        ((TELLING.get(source.partition(".")[0], ORDINARY), source) for source in new), key=lambda pair: (-pair[0], pair[1])
    )
    reasons = tuple(
        Reason(
            f"{source.partition('.')[0]} was never called by {called(story.node)} before",
            weight,
            (event_ref(new[source].first_at, new[source].first_event),),
        )
        for weight, source in weighed[:3]
    )
    times = [activity.first_at for activity in new.values()]
    yield Hit(
        f"{called(story.node)} called {', '.join(source.partition('.')[0] for _, source in weighed[:4])} for the first time",
        reasons,
        min(times),
        max(times),
        most=64,
    )


_S3 = s.story(s.key(), activities=(s.activity(),))
_IAM = s.story(s.key(), activities=(s.activity(sources="iam.amazonaws.com=3"),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_IAM, s.lived(habits.shown(_S3))),),
    silent=(
        Sample(_S3, s.lived(habits.shown(_S3))),
        Sample(_IAM, s.FRESH),
        Sample(_IAM, s.month()),
        Sample(s.story(s.key()), s.month()),
    ),
    needs="activities",
    news=True,
)
