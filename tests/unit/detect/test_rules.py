"""Each rule against its samples; and each condition of a rule turned around, which its samples must notice."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from roletrail.detect import habits, rules
from roletrail.detect import sample as s
from roletrail.detect.past import Days, Past
from roletrail.detect.rule import Rule, facets, findings_of, shows_news
from roletrail.detect.rules import RULES

MODULES = {
    path.stem: importlib.import_module(f"roletrail.detect.rules.{path.stem}")
    for path in sorted(Path(rules.__file__).parent.glob("[a-z]*.py"))
}


def is_right(rule: Rule) -> bool:
    """Whether the rule fires on what it says it fires on, and on nothing it says it leaves alone."""
    fires = all(findings_of(rule, sample.story, sample.past) for sample in rule.fires)
    return fires and not any(findings_of(rule, sample.story, sample.past) for sample in rule.silent)


def guards(tree: ast.Module) -> Iterator[tuple[ast.expr, str]]:
    """Conditions of `judge` that decide whether it fires: those of an `if` that leaves it, or of one that yields, and each
    part of such a condition; with where each stands."""
    judge = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "judge")
    for statement in judge.body:
        if isinstance(statement, ast.If) and any(isinstance(node, ast.Return | ast.Yield) for node in ast.walk(statement)):
            parts = statement.test.values if isinstance(statement.test, ast.BoolOp) else [statement.test]
            yield from ((part, f"line {part.lineno}: {ast.unparse(part)}") for part in parts)


def inverted(module: ModuleType, place: str) -> Rule:
    """The rule with the condition at this place negated."""
    tree = ast.parse(inspect.getsource(module))
    target = next(part for part, where in guards(tree) if where == place)

    class Negate(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return ast.UnaryOp(ast.Not(), node) if node is target else self.generic_visit(node)  # type: ignore[arg-type]

    Negate().visit(tree)
    changed = ast.fix_missing_locations(tree)
    names: dict[str, object] = {"__name__": module.__name__}
    exec(compile(changed, str(module.__file__), "exec"), names)
    return names["RULE"]  # type: ignore[return-value]


MUTANTS = [(name, place) for name, module in MODULES.items() for _, place in guards(ast.parse(inspect.getsource(module)))]


def test_every_rule_is_listed_once() -> None:
    assert {module.RULE.meta.id for module in MODULES.values()} == {rule.meta.id for rule in RULES}
    assert len({rule.meta.id for rule in RULES}) == len(RULES) == len(MODULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.id)
def test_samples(rule: Rule) -> None:
    assert rule.fires
    assert rule.silent
    for sample in rule.fires:
        found = findings_of(rule, sample.story, sample.past)
        assert found, sample.story
        assert all(finding.title and finding.reasons and finding.session_id for finding in found)
        assert rule.needs in facets(sample.story, news=False)
    for sample in rule.silent:
        assert findings_of(rule, sample.story, sample.past) == []


def test_no_rule_that_would_fire_is_left_unasked() -> None:
    """Every rule on the stories of all of them, with nothing known, with everything new, and with a month that held it."""
    stories = [sample.story for rule in RULES for sample in (*rule.fires, *rule.silent)]
    fired = 0
    for story in stories:
        shown = habits.shown(story)
        for past in (s.FRESH, Past(1, Days()), s.month(), s.lived(shown)):
            held = facets(story, news=shows_news(shown, story.at, past))
            fires = [rule for rule in RULES if findings_of(rule, story, past)]
            fired += len(fires)
            assert [rule for rule in fires if rule.speaks_of(held)] == fires, (story, fires)
    assert fired > len(stories)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.id)
def test_a_rule_that_answers_the_opposite_fails_its_samples(rule: Rule) -> None:
    def opposite(story, past):  # noqa: ANN001, ANN202 - the shape of Rule.judge
        hits = [*rule.judge(story, past)]
        return [] if hits else [*rule.judge(rule.fires[0].story, rule.fires[0].past)]

    assert not is_right(rule._replace(judge=opposite))


@pytest.mark.parametrize(("name", "place"), MUTANTS)
def test_a_condition_turned_around_is_noticed(name: str, place: str) -> None:
    assert not is_right(inverted(MODULES[name], place)), f"{name}: no sample notices `not ({place})`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.id)
def test_what_a_rule_says_of_itself(rule: Rule) -> None:
    meta = rule.meta
    assert meta.why.endswith(".")
    assert meta.attack
    assert all(technique.startswith("T1") for technique in meta.attack)
    assert meta.benign
    assert meta.runbook


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.meta.id)
def test_what_a_rule_asks_of_the_past_is_known_when_it_asks(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the habits that a store holds, those that stories show or name are read before rules are asked."""
    asked: set[int] = set()
    windows = {name: getattr(Days, name) for name in ("count", "any_missing")}

    def count(self: Days, key: int, window: tuple[int, int]) -> int:
        asked.add(key)
        return windows["count"](self, key, window)

    def any_missing(self: Days, keys: Iterable[int], window: tuple[int, int]) -> bool:
        asked.update(keys)
        return windows["any_missing"](self, keys, window)

    monkeypatch.setattr(Days, "count", count)
    monkeypatch.setattr(Days, "any_missing", any_missing)
    for sample in (*rule.fires, *rule.silent):
        asked.clear()
        for _ in rule.judge(sample.story, sample.past):
            pass
        known = set().union(*habits.shown(sample.story).values(), habits.asked_besides(sample.story))
        assert asked <= known, sample.story.node.name


def test_a_subject_of_saml_is_not_called_a_repository() -> None:
    rule = next(rule for rule in RULES if rule.meta.id == "federation-subject-new")
    of_people = [sample for sample in rule.fires if sample.story.root.type == "saml"]
    (told,) = [reason.text for sample in of_people for found in findings_of(rule, *sample) for reason in found.reasons]
    assert told == "subjects like it took the role in the month before; this one did not"
