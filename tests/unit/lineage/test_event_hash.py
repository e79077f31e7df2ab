"""Dedupe tells events apart by 64 bits of their id (ADR 0004): also ids that somebody numbered."""

from __future__ import annotations

import random
import uuid

import pytest

from roletrail.ingest import columns
from roletrail.lineage.ids import event_hash

RANDOM = random.Random(7)
FAMILIES = {
    "random": [str(uuid.UUID(int=RANDOM.getrandbits(128), version=4)) for _ in range(10_000)],
    "numbered at the front": [f"{n:08d}-0000-0000-0000-000000000000" for n in range(10_000)],
    "numbered at the end": [f"00000000-0000-0000-0000-{n:012d}" for n in range(10_000)],
    "numbered at both": [f"e{series:07d}-0000-4000-8000-{n:012d}" for n in range(500) for series in range(20)],
    "by time and machine": [f"{n:08x}-93c4-11ef-8000-0242ac120002" for n in range(10_000)],
    "no UUIDs": [f"event-{n}" for n in range(10_000)],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_keep_their_difference(family: str) -> None:
    ids = FAMILIES[family]
    assert len({event_hash(id_) for id_ in ids}) == len(set(ids))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "no UUIDs"])
def test_many_at_once_hash_as_one_does(family: str) -> None:
    ids = FAMILIES[family]
    hashes = columns._uuid_hashes(ids)
    assert hashes is not None
    assert hashes.tolist() == [event_hash(id_) for id_ in ids]
    upper = columns._uuid_hashes([id_.upper() for id_ in ids[:9]])
    assert upper is not None
    assert upper.tolist() == [event_hash(id_.upper()) for id_ in ids[:9]]


@pytest.mark.parametrize(
    "odd",
    [
        ["event-1"],
        ["0" * 36],
        ["g1234567-0000-4000-8000-000000000001"],
        ["0123456 -0000-4000-8000-000000000001"],
        ["\u0660123456-0000-4000-8000-000000000001"],
        ["01234567-0000-4000-8000-00000000000", "101234567-0000-4000-8000-000000000001"],
        ["01234567-0000-4000-8000-0000-0000001"],
    ],
)
def test_what_only_looks_like_one_is_hashed_alone(odd: list[str]) -> None:
    assert columns._uuid_hashes(odd) is None
