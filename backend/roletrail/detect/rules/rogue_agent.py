"""Two Systems Manager agents speak for one instance at once, from different addresses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.ssm_agent import AGENT, by_agent, contradict
from roletrail.detect.story import Story
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="rogue-agent",
    title="Rogue SSM agent",
    group="credential",
    why="Whoever holds an instance's credentials can register as its agent and receive its commands. The real one goes on speaking from its own address.",
    attack=("T1219", "T1651"),
    benign=("An instance whose public address changed within the hour.",),
    runbook=("Take the credentials of the instance for stolen; isolate it.", "Read commands that were sent to it since."),
    version=2,
)
ALIVE = 3600


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    if story.root.type != "instance":
        return
    speaking = [a for a in story.activities if by_agent(a)]
    pair = next((both for both in combinations(sorted(speaking), 2) if _at_once(*both)), None)
    if pair is None:
        return
    one, other = pair
    refs = (event_ref(one.first_at, one.first_event), event_ref(other.first_at, other.first_event))
    reasons = (
        Reason(
            f"agents speak for {story.node.name} from {one.address} and from {other.address} within the hour (confidence 0.85)",
            60,
            refs,
        ),
    )
    yield Hit(
        f"Two agents speak for {story.node.name}", reasons, min(one.first_at, other.first_at), max(one.last_at, other.last_at)
    )


def _at_once(one: Activity, other: Activity) -> bool:
    return abs(one.first_at - other.first_at) <= ALIVE and contradict(one, other)


def _instance(*where: tuple[str, int, str], services: tuple[str, ...] = ("ssm", "ssm")) -> Story:
    uses = tuple(
        s.activity(address, agent, at=s.T0 + at)._replace(sources=f"{service}.amazonaws.com=1")
        for (address, at, agent), service in zip(where, services, strict=False)
    )
    return s.story(s.origin("instance", "i-0123456789abcdef0"), s.role("web", session="i-0123456789abcdef0"), activities=uses)


RULE = Rule(
    META,
    judge,
    fires=(
        Sample(_instance((s.OFFICE, 0, AGENT), (s.CAFE, 900, AGENT)), s.FRESH),
        Sample(_instance((s.OFFICE, 0, AGENT), (s.CAFE, 900, AGENT), services=("ssm", "ec2messages")), s.FRESH),
        Sample(_instance(("10.0.1.10", 0, AGENT), (s.CAFE, 900, AGENT)), s.FRESH),
    ),
    silent=(
        Sample(_instance((s.OFFICE, 0, AGENT), (s.OFFICE, 900, AGENT)), s.FRESH),
        Sample(_instance((s.OFFICE, 0, AGENT), (s.CAFE, 9000, AGENT)), s.FRESH),
        Sample(_instance(("10.0.1.10", 0, AGENT), (s.CAFE, 900, AGENT), services=("ssm", "ec2messages")), s.FRESH),
        Sample(_instance(("2001:db8::10", 0, AGENT), (s.CAFE, 900, AGENT), services=("ssm", "ec2messages")), s.FRESH),
        Sample(_instance((s.OFFICE, 0, AGENT), ("ssm.amazonaws.com", 900, AGENT)), s.FRESH),
        Sample(_instance((s.OFFICE, 0, AGENT), (s.CAFE, 900, "boto3")), s.FRESH),
        Sample(_instance((s.OFFICE, 0, AGENT), (s.CAFE, 900, AGENT))._replace(path=_instance().path[-1:]), s.FRESH),
    ),
    needs="instance",
)
