"""What a run and its workers say to each other: msgpack frames over pipes."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

import msgspec

from roletrail.archive.writer import WrittenFile
from roletrail.ingest.source import Listed
from roletrail.lineage.model import Part
from roletrail.stores.folds import DayFolds, PackedActivities, by_day


class Read(msgspec.Struct, tag=True):
    """Reduce these objects: a unit, within which doubles are expected."""

    objects: list[Listed]


class Again(msgspec.Struct, tag=True):
    """Reduce one part of an object again, without the events of these hashes."""

    object: Listed
    k: int
    skip: bytes


class Flush(msgspec.Struct, tag=True):
    """Hand over what has been reduced so far."""


class Stop(msgspec.Struct, tag=True):
    """End."""


class Passed(msgspec.Struct, tag=True):
    """An object, or the one part `k` of an `Again`, was reduced; its parts follow with the next batch. For progress, and to
    know which one a worker died of."""

    locator: str
    k: int
    size: int
    events: int
    quarantined: int


class Batch(msgspec.Struct, tag=True):
    """Parts to commit together with the archive files that hold their rows."""

    parts: list[Part]
    files: list[WrittenFile]
    flushed: bool  # the answer to a Flush
    folds: list[list[DayFolds]] = []  # on the way: activities of each part, packed


class Failed(msgspec.Struct, tag=True):
    """The worker cannot go on, and why: no fault of an object (the archive's disk is full, credentials have expired)."""

    detail: str
    source: bool = False  # the trouble is where the objects come from
    hint: str = ""


Task = Read | Again | Flush | Stop
Report = Passed | Batch | Failed


class Sealed(NamedTuple):
    """A batch as it came, a quarter of what it is when opened: some wait while the run is linking."""

    body: bytes

    def opened(self) -> Batch:
        return _unpacked(_decode_batch(self.body))


_HEAD = struct.Struct("<Q?")
"""Bytes of a frame, and whether it is a batch."""

_encode = msgspec.msgpack.Encoder().encode
_decode_task = msgspec.msgpack.Decoder(Task).decode
_decode_report = msgspec.msgpack.Decoder(Passed | Failed).decode
_decode_batch = msgspec.msgpack.Decoder(Batch).decode


def send(pipe: BinaryIO, message: Task | Report) -> None:
    body = _encode(_packed(message) if isinstance(message, Batch) else message)
    pipe.write(_HEAD.pack(len(body), isinstance(message, Batch)))
    pipe.write(body)
    pipe.flush()


def receive_task(pipe: BinaryIO) -> Task | None:
    """The next task; None when the run is gone."""
    frame = _frame(pipe)
    return None if frame is None else _decode_task(frame[0])


def receive_report(pipe: BinaryIO) -> Passed | Failed | Sealed | None:
    """The next report; None when the worker is gone."""
    frame = _frame(pipe)
    if frame is None:
        return None
    body, is_batch = frame
    return Sealed(body) if is_batch else _decode_report(body)


def _packed(batch: Batch) -> Batch:
    """With activities as stores keep them, so that the run need not look at them: nine in ten of what is sent are activities."""
    folds = [by_day(part.activities) for part in batch.parts]
    return Batch([part._replace(activities=[]) for part in batch.parts], batch.files, batch.flushed, folds)


def _unpacked(batch: Batch) -> Batch:
    parts = [part._replace(activities=PackedActivities(days)) for part, days in zip(batch.parts, batch.folds, strict=True)]
    return Batch(parts, batch.files, batch.flushed)


def _frame(pipe: BinaryIO) -> tuple[bytes, bool] | None:
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    size, is_batch = _HEAD.unpack(head)
    body = pipe.read(size)
    return (body, is_batch) if len(body) == size else None
