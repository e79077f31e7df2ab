"""ADR 0004: parts, exactly-once and who writes when. Any order, any split, any repetition: the same graph."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roletrail.lineage import ids
from roletrail.lineage.model import Part, Seen
from roletrail.stores.embedded import EmbeddedStore
from roletrail.stores.port import ArchiveFile, GraphStore
from tests.contract.conftest import Open
from tests.support.counts import repetitions
from tests.support.graphs import commit_all, fill, link
from tests.support.worlds import Event, World

many = settings(
    max_examples=repetitions("store_graphs"),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def hashes(events: list[Event]) -> bytes:
    return b"".join(
        sorted_hash.to_bytes(8, "little") for sorted_hash in sorted(ids.event_hash(event.event_id) for event in events)
    )


def graph(store: GraphStore) -> list[tuple[str, object]]:
    return list(store.export())


@many
@given(seed=st.integers(0, 10_000), size=st.integers(1, 20))
def test_order_and_split_leave_no_trace(fresh: Open, seed: int, size: int) -> None:
    """The export is the graph: two stores filled in different ways must be equal to the last tie."""
    world, found = World(seed, size), []
    for way in (0, 1, seed + 2):
        store = fresh()
        fill(store, world, way)
        link(store, world, list(world.identities), world.standings())
        found.append(graph(store))
    assert found[0] == found[1] == found[2]
    assert {kind for kind, _ in found[0]} >= {"node", "standing"}


@many
@given(seed=st.integers(0, 10_000))
def test_the_same_events_from_two_trails_count_once(fresh: Open, seed: int) -> None:
    world = World(seed, 10)
    once, twice = fresh(), fresh()
    commit_all(once, world.parts(world.events, 3, 1))
    commit_all(twice, world.parts(world.events, 3, 1))
    for part in world.parts(world.events, 4, 2):
        result = twice.commit([part], [])
        if part.cells:
            assert result.committed == 0
            assert [(o.locator, o.k) for o in result.overlaps] == [(part.object.locator, 0)]
            assert result.overlaps[0].skip == b"".join(sorted_hashes(part))
        empty = world.part([], part.object.locator[6:-8], attempt=part.attempt + 500)._replace(
            object=part.object, doubles=part.taken
        )
        assert twice.commit([empty], []).committed == int(bool(part.cells))
    assert graph(once) == graph(twice)
    assert twice.totals().doubles == once.totals().events == twice.totals().events


def test_a_store_that_rested_goes_on_as_one_that_did_not(fresh: Open) -> None:
    world = World(11, 12)
    found = []
    for rests in (False, True):
        store = fresh()
        for part in world.parts(world.events, 3, 1):
            commit_all(store, [part])
            if rests:
                store.rest()
        link(store, world, list(world.identities), world.standings())
        if rests:
            store.rest()
        doubles = store.commit(world.parts(world.events, 1, 2), []).overlaps
        found.append((graph(store), doubles))
    assert found[0] == found[1]
    assert found[0][1]


def sorted_hashes(part: Part) -> list[bytes]:
    found = {cell.hashes[i : i + 8] for cell in part.cells for i in range(0, len(cell.hashes), 8)}
    return sorted(found, key=lambda hash_: int.from_bytes(hash_, "little"))


def test_an_overlap_names_the_doubles_and_writes_nothing(store: GraphStore) -> None:
    world = World(5, 8)
    old, new = world.events[:10], world.events[10:]
    store.commit([world.part(old, "old")], [])
    before = graph(store)
    result = store.commit([world.part([*old[:3], *new], "new", attempt=7)], [ArchiveFile("f", "20260601", "events", 9)])
    assert (result.committed, len(result.overlaps)) == (0, 1)
    assert result.overlaps[0].skip == hashes(old[:3])
    assert graph(store) == before
    assert store.ledger(["/logs/new.json.gz"]) == {}
    assert store.excluded_attempts() == [7]
    assert [file.name for file in store.archive_files()] == ["f"]


def test_parts_of_one_batch_overlap_each_other(store: GraphStore) -> None:
    world = World(6, 8)
    events = world.events
    result = store.commit([world.part(events[:10], "a", attempt=1), world.part(events[5:], "b", attempt=2)], [])
    assert result.committed == 1
    assert [(overlap.locator, overlap.skip) for overlap in result.overlaps] == [("/logs/b.json.gz", hashes(events[5:10]))]
    assert store.excluded_attempts() == [2]
    assert store.totals().events == 10


def test_equal_hashes_in_other_cells_are_no_doubles(store: GraphStore) -> None:
    event = World(7, 5).events[0]
    world = World(7, 5)
    elsewhere = [
        event,
        event._replace(region="ap-south-1"),
        event._replace(account="444444444444"),
        event._replace(at=event.at + 3600),
    ]
    result = store.commit([world.part([one], f"cell-{i}", attempt=i) for i, one in enumerate(elsewhere)], [])
    assert (result.committed, result.overlaps) == (4, ())
    assert store.event_hours(event.event_id) == [event.at // 3600 * 3600, event.at // 3600 * 3600 + 3600]


def test_an_object_is_taken_up_where_it_stopped(store: GraphStore) -> None:
    world = World(8, 10)
    cuts = [world.events[i::3] for i in range(3)]
    parts = [world.part(cut, "big", k=k, n=3, attempt=10 + k) for k, cut in enumerate(cuts)]
    store.commit([parts[0]], [])
    store.commit([parts[2]], [])
    entry = store.ledger(["/logs/big.json.gz"])["/logs/big.json.gz"]
    assert (entry.parts_done, entry.parts, entry.taken) == ((0, 2), 3, len(cuts[0]) + len(cuts[2]))
    again = [part._replace(attempt=part.attempt + 100) for part in parts]
    assert store.commit(again, []).committed == 1
    assert store.commit(again, []).committed == 0
    entry = store.ledger(["/logs/big.json.gz"])["/logs/big.json.gz"]
    assert (entry.parts_done, entry.taken, entry.quarantined) == ((0, 1, 2), len(world.events), 3)
    assert store.excluded_attempts() == [110, 111, 112]  # 111 came in first and then once more
    assert store.attempt_locators([10, 11, 12, 111, 999]) == dict.fromkeys((10, 12, 111), "/logs/big.json.gz")


def test_a_changed_object_starts_anew_and_its_old_events_are_doubles(store: GraphStore) -> None:
    world = World(9, 10)
    first, more = world.events[:8], world.events[8:]
    store.commit([world.part(first, "growing", attempt=1)], [])
    grown = world.part(world.events, "growing", attempt=2, version="2")
    (overlap,) = store.commit([grown], []).overlaps
    assert overlap.skip == hashes(first)
    entry = store.ledger([grown.object.locator])[grown.object.locator]
    assert (entry.version, entry.taken) == ("1", 8)
    rest = world.part(more, "growing", attempt=3)._replace(object=grown.object, doubles=8)
    assert store.commit([rest], []).committed == 1
    entry = store.ledger([grown.object.locator])[grown.object.locator]
    assert (entry.version, entry.parts_done, entry.taken, entry.doubles, entry.quarantined) == ("2", (0,), len(more), 8, 1)
    assert store.attempt_locators([1, 3]) == dict.fromkeys((1, 3), grown.object.locator)
    assert store.totals().events == len(world.events)


def test_a_touched_object_is_known_with_its_new_version(store: GraphStore) -> None:
    world = World(13, 5)
    part = world.part(world.events, "touched")
    store.commit([part], [])
    touched = part._replace(object=part.object._replace(version="2"), attempt=2)
    assert store.commit([touched], []) == (0, ())
    assert store.ledger([part.object.locator])[part.object.locator].version == "2"
    assert store.totals().events == len(world.events)


def test_the_ledger_lists_objects_and_quarantine_newest_first(store: GraphStore) -> None:
    world = World(10, 10)
    for i, event in enumerate(world.events[:7]):
        store.commit([world.part([event], f"o{i}", attempt=i)], [])
    names = [f"/logs/o{i}.json.gz" for i in reversed(range(7))]
    listed, after = [], ""
    while True:
        page, after = store.objects(3, after)
        listed += page
        if not after:
            break
    assert [entry.locator for entry in listed] == names
    assert {entry.locator: entry for entry in listed} == store.ledger([*names, "/none"])
    bad, after = store.quarantine(4)
    rest, end = store.quarantine(4, after)
    assert [row[0] for row in bad + rest] == names
    assert bad[0][1:] == (0, "not_an_object", "Record 0 of o6 is no object.")
    assert end == ""


def test_archive_files_are_swapped_once(store: GraphStore) -> None:
    old = [ArchiveFile(name, "20260601", "events", 1) for name in ("a", "b")]
    merged = ArchiveFile("c", "20260601", "events", 2)
    store.commit([], old, [5])
    assert store.archive_files() == old
    assert store.swap_archive_files(["a", "b"], [merged])
    assert not store.swap_archive_files(["b"], [ArchiveFile("d", "20260601", "events", 1)])
    assert store.archive_files() == [merged]
    assert store.excluded_attempts() == [5]
    assert store.begin_run() + 1 == store.begin_run()


def test_a_failing_commit_leaves_the_store_as_it_was(store: GraphStore) -> None:
    world = World(11, 10)
    store.commit([world.part(world.events[:5], "a")], [])
    before, totals = graph(store), store.totals()
    broken = world.part(world.events[5:], "b")._replace(attempt="no number")  # type: ignore[arg-type]
    broken = broken._replace(quarantined=[(object(),) * 3])  # type: ignore[list-item]
    with pytest.raises(Exception):  # noqa: B017, PT011  each driver has its own error for a value it cannot store
        store.commit([broken], [])
    assert (graph(store), store.totals()) == (before, totals)
    assert store.commit([world.part(world.events[5:], "b")], []).committed == 1


def test_nothing_shows_before_it_is_linked_and_pending_survives(fresh: Open) -> None:
    """A process killed between commit and linking leaves its observations to the next run."""
    world = World(12, 12)
    store, undisturbed = fresh(), fresh()
    for one in (store, undisturbed):
        commit_all(one, world.parts(world.events, 4))
    with pytest.raises(KeyboardInterrupt):
        interrupted_linking(store, world)
    assert store.totals() == undisturbed.totals()
    assert store.totals().pending > 0
    for one in (store, undisturbed):
        link(one, world, list(world.identities), world.standings())
    assert graph(store) == graph(undisturbed)
    assert store.totals().pending == 0


def interrupted_linking(store: GraphStore, world: World) -> None:
    with store.linking() as writer:
        writer.put_linked(world.linked(world.identities))
        writer.advance(writer.pending(10_000))
        raise KeyboardInterrupt


# --- other processes: embedded files are shared by whoever opens them ----------------------------------------------------


def committing(path: Path, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.committing", str(path), str(number)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def say(child: subprocess.Popen[str], text: str, expected: str) -> None:
    assert child.stdin
    assert child.stdout
    child.stdin.write(text + "\n")
    child.stdin.flush()
    assert child.stdout.readline().strip() == expected


def test_two_processes_commit_the_same_events_at_once(tmp_path: Path) -> None:
    path, world = tmp_path / "shared", World(20, 25)
    children = [committing(path, number) for number in (1, 2)]
    for child in children:
        say(child, "hello", "ready")
    for child in children:
        child.communicate("go\n" * 100, timeout=60)
    assert [child.returncode for child in children] == [0, 0]
    with closing(EmbeddedStore(path)) as store, closing(EmbeddedStore(tmp_path / "alone")) as alone:
        alone.commit(world.parts(world.events, 3), [])
        assert graph(store) == graph(alone)
        assert (store.totals().events, store.totals().doubles) == (len(world.events), len(world.events))
        link(store, world, list(world.identities), world.standings())
        link(alone, world, list(world.identities), world.standings())
        assert graph(store) == graph(alone)


@pytest.mark.parametrize("turns", ["aaaaaa", "ababab", "aabaaa", "aaabbb", "aaaaab"])
def test_what_a_store_keeps_for_linking_is_what_the_file_holds(tmp_path: Path, turns: str) -> None:
    path, world = tmp_path / "shared", World(31, 25)
    with closing(EmbeddedStore(path)) as a, closing(EmbeddedStore(path)) as b:
        for turn, part in zip(turns, world.parts(world.events, len(turns), 5), strict=True):
            {"a": a, "b": b}[turn].commit([part], [])
        kept = unlinked(a, world)
    with closing(EmbeddedStore(path)) as reopened:
        assert unlinked(reopened, world) == kept
    assert kept[1]


def unlinked(store: EmbeddedStore, world: World) -> tuple[list[list[object]], dict[str, Seen]]:
    with store.linking() as writer:
        pending = writer.pending(10_000)
        rows: list[list[object]] = [[*sorted(found)] for found in pending[:4]]
        return rows, writer.seen(list(world.identities))


def test_a_killed_committer_loses_nothing_it_said_was_in(tmp_path: Path) -> None:
    path, world = tmp_path / "shared", World(20, 25)
    child = committing(path, 1)
    say(child, "hello", "ready")
    for _ in range(5):
        say(child, "go", "committed")
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    with closing(EmbeddedStore(path)) as store:
        assert store.totals().pending > 0
        parts = world.parts(world.events, 12, 1)
        assert set(store.ledger([part.object.locator for part in parts])) == {part.object.locator for part in parts[:5]}
        assert store.commit(parts, []).committed == 7
        link(store, world, list(world.identities), world.standings())
        with closing(EmbeddedStore(tmp_path / "alone")) as alone:
            alone.commit(parts, [])
            link(alone, world, list(world.identities), world.standings())
            assert graph(store) == graph(alone)


def test_a_cached_cell_is_forgotten_when_another_process_has_written(tmp_path: Path) -> None:
    world = World(21, 10)
    with closing(EmbeddedStore(tmp_path / "s")) as one, closing(EmbeddedStore(tmp_path / "s")) as other:
        one.commit([world.part(world.events[:5], "a", attempt=1)], [])
        other.commit([world.part(world.events[5:10], "b", attempt=2)], [])
        (overlap,) = one.commit([world.part(world.events[:10], "c", attempt=3)], []).overlaps
        assert overlap.skip == hashes(world.events[:10])
        one.commit([world.part(world.events[10:], "d", attempt=4)], [])
    with closing(EmbeddedStore(tmp_path / "s")) as store:
        assert store.totals().events == len(world.events)
