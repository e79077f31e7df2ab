"""Tampering with what records and watches."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="evasion",
    title="Evasion: logs and watchers tampered with",
    group="root",
    why="Nobody stops a trail by accident. What happened while it was off is not in these logs. An attempt that was refused counts too.",
    attack=("T1562.008", "T1070"),
    benign=("A trail replaced by an organisation's, by those who run it.",),
    runbook=("Switch it on again first.", "Treat the hours in between as unknown, not as quiet."),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "evasion", "tampered with what records")


_STOP = s.story(s.key(), actions=(s.action("StopLogging", "evasion", "org-trail", kind="trail", service="cloudtrail"),))
_TRIED = s.story(
    s.key(), actions=(s.action("StopLogging", "evasion", "org-trail", kind="trail", service="cloudtrail", error="AccessDenied"),)
)
_START = s.story(s.key(), actions=(s.action("StartLogging", "evasion", "org-trail", kind="trail", service="cloudtrail"),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_STOP, s.FRESH), Sample(_TRIED, s.FRESH)),
    silent=(Sample(_START, s.month()), Sample(s.story(s.key()), s.month())),
    needs="evasion",
)
