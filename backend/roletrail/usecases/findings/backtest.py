"""What the rules of this version say about the logs that are loaded: per rule and day, and who makes the noise.

Judges in memory, from the stored habits; neither findings nor statuses change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.detect.rules import BY_ID, RULES
from roletrail.errors import InvalidRequest
from roletrail.usecases.chains.present import iso
from roletrail.usecases.findings.evaluate import judge_anew
from roletrail.usecases.findings.listing import given_to
from roletrail.usecases.ports import Ports

MOST_SOURCES = 20
_LOUD = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class DayRow:
    day: str
    rule: str
    severities: dict[str, int]


@dataclass(frozen=True, slots=True)
class NoiseRow:
    """A title that came back so often: the first thing to look at, or to write an exception for."""

    rule: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class BackTestView:
    since: str
    findings: int
    days: list[DayRow]
    noise: list[NoiseRow]


def back_test(ports: Ports, actor: Actor, since: int = 0, rule: str = "") -> BackTestView:
    """Raises InvalidRequest for a rule there is not."""
    require(actor, "rules.read")
    if rule and rule not in BY_ID:
        raise InvalidRequest(f"There is no rule {rule[:60]!r}.", hint="`roletrail rules list` names them.")
    rules = [BY_ID[rule]] if rule else list(RULES)
    found = [finding for finding in judge_anew(ports.graph, given_to(ports), rules) if finding.first_seen >= since]
    return BackTestView(iso(since), len(found), _days(found), _noise(found))


def _days(found: list[Finding]) -> list[DayRow]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for finding in found:
        counted.setdefault((iso(finding.first_seen)[:10], finding.rule), Counter())[finding.severity] += 1
    return [
        DayRow(day, rule, {name: counts[name] for name in reversed(SEVERITIES) if counts[name]})
        for (day, rule), counts in sorted(counted.items())
    ]


def _noise(found: list[Finding]) -> list[NoiseRow]:
    titles = Counter((finding.rule, finding.title) for finding in found if finding.severity in _LOUD)
    ranked = sorted(titles.items(), key=lambda item: (-item[1], item[0]))
    return [NoiseRow(rule, title, count) for (rule, title), count in ranked[:MOST_SOURCES]]
