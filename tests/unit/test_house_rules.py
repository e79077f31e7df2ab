"""The rules of CONTRIBUTING.md that a machine can check."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
PYTHON = [path for path in FILES if path.suffix == ".py"]
CODE = [path for path in FILES if path.suffix in {".py", ".js", ".css", ".html", ".sql", ".cypher", ".sh", ".yaml"}]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

LONGEST_MODULE = 500
VAGUE = {"utils", "util", "helpers", "helper", "manager", "data", "process", "common", "misc"}
# Written in pieces, so that this file does not match itself.
LEFT_OPEN = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|NotImple" r"mentedError|(pytest|mark)\.(sk" r"ip|xf" r"ail|importor" r"skip)"
)
REGISTRIES = re.compile(r"npm" r"js\.org|py" r"pi\.org|python" r"hosted\.|repo1?\." r"maven\.|deb\.deb" r"ian\.org")


def text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def named(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_too_long() -> None:
    long = {str(path.relative_to(ROOT)): n for path in CODE if (n := len(text(path).splitlines())) > LONGEST_MODULE}
    assert not long


def test_functions_are_small() -> None:
    lengths = [n for path in PYTHON if path.is_relative_to(ROOT / "backend") for n in functions(path)]
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[8] <= 30


def test_names_say_something() -> None:
    vague = [
        str(path.relative_to(ROOT))
        for path in PYTHON
        if VAGUE & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert not vague


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in PYTHON if text(path).strip() and ast.get_docstring(ast.parse(text(path))) is None
    ]
    assert not silent


def test_nothing_is_left_open() -> None:
    assert not named(CODE, LEFT_OPEN)


def test_no_registry_address_is_written_down() -> None:
    assert not named(FILES, REGISTRIES)


def test_nothing_third_party_is_committed() -> None:
    assert not [str(path) for path in FILES if ".min." in path.name or "node_modules" in path.parts]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_each_decision_is_complete_and_tested(decision: Path) -> None:
    body = text(decision)
    assert [line for line in body.splitlines() if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    name = re.compile(rf"ADR {decision.name[:4]}\b")
    assert named([path for path in PYTHON if path.is_relative_to(ROOT / "tests")], name), f"no test names ADR {decision.name[:4]}"


def test_decisions_are_numbered_without_gaps() -> None:
    assert DECISIONS
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
