"""The JSON texts of a few records of an object that was decoded whole, without decoding it again.

A decoded record still points into the text, at its userIdentity. Its text begins at the brace before that and ends before the
next record; what was cut out so is then proved: it is the record if it is one JSON value.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from roletrail.ingest.record import Record


class _Named(msgspec.Struct, gc=False):
    eventID: str = ""  # noqa: N815 - CloudTrail's name


_decode_named = msgspec.json.Decoder(_Named).decode


def cut_out(text: bytes, records: Sequence[Record], wanted: Sequence[int]) -> list[bytes] | None:
    """Texts of the wanted records; None when one cannot be told, and the text has to be decoded again."""
    first = pa.py_buffer(text).address
    found: list[bytes] = []
    for number in wanted:
        begin = _begin(text, first, records[number])
        limit = _begin(text, first, records[number + 1]) if number + 1 < len(records) else text.rfind(b"]")
        piece = text[begin : text.rfind(b"}", begin, limit) + 1] if 0 <= begin < limit else b""
        if not _is(piece, records[number].event_id):
            return None
        found.append(piece)
    return found


def _begin(text: bytes, first: int, record: Record) -> int:
    return text.rfind(b"{", 0, pa.py_buffer(record.user_identity).address - first) if record.user_identity else -1


def _is(piece: bytes, event_id: str) -> bool:
    try:
        return _decode_named(piece).eventID == event_id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
