"""What the second organisation declares of its attacks is in its logs."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.bench.org500_estate import DAY, DAYS, FIRST
from tests.bench.second import EACH, second
from tests.support.identities import iso


def test_every_attack_is_told_by_something_the_logs_hold_from_its_time_on() -> None:
    trail, attacks = second(1)
    assert len(attacks) == 60
    assert set(Counter(attack.kind for attack in attacks).values()) == {EACH}
    assert all(FIRST + 28 * DAY <= attack.at < FIRST + DAYS * DAY for attack in attacks)
    days: defaultdict[str, list[str]] = defaultdict(list)
    for record in trail.records:
        days[record["eventTime"][:10]].append(
            str((record["userIdentity"], record["requestParameters"], record["responseElements"]))
        )
    said = {day: "\n".join(texts) for day, texts in days.items()}
    silent = [
        (attack.kind, mark)
        for attack in attacks
        for mark in attack.marks
        if not any(mark in text for day, text in said.items() if day >= iso(attack.since - 3600)[:10])
    ]
    assert not silent
