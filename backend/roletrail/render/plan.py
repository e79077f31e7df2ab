"""A containment plan as Markdown: for tickets, reports and shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class StepWords(NamedTuple):
    """A step in words, as a use-case has put it together."""

    number: str
    title: str
    word: str  # status, "" unknown
    red: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]  # label, text
    script: str
    alternative: tuple[str, str]  # when, script
    undo: str


class PlanWords(NamedTuple):
    title: str
    head: tuple[str, ...]  # sentences
    red: tuple[str, ...]
    live: tuple[str, ...]
    phases: tuple[tuple[str, tuple[StepWords, ...]], ...]


_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_TICKS = re.compile(r"`{3,}")


def markdown(plan: PlanWords) -> str:
    lines = [f"# {escaped(plan.title)}", "", *(f"{escaped(text)}  " for text in plan.head)]
    lines += [f"\n> **RED: {escaped(text)}**" for text in plan.red]
    if plan.live:
        lines += ["", "## What these credentials can still do", "", *(f"- {escaped(text)}" for text in plan.live)]
    for number, (name, steps) in enumerate(plan.phases):
        lines += ["", f"## Phase {number}: {name}"]
        lines += [line for step in steps for line in _step(step)] if steps else ["", "Nothing in this phase."]
    return "\n".join(lines) + "\n"


def _step(step: StepWords) -> Sequence[str]:
    word = f" — {step.word}" if step.word else ""
    lines = ["", f"### {step.number} {escaped(step.title)}{word}", ""]
    lines += [f"> **RED: {escaped(text)}**\n" for text in step.red]
    lines += [f"- **{label}**: {escaped(text)}" for label, text in step.facts]
    lines += _block("", step.script)
    when, other = step.alternative
    lines += _block(f"Or: {when}", other)
    return [*lines, *_block("Undo:", step.undo)]


def _block(head: str, script: str) -> list[str]:
    if not script:
        return []
    fence = "`" * (3 + max((len(run) - 2 for run in _TICKS.findall(script)), default=0))
    return [*(["", escaped(head)] if head else []), "", f"{fence}sh", script, fence]


def escaped(text: str) -> str:
    """A text out of a log as one line of plain Markdown."""
    return _SPECIAL.sub(r"\\\1", _CONTROL.sub(" ", text))
