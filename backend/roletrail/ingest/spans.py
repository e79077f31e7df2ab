"""The JSON texts of a few records of an object that was decoded whole, without decoding it again.

A decoded record still points into the text, at its userIdentity. Its text begins at the brace before that and ends before the
next one that begins so; what was cut out is then proved: it is the record if it is one JSON value.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from roletrail.ingest.record import Record


class _Named(msgspec.Struct, gc=False):
    eventID: str = ""  # noqa: N815 - CloudTrail's name


_decode_named = msgspec.json.Decoder(_Named).decode


_HEAD = 16
"""Bytes by which the next record is recognised: all of a file begin with the same member, eventVersion as a rule."""


def cut_out(text: bytes, records: Sequence[Record], wanted: Sequence[int]) -> list[bytes] | None:
    """Texts of the wanted records; None when one cannot be told, and the text has to be decoded again."""
    first = _address(text) if wanted else 0
    found: list[bytes] = []
    for number in wanted:
        record = records[number]
        begin = text.rfind(b"{", 0, _address(record.user_identity) - first) if record.user_identity else -1
        piece = _piece(text, begin) if begin >= 0 else b""
        if not _is(piece, record.event_id):
            return None
        found.append(piece)
    return found


def _piece(text: bytes, begin: int) -> bytes:
    following = text.find(text[begin : begin + _HEAD], begin + 1)
    limit = following if following > 0 else text.rfind(b"]")
    return text[begin : text.rfind(b"}", begin, limit) + 1]


def _address(held: bytes | msgspec.Raw) -> int:
    return np.frombuffer(held, np.uint8).ctypes.data


def _is(piece: bytes, event_id: str) -> bool:
    try:
        return _decode_named(piece).eventID == event_id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
