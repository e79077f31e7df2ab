"""Rows put in order within a bounded memory, however many there are.

What outgrows the memory waits on disk in runs, each in order and cut into small blocks. Blocks are read back by their first
keys; whatever is not after the first key of the next one is in its place. One key may have all the rows.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc

BLOCK = 64 * 1024
"""Bytes of rows. While runs are merged a block of each is in memory; smaller ones take more CPU."""

_CODEC = pa.Codec("lz4")  # a quarter of the bytes: three million events would take a gigabyte


class Wanted(NamedTuple):
    """Rows of a schema, in the order of some columns, in groups of a length."""

    schema: pa.Schema
    keys: tuple[str, ...]
    group: int  # rows; the last group may have less
    memory: int  # bytes of rows that are sorted at once, of which a copy is made


def in_order(rows: Iterable[pa.RecordBatch], wanted: Wanted, folder: Path, prefix: str) -> Iterator[pa.Table]:
    """Groups of all rows. What they need of the disk is in `folder`, under a name that begins with the prefix."""
    with _Spill(folder, prefix, wanted) as spill:
        held: list[pa.RecordBatch | pa.Table] = []
        size = 0
        for batch in filter(len, rows):
            if size >= wanted.memory:
                spill.add(_Run(held, wanted))
                size = 0
            held.append(batch)
            size += batch.nbytes
        if spill.is_empty:
            yield from _Run(held, wanted).parts(wanted.group)
            return
        spill.add(_Run(held, wanted))
        yield from spill.merged()


class _Run:
    """Rows and their order. They are copied as they are asked for, so that no slice keeps them all in memory."""

    def __init__(self, held: list[pa.RecordBatch | pa.Table], wanted: Wanted) -> None:
        """Takes what is held: nothing is after it."""
        tables = [part if isinstance(part, pa.Table) else pa.Table.from_batches([part]) for part in held]
        held.clear()
        self._keys = wanted.keys
        self._rows = pa.concat_tables([wanted.schema.empty_table(), *tables]).combine_chunks()
        self._order = pc.call_function("sort_indices", [self._rows], pc.SortOptions([(key, "ascending") for key in wanted.keys]))

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def __len__(self) -> int:
        return len(self._order)

    def part(self, start: int, end: int) -> pa.Table:
        return self._rows.take(self._order[start:end])

    def parts(self, rows: int, end: int | None = None) -> Iterator[pa.Table]:
        end = len(self) if end is None else end
        return (self.part(start, min(start + rows, end)) for start in range(0, end, rows))

    def key(self, number: int) -> tuple[Any, ...]:
        return _key(self._rows, self._order[number].as_py(), self._keys)

    def not_after(self, bound: tuple[Any, ...]) -> int:
        return bisect_right(range(len(self)), bound, key=self.key)


def _key(rows: pa.Table | pa.RecordBatch, row: int, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(rows[name][row].as_py() for name in keys)


class _Block(NamedTuple):
    key: tuple[Any, ...]  # of its first row
    offset: int
    length: int  # bytes in the file
    size: int  # bytes in memory


class _Spill:
    """Sorted runs in a file that has no name where the system can do that, so that a kill leaves nothing."""

    def __init__(self, folder: Path, prefix: str, wanted: Wanted) -> None:
        self._wanted = wanted
        self._blocks: list[_Block] = []
        self._file = tempfile.TemporaryFile(dir=folder, prefix=prefix)  # noqa: SIM115 - closed when this is left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def is_empty(self) -> bool:
        return not self._blocks

    def add(self, run: _Run) -> None:
        rows = max(1, len(run) * BLOCK // max(1, run.nbytes))
        for part in run.parts(self._wanted.group):  # larger than a block: what a copy costs is rather by the call
            for block in part.to_batches(max_chunksize=rows):
                raw = block.serialize()
                packed = _CODEC.compress(raw)
                self._blocks.append(_Block(_key(block, 0, self._wanted.keys), self._file.tell(), packed.size, raw.size))
                self._file.write(packed)

    def merged(self) -> Iterator[pa.Table]:
        """Groups of all rows."""
        blocks = sorted(self._blocks)
        held: list[pa.RecordBatch | pa.Table] = []
        fresh = 0
        for block, after in pairwise(blocks):
            held.append(self._read(block))
            fresh += block.size
            if fresh >= self._wanted.memory:
                run = _Run(held, self._wanted)
                placed = run.not_after(after.key) // self._wanted.group * self._wanted.group
                yield from run.parts(self._wanted.group, placed)
                held, fresh = [run.part(placed, len(run))], 0
                del run
        held.append(self._read(blocks[-1]))
        yield from _Run(held, self._wanted).parts(self._wanted.group)

    def _read(self, block: _Block) -> pa.RecordBatch:
        self._file.seek(block.offset)
        raw = _CODEC.decompress(self._file.read(block.length), block.size)
        return pa.ipc.read_record_batch(raw, self._wanted.schema)
