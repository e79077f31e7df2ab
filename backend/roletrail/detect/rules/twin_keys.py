"""An instance's twin keys, of the old and the new metadata service, used from different networks."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="twin-keys",
    title="Twin key of an instance used from elsewhere",
    group="credential",
    why="EC2 issues several keys in one second; the metadata services hand out different ones. A request forgery reads the old service's, so the twin that wakes up elsewhere is the stolen one.",
    attack=("T1552.005",),
    benign=("An old SDK that goes through a proxy.",),
    runbook=("Compare the two keys' clients and calls.", "Require tokens on the metadata service of this instance."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    if "1.0" not in [a.delivery for a in story.activities]:
        return
    uses = {delivery: [a for a in story.activities if a.delivery == delivery] for delivery in ("1.0", "2.0")}
    own = {network(a.address) for a in uses["2.0"]}
    strange = [a for a in uses["1.0"] if is_outside(network(a.address)) and network(a.address) not in own]
    if not own or not strange:
        return
    first = min(strange, key=lambda a: (a.first_at, a.address))
    reasons = (
        Reason(
            f"the key of delivery 1.0 ({first.access_key_id}) was used from {first.address}; its twin of 2.0 from {', '.join(sorted(own))}",
            45,
            _refs(strange),
        ),
    )
    yield Hit(
        f"The twin key of {story.node.name} was used from elsewhere", reasons, first.first_at, max(a.last_at for a in strange)
    )


def _refs(uses: list[Activity]) -> tuple[str, ...]:
    return tuple(event_ref(a.first_at, a.first_event) for a in uses[:5])


def _twins(one: str, two: str) -> Story:
    uses = (s.activity(one, delivery="1.0"), s.activity(two, delivery="2.0"))
    return s.story(s.origin("instance", "i-0123456789abcdef0"), s.role("web"), activities=uses)


RULE = Rule(
    META,
    judge,
    fires=(Sample(_twins(s.CAFE, s.OFFICE), s.FRESH),),
    silent=(
        Sample(_twins(s.OFFICE, s.OFFICE), s.FRESH),
        Sample(_twins("10.0.0.9", s.OFFICE), s.FRESH),
        Sample(_twins(s.CAFE, s.OFFICE)._replace(activities=(s.activity(s.CAFE, delivery="1.0"),)), s.FRESH),
    ),
    needs="several",
)
