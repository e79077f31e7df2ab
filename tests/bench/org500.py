"""Recall and noise on two made-up organisations of 500 accounts: `python -m tests.bench.org500 --seeds 1 2 3`.

Noise and attacks of the first were written after the rules and their weights; those of the second (`second*.py`) by
somebody who had read neither. docs/performance.md says what was moved on which seed. The days before are ordinary;
attacks lie in the last week, except those that feed the baseline or wait.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.judging import FindingQuery
from tests.bench.judged_load import Loaded, loaded
from tests.bench.org500_attacks import ATTACKS
from tests.bench.org500_estate import DAYS, FIRST, Estate
from tests.bench.org500_noise import noise
from tests.bench.planted import Attack
from tests.bench.second import second
from tests.support import layout
from tests.support.cloudtrail import Trail

EACH = 4
"""Attacks of every kind."""
BASELINE_DAYS = 14


class Measured(NamedTuple):
    organisation: str
    seed: int
    events: int
    identities: int
    ingest_seconds: float
    judge_seconds: float
    found: dict[str, list[str]]  # kind -> best severity of each attack, "" for none
    loudest: dict[str, Counter[str]]  # kind -> rules that found it
    high_a_day: float
    medium_a_day: float
    noisy: list[tuple[str, str, int]]


def first(seed: int) -> tuple[Trail, list[Attack]]:
    estate = Estate(seed)
    noise(estate)
    attacks = [
        attack(estate, number, random.Random(f"{seed} {name} {number}"))
        for name, attack in ATTACKS.items()
        for number in range(EACH)
    ]
    return estate.trail, attacks


ORGANISATIONS: dict[str, Callable[[int], tuple[Trail, list[Attack]]]] = {"first": first, "second": second}


def measure(organisation: str, seed: int, folder: Path) -> Measured:
    trail, attacks = ORGANISATIONS[organisation](seed)
    layout.write(folder / "logs", layout.delivered(trail.records))
    path = folder / "s.sqlite"
    load = loaded(folder / "logs", path, folder / "inventory")
    store = EmbeddedStore(path)
    try:
        return _measured(organisation, seed, load, store, attacks)
    finally:
        store.close()


def _measured(organisation: str, seed: int, load: Loaded, store: EmbeddedStore, attacks: list[Attack]) -> Measured:
    findings = every(store)
    told = texts(store, findings)
    best: dict[str, list[str]] = defaultdict(list)
    rules: dict[str, Counter[str]] = defaultdict(Counter)
    theirs: set[str] = set()
    for attack in attacks:
        mine = [one for one in findings if any(mark in told[one.id] for mark in attack.marks)]
        theirs.update(one.id for one in mine if one.last_seen >= attack.since)
        ranks = [SEVERITIES.index(one.severity) for one in mine if one.last_seen >= attack.at]
        best[attack.kind].append(SEVERITIES[max(ranks)] if ranks else "")
        rules[attack.kind].update(one.rule for one in mine if one.severity in ("medium", "high", "critical"))
    others = [one for one in findings if one.id not in theirs and one.first_seen >= FIRST + BASELINE_DAYS * 86_400]
    days = DAYS - BASELINE_DAYS
    loud = Counter((one.severity, one.rule) for one in others)
    high = sum(one.severity in ("high", "critical") for one in others) / days
    medium = sum(one.severity == "medium" for one in others) / days
    noisy = [
        (severity, rule, count) for (severity, rule), count in loud.most_common() if severity in ("medium", "high", "critical")
    ]
    return Measured(organisation, seed, *load, dict(best), dict(rules), high, medium, noisy)


def every(store: EmbeddedStore) -> list[Finding]:
    found, after = store.findings(FindingQuery(limit=5_000))
    while after:
        page, after = store.findings(FindingQuery(limit=5_000, after=after))
        found += page
    return found


def texts(store: EmbeddedStore, findings: list[Finding]) -> dict[str, str]:
    """What a finding can be told by: its texts, and the keys and names of the session it opens at."""
    rows = store.rows({one.session_id for one in findings})
    told: dict[str, str] = {}
    for one in findings:
        node = rows[one.session_id].node if one.session_id in rows else None
        names = " ".join((*node.access_key_ids, node.name, node.label)) if node else ""
        told[one.id] = f"{one.title} {names} " + " ".join(reason.text for reason in one.reasons)
    return told


def table(measured: Measured) -> str:
    lines = [
        f"{measured.organisation} organisation, seed {measured.seed}: {measured.events:,} events, {measured.identities:,} identities",
        share(measured.ingest_seconds, measured.judge_seconds),
        f"{'attack':<28}{'found':>8}  severities, and the rules that said so",
    ]
    for kind, severities in sorted(measured.found.items()):
        caught = sum(one in ("medium", "high", "critical") for one in severities)
        said = ", ".join(name for name, _ in measured.loudest[kind].most_common(4))
        lines.append(f"{kind:<28}{caught:>4}/{len(severities)}  {' '.join(one or '-' for one in severities)}  {said}")
    total = [one for severities in measured.found.values() for one in severities]
    caught = sum(one in ("medium", "high", "critical") for one in total)
    lines.append(f"{'all':<28}{caught:>4}/{len(total)}")
    lines.append(f"beside the attacks: {measured.high_a_day:.1f} high and worse, {measured.medium_a_day:.1f} medium a day")
    lines += [f"  {count:>5} {severity} {rule}" for severity, rule, count in measured.noisy[:8]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--organisations", nargs="+", choices=list(ORGANISATIONS), default=list(ORGANISATIONS))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    for organisation, seed in product(asked.organisations, asked.seeds):
        with tempfile.TemporaryDirectory(prefix="org500-") as folder:
            measured = measure(organisation, seed, Path(folder))
        print(json.dumps(_plain(measured)) if asked.json else table(measured) + "\n", flush=True)
    return 0


def share(read: float, judged: float) -> str:
    """What judging takes of an ingest that ends with it, and beside one that does not."""
    whole = read + judged
    return f"ingest {whole:.1f} s, {judged:.2f} s of it judging ({judged / whole:.1%}; {judged / read:.1%} of the rest)"


def _plain(measured: Measured) -> dict[str, Any]:
    return {**measured._asdict(), "loudest": {kind: dict(rules) for kind, rules in measured.loudest.items()}}


if __name__ == "__main__":
    sys.exit(main())
