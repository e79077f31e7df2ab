"""Credentials of an instance or a function turned into a console session."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import behind
from roletrail.lineage.model import event_ref

META = Meta(
    id="workload-to-console",
    title="Workload credentials turned into a console login",
    group="credential",
    why="Machines do not click. A sign-in link asked for with a workload's credentials is somebody who wants to look around in comfort.",
    attack=("T1538", "T1552.005"),
    benign=("None that is known; a very old self-made portal.",),
    runbook=("Take the workload's credentials for stolen.", "Read what the console session did: it may outlive the credentials."),
)
_LINK = ("GetSigninToken", "ConsoleLogin")


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    links = [one for one in story.sign_ins if one.event_name in _LINK and one.success != "false"]
    workload = story.node.workload or story.root.workload
    if not links or not workload or story.standing.sessions > 1:
        return
    refs = tuple(event_ref(one.at, one.event_id) for one in links)
    reasons = (
        Reason(
            f"{links[0].event_name} with the credentials of a {workload}, from {links[0].address} by {links[0].agent}", 70, refs
        ),
        *behind(story),
    )
    yield Hit(f"{called(story.node)}, a {workload}'s role, asked for a console session", reasons, links[0].at, links[-1].at)


_FUNCTION = s.story(s.origin("function", "orders"), s.role("orders-fn"), sign_ins=(s.sign_in("GetSigninToken", agent="curl"),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_FUNCTION, s.FRESH),),
    silent=(
        Sample(_FUNCTION._replace(sign_ins=()), s.FRESH),
        Sample(s.story(s.key(), s.role("admin"), sign_ins=_FUNCTION.sign_ins), s.FRESH),
        Sample(s.story(s.origin("function", "f"), s.role("a-role"), s.role("b-role"), sign_ins=_FUNCTION.sign_ins), s.FRESH),
    ),
    needs="sign_ins",
)
