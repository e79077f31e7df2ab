"""Runs the lines of a step as a shell would, without a shell: files, variables, and the commands with their words.

Knows the few forms that plans are printed in, and refuses any other: a new form has to be met by a test.
`test_commands.py` holds it to what bash itself makes of the same lines.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Run = Callable[[list[str], dict[str, str]], str]
"""(words of a command, files by name) -> its output."""

_HEREDOC = re.compile(r"(cat|sed \"s/RUN_TIME/\$T/\") > (\S+) <<'JSON'")
_TIME = 'T=$(date -u +%Y-%m-%dT%H:%M:%SZ); echo "$T" >> T.txt'
_ASK = re.compile(r': "\$\{([A-Z_]+):\?([^{}"$`\\]*)\}"')
_INTO = re.compile(r"([A-Z][A-Z0-9_]*)=\$\((.*)\)")
_VARIABLE = re.compile(r'"\$([A-Z][A-Z0-9_]*)"')


@dataclass
class Shell:
    """`clock` gives the time as `date` would print it; `asked` are values for variables that a person has to set."""

    run: Run
    clock: Callable[[], str]
    asked: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def script(self, text: str) -> None:
        lines = text.splitlines()
        while lines:
            line = lines.pop(0)
            heredoc = _HEREDOC.fullmatch(line)
            if heredoc:
                end = lines.index("JSON")
                body = "\n".join(lines[:end]) + "\n"
                del lines[: end + 1]
                timed = heredoc[1] != "cat"
                self.files[shlex.split(heredoc[2])[0]] = body.replace("RUN_TIME", self.variables["T"]) if timed else body
            else:
                self._line(line)

    def _line(self, line: str) -> None:
        ask, into = _ASK.fullmatch(line), _INTO.fullmatch(line)
        if line == _TIME:
            self.variables["T"] = self.clock()
            self.files["T.txt"] = self.files.get("T.txt", "") + self.variables["T"] + "\n"
        elif line == "T=$(head -n 1 T.txt)":
            self.variables["T"] = self.files["T.txt"].splitlines()[0]
        elif ask:
            self.variables[ask[1]] = self.asked.get(ask[1], f"{ask[1].lower()}-value")
        elif into:
            self.variables[into[1]] = self._command(self._words(into[2])).strip()
        else:
            words = self._words(line)
            file = words[-1] if len(words) > 2 and words[-2] == ">" else ""
            output = self._command(words[:-2] if file else words)
            if file:
                self.files[file] = output

    def _words(self, line: str) -> list[str]:
        assert "$(" not in line, line
        return shlex.split(_VARIABLE.sub(lambda found: shlex.quote(self.variables[found[1]]), line))

    def _command(self, words: list[str]) -> str:
        return self._jq(words) if words[0] == "jq" else self.run(words, self.files)

    def _jq(self, words: list[str]) -> str:
        """The one filter that plans print: the statements of one policy after those of another."""
        _, flag, name, extra, filter_, document = words
        assert (flag, name, filter_) == ("--slurpfile", "deny", ".Statement += $deny[0].Statement")
        policy: dict[str, Any] = json.loads(self.files[document])
        return json.dumps({**policy, "Statement": policy["Statement"] + json.loads(self.files[extra])["Statement"]})


def option(words: list[str], name: str) -> str:
    """Value of `--name` in a command; "" when it is not there."""
    return words[words.index(name) + 1] if name in words else ""
