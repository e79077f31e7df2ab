"""A session nobody issued, as far as these logs go, though they should know."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import done

META = Meta(
    id="unexplained-credential",
    title="Unexplained credential",
    group="credential",
    why="Its issuance should be in what is loaded and is not. Usually that is a gap nobody knew of; so it only informs, unless the session does what counts by itself.",
    attack=("T1078.004",),
    benign=("A trail that leaves something out.", "A service that issues credentials in its own way."),
    runbook=("Look at coverage around its creation.", "Trace its principal id in other tools."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    if story.missing != "UNEXPLAINED":
        return
    reasons = (Reason("no issuance in the logs around its creation, though others of that account are there", 5), *done(story))
    yield Hit(f"Nobody is seen to have issued {called(story.node)}", reasons, story.at, story.last_seen)


_LOST = s.story(s.role("admin"), missing="UNEXPLAINED")

RULE = Rule(
    META,
    judge,
    fires=(Sample(_LOST, s.FRESH),),
    silent=(Sample(_LOST._replace(missing="BEFORE_LOGS"), s.FRESH), Sample(s.story(s.key(), s.role("admin")), s.FRESH)),
    needs="missing",
)
