"""Scenarios through the real reduce, commit and link, into whatever store: without files beside it or worker processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.model import ObjectInfo, Part
from roletrail.stores.port import GraphStore

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def log_files(prefixes: Iterable[str]) -> Iterator[Path]:
    for prefix in prefixes:
        folders = sorted(SCENARIOS.glob(f"{prefix}*"))
        assert folders, prefix
        for folder in folders:
            yield from sorted(path for path in folder.rglob("*.json*") if path.is_file())


def parts_of(paths: Sequence[Path], attempt: int = 1 << 24) -> list[Part]:
    found: list[Part] = []
    for number, path in enumerate(paths):
        content = open_object(path.read_bytes())
        info = ObjectInfo(str(path.relative_to(SCENARIOS)), content.size, "1", content.sha256, content.kind)
        found.append(Reducer().reduce(content, info, 0, attempt + number).part)
    return found


def commit_whole(store: GraphStore, parts: Sequence[Part], paths: Sequence[Path], attempt: int) -> None:
    """Parts that overlap are reduced again without their doubles, as an ingest does."""
    by_locator = {str(path.relative_to(SCENARIOS)): path for path in paths}
    skips: dict[tuple[str, int], bytes] = {}
    waiting = list(store.commit(parts, []).overlaps)
    while waiting:
        overlap = waiting.pop()
        place = (overlap.locator, overlap.k)
        skips[place] = skips.get(place, b"") + overlap.skip
        attempt += 1
        content = open_object(by_locator[overlap.locator].read_bytes())
        info = ObjectInfo(overlap.locator, content.size, "1", content.sha256, content.kind)
        part = Reducer().reduce(content, info, overlap.k, attempt, skips[place]).part
        waiting += store.commit([part], []).overlaps


def load_scenarios(store: GraphStore, prefixes: Sequence[str], batch: int = 25) -> None:
    paths = list(log_files(prefixes))
    for start in range(0, len(paths), batch):
        some = paths[start : start + batch]
        commit_whole(store, parts_of(some, (1 << 24) + start), some, (2 << 24) + start)
        link_pending(store, 500)
