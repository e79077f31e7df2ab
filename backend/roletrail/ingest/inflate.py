"""Stored bytes to UTF-8 text, within bounds: gzip (any number of members), byte order marks, UTF-16.

Knows nothing of JSON or CloudTrail. Everything that can be wrong with the bytes is an `Unreadable` with a stable code.
"""

from __future__ import annotations

import codecs

from isal import isal_zlib
from isal.igzip_lib import IsalError

GZIP_MAGIC = b"\x1f\x8b"
MOST_BYTES = 1 << 30
"""Uncompressed size beyond which an object is refused: CloudTrail's own files end far below 100 MB."""

FREE_BYTES = 64 << 20
"""Below this size no ratio is a bomb; the worst that deflate can do to us so far is one buffer of it."""

MOST_RATIO = 250
"""CloudTrail compresses 7 to 50 times; deflate itself ends at 1,032."""

_STEP = 16 << 20
_WHITE = b" \t\r\n\0"


class Unreadable(Exception):
    """A whole object cannot be taken. `reason` is the stable quarantine code, `detail` one sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def plain(stored: bytes, most_bytes: int = MOST_BYTES) -> bytes:
    """The object's uncompressed bytes: what digest files hash (F19)."""
    if stored[:2] != GZIP_MAGIC:
        if len(stored) > most_bytes:
            raise Unreadable("too_large", f"The object holds more than {most_bytes} bytes.")
        return stored
    return _gunzip(stored, most_bytes)


def _gunzip(stored: bytes, most_bytes: int) -> bytes:
    # The trailer names the size modulo 4 GiB. It may lie, so it only sizes the first buffer, within what is free.
    hint = int.from_bytes(stored[-4:], "little")
    pieces: list[bytes] = []
    total = 0
    rest: bytes = stored
    while rest[:2] == GZIP_MAGIC:
        member = isal_zlib.decompressobj(wbits=31)
        source = rest
        while not member.eof:
            step = min(max(hint, 1 << 16), FREE_BYTES) + 1 if not total else _STEP
            piece = _inflate(member, source, step)
            source = member.unconsumed_tail
            total += len(piece)
            pieces.append(piece)
            _check_bounds(total, len(stored), most_bytes)
            if not piece and not source and not member.eof:
                raise Unreadable("truncated_gzip", "The gzip stream ends before its end mark.")
        rest = member.unused_data
    if rest.strip(_WHITE):
        raise Unreadable("trailing_bytes", "Bytes that are no gzip follow the gzip stream.")
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _inflate(member: isal_zlib.Decompress, source: bytes, most: int) -> bytes:
    try:
        return member.decompress(source, most)
    except (IsalError, ValueError, EOFError) as error:  # pyright: ignore[reportGeneralTypeIssues]  its stub says instance
        raise Unreadable("bad_gzip", f"The object begins like gzip and is none or is damaged: {error}.") from None


def _check_bounds(total: int, stored: int, most_bytes: int) -> None:
    if total > most_bytes or (total > FREE_BYTES and total > stored * MOST_RATIO):
        raise Unreadable("gzip_bomb", f"{stored} stored bytes unpack to more than {total - 1}.")


def utf8(raw: bytes) -> bytes:
    """The same text in UTF-8 without a byte order mark. UTF-16 without a mark is told by its zero bytes."""
    if raw.startswith(codecs.BOM_UTF8):
        return raw[3:]
    name = _utf16_name(raw[:4])
    if not name:
        return raw
    try:
        return raw.decode(name).removeprefix("\ufeff").encode()
    except UnicodeError:
        raise Unreadable("invalid_text", "The object begins like UTF-16 and is none.") from None


def _utf16_name(head: bytes) -> str:
    if head[:2] == codecs.BOM_UTF16_LE or (len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]):
        return "utf-16-le"
    if head[:2] == codecs.BOM_UTF16_BE or (len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]):
        return "utf-16-be"
    return ""
