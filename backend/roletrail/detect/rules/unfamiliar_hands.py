"""Used where it belongs, by hands that are not its own: a shell on the host looks like the host."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import behind

META = Meta(
    id="unfamiliar-hands",
    title="Workload credentials in unfamiliar hands",
    group="credential",
    why="Through a web shell, a tunnel or a command the address is the host's own. What differs is the client, the rhythm, and what is called.",
    attack=("T1552.005", "T1651"),
    benign=("An administrator working on the host.", "A new release of the program with another SDK."),
    runbook=("See who had a session or sent a command to the host right before.", "Read the first calls of the new client."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    odd = [v for v in story.verdicts if v.hands == "unfamiliar" and not v.off and v.session_id in ("", story.node.id)]
    if not odd:
        return
    refs = tuple(dict.fromkeys(ref for v in odd for basis in v.reasons for ref in basis.events))[:20]
    reasons = [
        Reason(
            f"the address, {odd[0].source_ip_address}, accuses nobody ({odd[0].verdict}), but the hands are unfamiliar", 40, refs
        )
    ]
    reasons += [Reason(basis.text, 0, basis.events) for basis in odd[0].reasons[:4]]
    yield Hit(
        f"{called(story.node)} is in unfamiliar hands",
        (*reasons, *behind(story)),
        min(v.first_seen for v in odd),
        max(v.last_seen for v in odd),
        most=89,
    )


_ROLE = s.story(s.origin("instance", "i-0123456789abcdef0"), s.role("web"))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_ROLE._replace(verdicts=(s.verdict("ON_INSTANCE", "D2", hands="unfamiliar"),)), s.FRESH),),
    silent=(
        Sample(_ROLE._replace(verdicts=(s.verdict("ON_INSTANCE", "D2"),)), s.FRESH),
        Sample(_ROLE._replace(verdicts=(s.verdict("OFF_INSTANCE_OUTSIDE_AWS", "D13", hands="unfamiliar"),)), s.FRESH),
        Sample(_ROLE, s.FRESH),
    ),
    needs="verdicts",
)
