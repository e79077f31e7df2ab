"""Cypher of the store, from the .cypher files beside it: `// name` above each statement. Values are always parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

_FOLDER = Path(__file__).parent / "cypher"
_NAMED = re.compile(r"^// (\w+)\n(?:// .*\n)*", re.MULTILINE)


@cache
def statements(name: str) -> Mapping[str, LiteralString]:
    """Statements of one file by their names. They are the package's own text: nothing is ever put into them."""
    pieces = _NAMED.split((_FOLDER / f"{name}.cypher").read_text("utf-8"))[1:]
    return {title: cast("LiteralString", text.strip()) for title, text in zip(pieces[::2], pieces[1::2], strict=True)}


def files() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.cypher"))
