"""Athena results as CSV: a header with CloudTrail's names in lower case, every value a text.

A column of a struct type (userIdentity, in the table AWS's page tells people to make) is written by Athena as
`{type=IAMUser, principalid=AIDA..., sessioncontext=null}`: no quotes, no escapes. `athena` reads that.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from isal import isal_zlib
from isal.igzip_lib import IsalError

from roletrail.ingest import athena
from roletrail.ingest.inflate import GZIP_MAGIC, Unreadable
from roletrail.ingest.json_text import encode

_HEAD = 8192
_NEEDED = frozenset({"eventname", "eventtime"})
MOST_COLUMNS = 200
MOST_CELL = 1 << 20
"""Characters of one cell; CloudTrail's own limit for a record is 256 KB."""

csv.field_size_limit(MOST_CELL)


def may_be(stored: bytes) -> bool:
    """Whether the first line could be such a header, told from the first bytes alone."""
    head = stored[:_HEAD]
    if head[:2] == GZIP_MAGIC:
        try:
            head = isal_zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        except (IsalError, ValueError, EOFError):  # pyright: ignore[reportGeneralTypeIssues]  its stub says instance
            return False
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].lower()
    return line[:1] not in (b"{", b"[") and b"," in line and b"eventname" in line and b"eventtime" in line


def records_text(text: bytes, most: int) -> bytes | None:
    """The rows as a `Records` document; None when the header is not one of ours. Raises Unreadable."""
    rows = csv.reader(io.StringIO(text.decode("utf-8", "replace"), newline=""))
    try:
        names = [name.strip().lower() for name in next(rows)]
        if not set(names) >= _NEEDED or len(names) > MOST_COLUMNS:
            return None
        return _document((_row(names, row) for row in rows if row), most)
    except csv.Error as error:
        raise Unreadable("bad_csv", f"The object begins like a table of CloudTrail events and breaks: {error}.") from None


def _row(names: list[str], row: list[str]) -> dict[str, Any]:
    cells = ((name, value) for name, value in zip(names, row, strict=False) if value != "")
    return {name: athena.value_of(value) if name in athena.STRUCTS else value for name, value in cells}


def _document(rows: Any, most: int) -> bytes:
    pieces: list[bytes] = []
    total = 0
    for row in rows:
        pieces.append(encode(row))
        total += len(pieces[-1]) + 1
        if total > most:
            raise Unreadable("too_large", f"The table holds more than {most} bytes of records.")
    return b'{"Records":[' + b",".join(pieces) + b"]}"
