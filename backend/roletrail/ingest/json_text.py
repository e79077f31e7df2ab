"""JSON of strangers: decoding with a named reason for everything that can be wrong, and cutting broken text into objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from roletrail.ingest.record import Fault

# A string that never ends is taken to the end of the text: trying again at each of its quotes would be quadratic.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\],]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
MOST_DEPTH = 200
"""CloudTrail's own records nest about 15 deep."""

_decode_any = msgspec.json.Decoder().decode


class BadJson(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(reason, detail)


def loads(text: bytes | msgspec.Raw | str) -> Any:
    """Any JSON value, or BadJson. A lone surrogate (legal JSON, no legal text) becomes a replacement
    character, and a line break inside a string, which people's editors make, is one."""
    try:
        return _decode_any(text)
    except UnicodeDecodeError:
        raise BadJson("invalid_utf8", "The record is not valid UTF-8.") from None
    except RecursionError:
        raise BadJson("too_deep", "The record nests too deeply.") from None
    except msgspec.DecodeError:
        return _loads_slowly(text)


def _loads_slowly(text: bytes | msgspec.Raw | str) -> Any:
    try:
        plain = text if isinstance(text, str) else bytes(text).decode()
        return _printable(json.loads(plain, parse_constant=_refuse_constant, strict=False))
    except UnicodeDecodeError:
        raise BadJson("invalid_utf8", "The record is not valid UTF-8.") from None
    except RecursionError:
        raise BadJson("too_deep", "The record nests too deeply.") from None
    except json.JSONDecodeError as error:
        raise BadJson("malformed_json", f"{error.msg} at character {error.pos}.") from None
    except ValueError:
        raise BadJson("huge_integer", "The record holds an integer of thousands of digits.") from None


def _refuse_constant(name: str) -> Any:
    raise BadJson("not_a_number", f"The record holds {name}, which is no JSON number.")


def _printable(value: Any) -> Any:
    """The value without lone surrogates; built by its JSON text, so no recursion of ours."""
    return _decode_any(_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)))


def encode(value: Any, *, in_order: bool = False) -> bytes:
    """Compact JSON, members sorted if asked; BadJson for numbers that no 64-bit reader takes."""
    try:
        return msgspec.json.encode(value, order="sorted" if in_order else None)
    except (OverflowError, ValueError, TypeError):
        raise BadJson("huge_integer", "The record holds an integer beyond 64 bits.") from None
    except RecursionError:
        raise BadJson("too_deep", "The record nests too deeply.") from None


def objects_in(text: bytes, start: int = 0, *, listed: bool = False) -> Iterator[bytes | Fault]:
    """Each `{...}` that stands at the top from `start` on, by bracket matching alone; a last one that never ends is a Fault.

    Stops where the enclosing list ends. Iterative: depth costs a counter. With `listed`, `start` is inside a list, and what
    stands in it beside objects is a Fault as well.
    """
    depth = 0
    begin = end = start
    for token in _TOKEN.finditer(text, start):
        mark = text[token.start()]
        if mark == _QUOTE or (mark == _COMMA and depth):
            continue
        if depth == 0 and listed and text[end : token.start()].strip():
            yield Fault("not_an_object", "The record is no JSON object.")
        if mark in b"{[":
            begin = token.start() if depth == 0 else begin
            depth += 1
            continue
        if mark != _COMMA:
            depth -= 1
            if depth < 0:
                return
        if depth == 0:
            end = token.end()
            if mark == _COMMA:
                continue
            if text[begin] == 0x7B:
                yield text[begin:end]
            elif listed:
                yield Fault("not_an_object", "The record is a list, no JSON object.")
    if depth > 0:
        yield Fault("truncated_json", f"The record that begins at byte {begin} does not end.")
    elif listed and text[end:].strip():
        yield Fault("truncated_json", f"The record that begins at byte {end} does not end.")


_QUOTE, _COMMA = b'",'
