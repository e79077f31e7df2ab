"""Records through the parser and the reducer of ingest, without files, workers or a store."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from roletrail.ingest.coded import Coded
from roletrail.ingest.records import Content, open_object
from roletrail.ingest.reduce import Reduced, Reducer
from roletrail.lineage.model import ObjectInfo, Part


def file_of(records: Iterable[dict[str, Any]]) -> bytes:
    return json.dumps({"Records": list(records)}).encode()


def reduced(stored: bytes, k: int = 0, skip: bytes = b"") -> Reduced:
    """One part of an object with these bytes."""
    content = open_object(stored)
    return Reducer().reduce(content, info_of(content), k, 1, skip)


def part_of(records: Iterable[dict[str, Any]]) -> Part:
    return reduced(file_of(records)).part


def texts(found: Reduced, name: str) -> list[Any]:
    """One column of the archive's rows, row by row."""
    column = found.columns[name]
    return column.texts() if isinstance(column, Coded) else list(column)


def info_of(content: Content) -> ObjectInfo:
    return ObjectInfo("/logs/object.json", content.size, "1", content.sha256, content.kind)


def reasons(part: Part) -> list[str]:
    return [bad.reason for bad in part.quarantined]
