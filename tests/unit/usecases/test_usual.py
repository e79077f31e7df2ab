"""What was judged and is not written yet counts as if it were (ADR 0020)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec
import pytest

from roletrail.auth.actor import local_actor
from roletrail.bootstrap import open_graph
from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Finding
from roletrail.detect.past import Days, Shown
from roletrail.detect.rules import RULES
from roletrail.stores.judging import FindingQuery
from roletrail.usecases.findings import evaluate as evaluate_module
from roletrail.usecases.findings import judge
from roletrail.usecases.findings.evaluate import evaluate, judge_anew
from roletrail.usecases.findings.given import NOBODY
from roletrail.usecases.findings.judge import Judge
from roletrail.usecases.findings.usual import Usual, left_by
from roletrail.usecases.findings.work import Work
from tests.scenarios.company import FOLDERS
from tests.support.stored import stored

AT_ONCE = 250


def test_what_is_not_written_yet_counts(tmp_path: Path) -> None:
    stored(tmp_path, [[msgspec.json.encode(record) for record in build()] for build in FOLDERS.values()])
    graph = open_graph(f"sqlite:///{tmp_path / 'store.sqlite'}", create=False)
    work = Work(graph, NOBODY, RULES)
    work.judge.look_at_places()
    ids = graph.identities_by_time()

    def said(*, told: bool) -> list[Finding]:
        """By cases that were all gathered before one was judged, each told, or not, what those before it left. A case learns."""
        cases = [work.judge.case(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]
        lately: list[Shown] = []
        found: list[Finding] = []
        for case in cases:
            judged = work.judge.judge(case, lately if told else ())
            lately.append(left_by(judged))
            found += [finding for one in judged for finding in one.findings]
        return sorted(found)

    all_, none = said(told=True), said(told=False)
    evaluate(graph, local_actor())
    written = sorted(graph.findings(FindingQuery(limit=1_000_000))[0])
    graph.close()
    assert all_ == written
    assert none != written


@pytest.mark.parametrize("most", [0, 230, 1_000_000])
def test_what_is_known_by_heart_is_what_the_store_would_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """A first load knows it by heart, until that is too much: from the first case on, from one in the middle, or never."""
    stored(tmp_path, [[msgspec.json.encode(record) for record in build()] for build in FOLDERS.values()])
    graph = open_graph(f"sqlite:///{tmp_path / 'store.sqlite'}", create=False)
    monkeypatch.setattr(judge, "MOST_BY_HEART", most)
    monkeypatch.setattr(evaluate_module, "AT_ONCE", AT_ONCE)
    asked: list[int] = []

    def habit_days(keys: Collection[int], from_day: int, to_day: int) -> Days:
        asked.append(from_day)
        return type(graph).habit_days(graph, keys, from_day, to_day)

    monkeypatch.setattr(graph, "habit_days", habit_days)
    evaluate(graph, local_actor())
    found = sorted(graph.findings(FindingQuery(limit=1_000_000))[0])
    of_days = len([from_day for from_day in asked if from_day])  # every case asks for revocations too, whenever they were
    monkeypatch.undo()
    monkeypatch.setattr(Judge, "begin", _begin_without)
    evaluate(graph, local_actor(), everything=True)
    by_store = sorted(graph.findings(FindingQuery(limit=1_000_000))[0])
    graph.close()
    assert found == by_store
    later = len(asked) - of_days - 1
    assert {0: of_days == later, 230: 0 < of_days < later, 1_000_000: of_days == 0}[most], (of_days, later)


def test_what_is_written_nowhere_stays_known_however_much_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A back-test asks the store for nothing that an evaluation may have left there, or not."""
    stored(tmp_path, [[msgspec.json.encode(record) for record in build()] for build in FOLDERS.values()])
    graph = open_graph(f"sqlite:///{tmp_path / 'store.sqlite'}", create=False)
    monkeypatch.setattr(evaluate_module, "AT_ONCE", AT_ONCE)
    whole = judge_anew(graph, NOBODY, RULES)
    monkeypatch.setattr(judge, "MOST_BY_HEART", 0)
    assert judge_anew(graph, NOBODY, RULES) == whole
    evaluate(graph, local_actor())
    assert judge_anew(graph, NOBODY, RULES) == whole
    assert sorted(whole) == sorted(graph.findings(FindingQuery(limit=1_000_000))[0])
    graph.close()


def _begin_without(judge: Judge, *, fresh: bool) -> None:
    """It asks the store all the time."""
    del judge, fresh


def test_a_revocation_just_now_counts_once() -> None:
    key = habits.revoked_key("111111111111:app")
    ended = {key: [s.role("app")._replace(id="session")], key + 1: [s.key()._replace(id="other")]}
    usual = Usual(frozenset(), 0, 0, Days(), ended, Days({key: [50]}))

    def times() -> list[tuple[str, int]]:
        return [(id_, use.at) for id_, uses in usual.revoked().items() for use in uses]

    assert times() == [("session", 50)]
    usual.learn([{40: {key}, 50: {key}}, {60: {key + 2}}])
    assert times() == [("session", 40), ("session", 50)]
