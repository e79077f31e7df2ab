"""Bytes of one object to CloudTrail records: what it holds, record by record, with a reason for each that is not taken.

The fast path decodes a whole `{"Records": [...]}` file in one typed pass. Anything else, and any surprise, goes through
`envelopes` and `tolerant`, where one bad record costs only itself. Knows nothing of observations or of where bytes are from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from roletrail.ingest import digest, envelopes, tolerant
from roletrail.ingest.inflate import Unreadable, plain, utf8
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.record import Fault, Record
from roletrail.lineage.model import Digest, Quarantined

PART_RECORDS = 50_000
"""Records in one part. Fixed: the ledger remembers parts by their number."""

WHOLE_BYTES = 64 << 20
"""Larger documents are decoded part by part, so that memory is bounded by the text and one part."""

Raws = Callable[[], Sequence[bytes | msgspec.Raw]]


class File(msgspec.Struct, gc=False, rename="pascal"):
    records: list[Record]


class _RawFile(msgspec.Struct, gc=False, rename="pascal"):
    records: list[msgspec.Raw]


decode_file = msgspec.json.Decoder(File).decode
_decode_raw_file = msgspec.json.Decoder(_RawFile).decode


class Batch(NamedTuple):
    """Records of one part. `raws()` gives their JSON texts, in the same order; it may cost a second pass over `text`."""

    records: list[Record]
    positions: Sequence[int]  # index of each in its object
    raws: Raws
    rejected: list[Quarantined]
    ignored: int
    text: bytes = b""  # what the records were decoded from, if it was one text


class Content:
    """What an object holds. `items` counts records, good or bad; nothing is kept of a part that was handed out."""

    def __init__(self, sha256: str, size: int, kind: str, text: bytes = b"") -> None:
        self.sha256 = sha256
        self.size = size  # of the uncompressed bytes
        self.kind = kind
        self.faults: list[Quarantined] = []  # of the whole object
        self.digest: Digest | None = None
        self._text = text
        self._records: list[Record] | None = None
        self._items: list[bytes | msgspec.Raw | Fault] | None = None

    @property
    def items(self) -> int:
        held = self._records if self._records is not None else self._items
        return len(held or ())

    @property
    def parts(self) -> int:
        """Into how many parts the object goes; one for an object without records, which the ledger names as well."""
        return max(1, -(-self.items // PART_RECORDS))

    def batch(self, k: int) -> Batch:
        """Part `k`, as fast as its records allow: not every field that must be there has been looked at."""
        if self._records is None:
            return self.sifted(k)
        start = k * PART_RECORDS
        records = self._records[start : start + PART_RECORDS] if self.parts > 1 else self._records
        positions = range(start, start + len(records))
        return Batch(records, positions, lambda: self._raw_items()[start : start + len(records)], [], 0, self._text)

    def sifted(self, k: int) -> Batch:
        """Part `k` record by record: what is left is sound, in canonical form, and each other one has its reason."""
        start = k * PART_RECORDS
        items = (self._items if self._items is not None else self._raw_items())[start : start + PART_RECORDS]
        records: list[Record] = []
        positions: list[int] = []
        raws: list[bytes | msgspec.Raw] = []
        rejected: list[Quarantined] = []
        ignored = 0
        for position, item in enumerate(items, start):
            taken = item if isinstance(item, Fault) else tolerant.take(item)
            if taken is None:
                ignored += 1
            elif isinstance(taken, Fault):
                rejected.append(Quarantined(position, taken.reason, taken.detail))
            else:
                records.append(taken.record)
                raws.append(taken.raw)
                positions.append(position)
        return Batch(records, positions, lambda: raws, rejected, ignored)

    def item(self, position: int) -> bytes | msgspec.Raw | Fault | None:
        """One record as it stands in the object."""
        if not 0 <= position < self.items:
            return None
        return (self._items if self._items is not None else self._raw_items())[position]

    def _raw_items(self) -> list:
        return _decode_raw_file(self._text).records

    def load(self) -> Content:
        """Find the records of the text."""
        if self._load_fast():
            return self
        found = envelopes.records_of(self._text)
        self.kind = found.kind
        self.faults = [Quarantined(-1, fault.reason, fault.detail) for fault in found.faults]
        self._items = found.items
        if found.kind == "digest":
            self._read_digest()
        return self

    def _read_digest(self) -> None:
        try:
            self.digest = digest.digest_of(self._text)
        except BadJson as error:
            self.faults.append(Quarantined(-1, error.fault.reason, error.fault.detail))

    def _load_fast(self) -> bool:
        if len(self._text) > WHOLE_BYTES or not _sound_utf8(self._text):
            return False
        try:
            records = decode_file(self._text).records
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        if records and not records[0].event_name:  # other things are called Records, and may hold ours
            return False
        self._records = records
        return True


def _sound_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def open_object(stored: bytes) -> Content:
    """Whatever the bytes are, this returns: an object that cannot be taken has kind `unreadable` or `unknown` and a fault."""
    sha256 = ""
    try:
        raw = plain(stored)
        sha256 = hashlib.sha256(raw).hexdigest()
        return Content(sha256, len(raw), "cloudtrail", utf8(raw)).load()
    except Unreadable as error:
        content = Content(sha256, 0, "unreadable")
        content.faults = [Quarantined(-1, error.reason, error.detail)]
        return content
