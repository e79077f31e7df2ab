"""Struct and array values as Athena (Trino) writes them into CSV: `{name=value, name={...}}`, without quotes or escapes.

A value may hold anything, so a struct is cut only at `, name=`: the characters AWS allows in session and user names hold no
blank, so it cannot come from those. Not recursive; bounded in depth.
"""

from __future__ import annotations

import re
from typing import Any

MOST_DEPTH = 8

_STRUCT = re.compile(r"\{[a-zA-Z]\w*=")
_MEMBER = re.compile(r"(?:, )?([a-zA-Z]\w*)=")
_STOP = re.compile(r", [a-zA-Z]\w*=|\}")

STRUCTS = frozenset({"useridentity", "resources", "tlsdetails", "addendum"})
"""Columns of such types. A user agent may look like a struct and is none."""


def value_of(text: str) -> Any:
    """A cell's value: a struct or a list of structs as objects, everything else as the text it is."""
    if _STRUCT.match(text):
        return _struct(text)
    if text.startswith("[") and _STRUCT.match(text, 1):
        return [_struct(piece) for piece in re.split(r"(?<=\}), (?=\{)", text[1:-1])]
    return text


def _struct(text: str) -> Any:
    """The text itself when it is cut short or too deep: `tolerant` gives such a record its reason."""
    top: dict[str, Any] = {}
    open_: list[dict[str, Any]] = [top]
    at = 1
    while at < len(text):
        if text[at] == "}":
            open_.pop()
            at += 1
            if not open_:
                return top if at == len(text) else text
            continue
        found = _MEMBER.match(text, at)
        if found is None:
            return text
        at = found.end()
        if _STRUCT.match(text, at):
            if len(open_) >= MOST_DEPTH:
                return text
            inner: dict[str, Any] = {}
            open_[-1].setdefault(found[1], inner)
            open_.append(inner)
            at += 1
            continue
        at = _scalar(text, at, found[1], open_)
    return text


def _scalar(text: str, at: int, name: str, open_: list[dict[str, Any]]) -> int:
    """Take one value; returns where it ends. The first of two members with one name counts. A map with names of its own
    (claims of a web identity) stays text."""
    end = _end_of_map(text, at) if text[at : at + 1] == "{" else _end_of_value(text, at, len(open_))
    value: Any = text[at:end]
    if value != "null":
        open_[-1].setdefault(name, {} if value == "{}" else value)
    return end


def _end_of_map(text: str, at: int) -> int:
    found = re.compile(r"\}").search(text, at)
    return found.end() if found else len(text)


def _end_of_value(text: str, at: int, depth: int) -> int:
    """Before the next member, or before the brace that ends this struct: a brace counts only where the text then goes on
    as a struct's does."""
    while found := _STOP.search(text, at):
        if found[0] != "}":
            return found.start()
        rest = text[found.start() :]
        closing = len(rest) - len(rest.lstrip("}"))
        after = rest[closing:]
        if closing <= depth and (not after or _MEMBER.match(after)):
            return found.start()
        at = found.start() + 1
    return len(text)
