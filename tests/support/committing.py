"""A process that commits the parts of a world to an embedded store, one for each line it reads.

Run as `python -m tests.support.committing PATH NUMBER`; says `ready`, then `committed` for every part.
"""

from __future__ import annotations

import sys
from pathlib import Path

from roletrail.lineage.ids import event_hash
from roletrail.lineage.model import Part
from roletrail.stores.embedded import EmbeddedStore
from tests.support.worlds import Event, World


def _hash(event: Event) -> bytes:
    return event_hash(event.event_id).to_bytes(8, "little")


def _hashes(packed: bytes) -> set[bytes]:
    return {packed[i : i + 8] for i in range(0, len(packed), 8)}


def without(world: World, part: Part, skip: set[bytes]) -> Part:
    """The part reduced again with these hashes left out."""
    mine = {hash_ for cell in part.cells for hash_ in _hashes(cell.hashes)} - skip
    left = [event for event in world.events if _hash(event) in mine]
    again = world.part(left, attempt=part.attempt + 5000)
    return again._replace(object=part.object, doubles=part.doubles + len(skip))


def commit_whole(store: EmbeddedStore, world: World, part: Part) -> None:
    while overlaps := store.commit([part], []).overlaps:
        part = without(world, part, _hashes(overlaps[0].skip))


def main(path: Path, number: int) -> None:
    world = World(20, 25)
    sys.stdin.readline()
    print("ready", flush=True)
    store = EmbeddedStore(path)
    for part in world.parts(world.events, 12, number):
        if not sys.stdin.readline():
            return
        commit_whole(store, world, part)
        print("committed", flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
