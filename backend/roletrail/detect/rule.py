"""The frame every rule stands in: what it says of itself, what it is handed, what it answers.

A rule is a module of `detect.rules` with a RULE. It is pure: the same story and past give the same hits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from roletrail.detect.deeds import Nature, natures_of
from roletrail.detect.finding import SEVERITIES, Finding, Reason, Severity
from roletrail.detect.past import DAY, Past, Shown
from roletrail.detect.story import Story
from roletrail.lineage import ids

Group = Literal["chain", "root", "credential"]

LOUDNESS: tuple[tuple[int, Severity], ...] = ((90, "critical"), (65, "high"), (40, "medium"), (15, "low"))
"""Least score of each severity; below the last it is informational. Hand-set, and measured by the bench (docs/rules.md)."""


class Meta(NamedTuple):
    """`attack` are MITRE ATT&CK technique ids; `quiet` is False where habit must never take weight away."""

    id: str
    title: str
    group: Group
    why: str
    attack: tuple[str, ...]
    benign: tuple[str, ...]
    runbook: tuple[str, ...]
    version: int = 1


class Hit(NamedTuple):
    """A rule fired. `about` tells hits of one rule on one identity apart; `session_id` is "" for the identity itself."""

    title: str
    reasons: tuple[Reason, ...]
    first_seen: int
    last_seen: int
    about: str = ""
    session_id: str = ""
    most: int = 1000  # cap of the score


class Sample(NamedTuple):
    """A story a rule must fire on, or must not, with the past it is judged against."""

    story: Story
    past: Past


Facet = Literal[
    "chain", "taken", "federated", "foreign", "shared", "made", "key", "instance", "activities",
    "several", "instance_name", "persistence", "privilege", "trust", "evasion", "impact", "infrastructure",
    "sign_ins", "attempts", "verdicts", "revoked", "missing", "stranger", "news",
]  # fmt: skip
"""`taken`: a role was; `federated` and `foreign`: who asked for it; `shared`: it has other ways in; `made`: by a pivot.
`key`, `instance`: whose `activities` they are; `several`: more than one. `instance_name`: it may be called like one. From
`persistence` to `infrastructure`: natures of deeds its actions may be. `news`: a habit that is new."""


class Rule(NamedTuple):
    """`needs` is what a story must hold for the rule to have anything to say, and `news` that it asks for news besides: most
    stories hold little, most of what they show is nothing new, and most rules are never asked about them."""

    meta: Meta
    judge: Callable[[Story, Past], Iterable[Hit]]
    fires: tuple[Sample, ...]
    silent: tuple[Sample, ...]
    needs: Facet
    news: bool = False

    def speaks_of(self, held: frozenset[Facet]) -> bool:
        """Whether it may have something to say about a story that holds this."""
        return self.needs in held and (not self.news or "news" in held)


def shows_news(shown: Shown, at: int, past: Past) -> bool:
    """Whether any habit that a story shows is new: by the end of its day, or `at` the time its last credential was issued, which
    are the times that rules ask for."""
    for day, keys in shown.items():
        if past.any_new(keys, day * DAY + DAY - 1):
            return True
    return at // DAY not in shown and any(past.any_new(keys, at) for keys in shown.values())


def facets(story: Story, *, news: bool) -> frozenset[Facet]:
    """What a story holds."""
    node, standing, path = story.node, story.standing, story.path
    asked, edge = path[-1].asked, path[-1].edge
    acting = len(story.activities) > 0
    held = (
        story.leaf and (standing.sessions >= 2 or standing.reach >= 3),
        node.role_name != "",
        asked is not None and asked.family in _FEDERATED,
        asked is not None and asked.copy == "foreign",
        acting and edge is not None and edge.pivot != "",
        acting and node.kind == "key",
        acting and path[0].node.type == "instance",
        acting,
        len(story.activities) > 1,
        node.name[:2] == "i-",
        story.stranger,
        news,
    )
    lacking = (
        not story.role_uses, not story.sign_ins, not story.attempts, not story.verdicts, not story.revoked, not story.missing,
    )  # fmt: skip
    return _named(held, lacking, natures_of(story.actions))


_FEDERATED = ("web", "saml")
_HELD: tuple[Facet, ...] = (
    "chain", "taken", "federated", "foreign", "made", "key", "instance", "activities", "several",
    "instance_name", "stranger", "news",
)  # fmt: skip
_LACKING: tuple[Facet, ...] = ("shared", "sign_ins", "attempts", "verdicts", "revoked", "missing")


@lru_cache(1 << 12)
def _named(held: tuple[bool, ...], lacking: tuple[bool, ...], natures: frozenset[Nature]) -> frozenset[Facet]:
    told = (*held, *(not one for one in lacking))
    names: frozenset[Facet] = frozenset([name for name, one in zip((*_HELD, *_LACKING), told, strict=True) if one])
    return names | natures


def severity_of(score: int) -> Severity:
    for least, severity in LOUDNESS:
        if score >= least:
            return severity
    return SEVERITIES[0]


def finding_id(rule: str, version: int, subject: str) -> str:
    """Same rule, version and subject: same finding, however often it is evaluated."""
    return ids.entity_id("finding", f"{rule}\x1f{version}\x1f{subject}")


def findings_of(rule: Rule, story: Story, past: Past) -> list[Finding]:
    return findings_by((rule,), story, past)


def findings_by(rules: Iterable[Rule], story: Story, past: Past) -> list[Finding]:
    return [_finding(rule.meta, story, hit) for rule in rules for hit in rule.judge(story, past)]


def _finding(meta: Meta, story: Story, hit: Hit) -> Finding:
    subject = f"{story.node.id}\x1f{hit.about}" if hit.about else story.node.id
    score = max(0, min(hit.most, sum(reason.weight for reason in hit.reasons)))
    return Finding(
        id=finding_id(meta.id, meta.version, subject), rule=meta.id, version=meta.version, title=hit.title,
        severity=severity_of(score), score=score, tone=story.tone, subject=subject, session_id=hit.session_id or story.node.id,
        account=story.node.account, reasons=hit.reasons, first_seen=hit.first_seen, last_seen=max(hit.first_seen, hit.last_seen),
    )  # fmt: skip
