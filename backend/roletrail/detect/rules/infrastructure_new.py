"""Roles, functions, instances and stacks made by who never made such."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.acting import hits_by_nature
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story

META = Meta(
    id="infrastructure-new",
    title="Infrastructure made by who never made such",
    group="root",
    why="CreateRole, RunInstances and CreateStack are what pipelines do all day, so they say something only where they are new: a workload started with a strong role is a way around every length.",
    attack=("T1578.002", "T1648"),
    benign=("A pipeline's first release of a new kind of thing.",),
    runbook=("See which role the workload was given, and what it did.",),
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    yield from hits_by_nature(story, past, "infrastructure", "made infrastructure of a kind it never made")


_RUN = s.story(
    s.role("reader"), actions=(s.action("RunInstances", "workload", "i-0123456789abcdef0", kind="instance", service="ec2"),)
)

RULE = Rule(
    META,
    judge,
    fires=(Sample(_RUN, s.month()),),
    silent=(Sample(_RUN, s.FRESH), Sample(_RUN, s.lived(habits.shown(_RUN)))),
    needs="infrastructure",
    news=True,
)
