"""Steps of a plan as shell lines. Every text out of a log is quoted, and documents go into files by quoted heredocs,
in which a shell expands nothing: a role name must not run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence

from roletrail.detect.containment.step import RUN_TIME, SET_TIME, Action, Ask, Command, Document, Joined, Var, Word

SET_T = 'T=$(date -u +%Y-%m-%dT%H:%M:%SZ); echo "$T" >> T.txt'
KEPT_T = "T=$(head -n 1 T.txt)"
_END = "JSON"
_SAFE = re.compile(r"[^A-Za-z0-9 ,.:;()/_-]")
_CONTROL = re.compile(r"[^\x20-\x7e]+")


def script(actions: Iterable[Action]) -> str:
    """Lines ready to paste, in order."""
    return "\n".join(_lines(action) for action in actions)


def document_text(document: Document) -> str:
    """The JSON of a document on one line, in ASCII: no text in it can end a heredoc or hide from a reader."""
    return json.dumps(document.content, ensure_ascii=True, separators=(",", ":"))


def command_lines(actions: Iterable[Action]) -> list[str]:
    """The commands alone, one a line."""
    return [_lines(action) for action in actions if isinstance(action, Command)]


def _lines(action: Action) -> str:
    if isinstance(action, Document):
        return f"{_into(action)} <<'{_END}'\n{document_text(action)}\n{_END}"
    if isinstance(action, Ask):
        return f': "${{{action.name}:?{_SAFE.sub("", action.text)}}}"'
    if isinstance(action, Command):
        return _command(action)
    return SET_T if action == SET_TIME else KEPT_T


def _into(document: Document) -> str:
    file = shlex.quote(document.file)
    return f'sed "s/{RUN_TIME}/$T/" > {file}' if document.timed else f"cat > {file}"


def _command(command: Command) -> str:
    line = " ".join(map(_word, command.words))
    if command.into:
        return f"{command.into}=$({line})"
    return f"{line} > {shlex.quote(command.file)}" if command.file else line


def _word(word: Word) -> str:
    if isinstance(word, Var):
        return f'"${word.name}"'
    if isinstance(word, Joined):
        return (
            (shlex.quote(word.before) if word.before else "")
            + f'"${word.name}"'
            + (shlex.quote(word.after) if word.after else "")
        )
    return shlex.quote(word)


def comment(text: str) -> str:
    """A text on one comment line."""
    return "# " + _CONTROL.sub(" ", text)


def whole(title: str, phases: Sequence[tuple[str, Sequence[tuple[str, str]]]], red: Sequence[str], again: str) -> str:
    """A script of one function a phase. Run without an argument it explains itself and does nothing.

    `phases` holds (name of the phase, steps as (heading, lines)); `again` is how to make the plan anew.
    """
    lines = [
        "#!/usr/bin/env bash",
        comment(title),
        "# Printed by Roletrail, which runs nothing itself. Read it; run it phase by phase: bash FILE 0, then 1, 2, 3; 4 only when 3 shows",
        f"# nothing newer. {_CONTROL.sub(' ', again)}",
        "# Profiles of the AWS CLI are named after accounts; `management` is the organisation's management account. Needs jq for trust policies.",
        *(comment(f"RED: {text}") for text in red),
        "set -u",
        "",
    ]
    for number, (name, steps) in enumerate(phases):
        lines += [f"phase_{number}() {{", comment(f"Phase {number}: {name}")]
        for heading, text in steps:
            lines += ["", comment(heading), text or "# nothing that a command can do: see the plan"]
        lines += [":", "}", ""]
    lines += [
        'case "${1:-}" in',
        *(f"  {number}) phase_{number} ;;" for number in range(len(phases))),
        '  *) echo "usage: bash $0 PHASE (0 to 4)" >&2; exit 2 ;;',
        "esac",
    ]
    return "\n".join(lines) + "\n"
