"""Commit: parts go in with their ledger rows, dedupe cells and archive files in one transaction (ADR 0004)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from sqlite3 import Connection
from typing import Any

from roletrail.lineage import ids
from roletrail.lineage.link import anchors
from roletrail.lineage.model import Caller, CredentialUse, Part, ResourceUse
from roletrail.stores.embedded import digests, ledger, versions
from roletrail.stores.embedded.cells import Cells
from roletrail.stores.embedded.numbers import Numbers
from roletrail.stores.embedded.recent import Recent
from roletrail.stores.embedded.rows import (
    ACTION,
    CALLER,
    CALLER_COLUMNS,
    CREDENTIAL_COLUMNS,
    HANDLE,
    ISSUANCE,
    SIGN_IN,
    add_to_counters,
    caller_of,
    caller_row,
    handle,
    insert,
    pack,
    raise_counter,
    select_in,
    use_row,
)
from roletrail.stores.embedded.touched import touch
from roletrail.stores.folds import DayFolds, days_of, pack_folds, unpack_folds
from roletrail.stores.lookups import person_of
from roletrail.stores.merge import (
    fold_activities,
    fold_callers,
    fold_resources,
    fold_uses,
    linked_facts,
    merge_callers,
    merge_uses,
)
from roletrail.stores.port import ArchiveFile, CommitResult, Overlap

_ASKING = frozenset({"session", "key"})


def commit(
    connection: Connection,
    numbers: Numbers,
    cells: Cells,
    recent: Recent,
    parts: Collection[Part],
    files: Collection[ArchiveFile],
    excluded: Collection[int],
) -> CommitResult:
    """One batch inside an open write transaction."""
    cells.start(connection, parts)
    admitted, overlaps, refused = _admit(connection, cells, parts)
    if admitted:
        cells.write(connection)
        digests.write(connection, [part.digest for part in admitted if part.digest is not None])
        patched = versions.patched(connection, admitted)
        if patched is not admitted:
            recent.forget()  # rows were taken out, and their numbers may be given again
        _Writing(connection, numbers, recent, patched).run()
        add_to_counters(connection, _totals(admitted))
        _widen_times(connection, admitted)
    ledger.register_files(connection, files)
    ledger.exclude_attempts(connection, {*refused, *excluded})
    return CommitResult(len(admitted), tuple(overlaps))


def _admit(connection: Connection, cells: Cells, parts: Iterable[Part]) -> tuple[list[Part], list[Overlap], list[int]]:
    """Parts to write; those with doubles of the store or of an earlier part; attempts whose archive rows do not count."""
    objects = ledger.ObjectLedger(connection)
    admitted: list[Part] = []
    overlaps: list[Overlap] = []
    refused: list[int] = []
    for part in parts:
        if objects.is_done(part):
            refused.append(part.attempt)
            continue
        doubles = cells.doubles(part)
        if doubles:
            overlaps.append(Overlap(part.object.locator, part.k, doubles))
            refused.append(part.attempt)
            continue
        cells.take(part.cells)
        objects.enter(part)
        admitted.append(part)
    return admitted, overlaps, refused


def _totals(parts: Collection[Part]) -> dict[str, int]:
    return {
        "events": sum(part.taken for part in parts),
        "doubles": sum(part.doubles for part in parts),
        "generation": 1,
    }


def _widen_times(connection: Connection, parts: Iterable[Part]) -> None:
    """The store's first and last event time."""
    cells = [cell for part in parts for cell in part.cells]
    if not cells:
        return
    times = (("first_at", "min", min(cell.first_at for cell in cells)), ("last_at", "max", max(cell.last_at for cell in cells)))
    for name, least, value in times:
        connection.execute(
            f"INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = {least}(value, excluded.value)",
            (name, value),
        )


class _Writing:
    """Writes the observations of admitted parts. Anchors are gathered and written once, in the order of their tree."""

    def __init__(self, connection: Connection, numbers: Numbers, recent: Recent, parts: list[Part]) -> None:
        self._connection = connection
        self._recent = recent
        self._parts = parts
        self._anchors: list[tuple[int, int]] = []
        self._addresses: set[tuple[int, str]] = set()
        self._pending: set[int] = set()
        self._callers = fold_callers(caller for part in parts for caller in part.callers)
        self._uses = fold_uses(use for part in parts for use in part.credentials)
        self._days = [days_of(part.activities) for part in parts]
        (self._top_before,) = connection.execute("SELECT coalesce(max(n), 0) FROM identity").fetchone()
        self._numbers = numbers.give(connection, self._ids())

    def _ids(self) -> set[str]:
        found = set(self._callers)
        found.update(identity for identity, _ in self._uses)
        for some in self._days:
            found.update([one.identity for one in some])
        for part in self._parts:
            found.update(issuance.parent for issuance in part.issuances if issuance.parent_kind in _ASKING)
            for rows in (part.attempts, part.sign_ins, part.actions, part.resources):
                found.update(row.identity for row in rows)
        return found

    def run(self) -> None:
        self._write_uses(self._write_callers())
        self._write_activities()
        self._write_issuances()
        self._write_sign_ins()
        self._write_actions()
        self._write_attempts()
        self._write_resources()
        self._write_addresses()
        self._write_anchors()
        insert(self._connection, "INSERT OR IGNORE INTO pending", [(n,) for n in sorted(self._pending)])

    def _old(self, numbers: Iterable[int]) -> list[int]:
        """Numbers given before this commit: only they can have rows."""
        return sorted(n for n in numbers if n <= self._top_before)

    def _write_callers(self) -> dict[int, Caller]:
        by_number = {self._numbers[id_]: caller for id_, caller in self._callers.items()}
        known = {
            row[0]: caller_of(by_number[row[0]].id, *row[1:])
            for row in select_in(self._connection, f"SELECT n, {CALLER_COLUMNS} FROM caller WHERE n IN (?)", self._old(by_number))
        }
        changed: dict[int, Caller] = {}
        for n, caller in by_number.items():
            old = known.get(n)
            merged = caller if old is None else merge_callers(old, caller)
            changed[n] = merged
            if old is None or linked_facts(old) != linked_facts(merged):
                self._pending.add(n)
                self._anchors += [(a, n * 8 + CALLER) for a in anchors.of_caller(merged)]
                if merged.arn and merged.type != "AssumedRole":  # linking knows the ARN of every role session, used or not
                    self._anchors.append((handle("arn", merged.arn), n * 8 + HANDLE))
        self._pending.update(self._named_by_strangers({n: changed[n] for n in known if n not in self._pending}))
        self._pending.update(self._acted_for())
        insert(self._connection, "INSERT OR REPLACE INTO caller", [caller_row(n, changed[n]) for n in sorted(changed)])
        self._meet_users(changed.values())
        self._connection.executemany(
            "UPDATE standing SET last_seen = ?1 WHERE n = ?2 AND last_seen < ?1",
            [(changed[n].last_at, n) for n in self._old(changed)],
        )
        lasting = "SELECT max(last_seen - first_seen) FROM standing WHERE n IN (?)"
        longest = [row[0] for row in select_in(self._connection, lasting, self._old(changed)) if row[0] is not None]
        raise_counter(self._connection, "longest_chain", max(longest, default=0))
        touch(self._connection, sorted(changed))
        return changed

    def _named_by_strangers(self, callers: dict[int, Caller]) -> set[int]:
        """Callers that other accounts' copies of calls name: from where they call may tell whose a copy is (rule J10)."""
        named: defaultdict[int, list[int]] = defaultdict(list)
        for n, caller in callers.items():
            for a in anchors.eras_of_caller(caller):
                named[a].append(n)
        found = {
            a for a, ref in select_in(self._connection, "SELECT a, ref FROM anchor WHERE a IN (?)", named) if ref & 7 == ISSUANCE
        }
        return {n for a in found for n in named[a]}

    def _acted_for(self) -> set[int]:
        """What services did for the users of long-term keys on days on which those called: see `anchors.acted_for`."""
        wanted = {
            anchors.acted_for(caller, one.day)
            for some in self._days
            for one in some
            if (caller := self._callers.get(one.identity)) is not None and caller.kind == "key"
        }
        found = select_in(self._connection, "SELECT ref FROM anchor WHERE a IN (?)", wanted)
        return {ref >> 3 for (ref,) in found if ref & 7 == CALLER}

    def _meet_users(self, callers: Iterable[Caller]) -> None:
        arns = {caller.arn for caller in callers if caller.type in ("IAMUser", "Root") and caller.arn}
        meet(self._connection, [("user", arn) for arn in arns])

    def _write_uses(self, callers: dict[int, Caller]) -> None:
        by_number = {(self._numbers[identity], key): use for (identity, key), use in self._uses.items()}
        old_numbers = self._old({n for n, _ in by_number})
        ids = {self._numbers[identity]: identity for identity, _ in self._uses} if old_numbers else {}
        known = {
            (row[0], row[1]): CredentialUse(ids[row[0]], *row[1:])
            for row in select_in(self._connection, f"SELECT n, {CREDENTIAL_COLUMNS} FROM credential WHERE n IN (?)", old_numbers)
        }
        rows: list[tuple[Any, ...]] = []
        uses: defaultdict[int, list[CredentialUse]] = defaultdict(list)
        for place in sorted(by_number.keys() | known.keys()):
            use, old = by_number.get(place), known.get(place)
            if use is None:
                uses[place[0]].append(known[place])
                continue
            merged = use if old is None else merge_uses(old, use)
            uses[place[0]].append(merged)
            rows.append(use_row(place[0], merged))
            if old is None or old.kind != merged.kind:
                ref = place[0] * 8
                self._anchors += [(a, ref + CALLER) for a in anchors.of_credential(merged)]
                if merged.kind == "forward":
                    self._anchors.append((handle("key", use.access_key_id), ref + HANDLE))
            if old is None or old[2:7] != merged[2:7]:
                self._pending.add(place[0])
        insert(self._connection, "INSERT OR REPLACE INTO credential", rows)
        self._recent.keep_seen(callers, uses, lambda n: n > self._top_before)

    def _write_activities(self) -> None:
        days: dict[tuple[int, int], DayFolds] = {}
        numbers = self._numbers
        for some in self._days:
            for one in some:
                place = (numbers[one.identity], one.day)
                other = days.get(place)
                days[place] = one if other is None else _added(other, one)
                self._addresses.update([(place[0], address) for address in one.addresses])
        rows = [(*place, days[place].folds) for place in sorted(days)]
        insert(self._connection, "INSERT OR FAIL INTO activity (n, day, folds)", rows)

    def _write_issuances(self) -> None:
        issuances = [issuance for part in self._parts for issuance in part.issuances]
        top = self._top("issuance")
        rows: list[tuple[Any, ...]] = []
        for i, issuance in enumerate(issuances, top + 1):
            parent = self._numbers.get(issuance.parent) if issuance.parent_kind in _ASKING else None
            rows.append((i, issuance.event_id, parent, pack(issuance)))
            self._anchors += [(a, i * 8 + ISSUANCE) for a in anchors.of_issuance(issuance)]
            if parent:
                self._addresses.add((parent, issuance.address))
        insert(self._connection, "INSERT OR FAIL INTO issuance", rows)
        self._recent.keep_rows("issuance", enumerate(issuances, top + 1))
        meet(self._connection, {("role", issuance.role_arn) for issuance in issuances if issuance.role_arn})

    def _write_sign_ins(self) -> None:
        sign_ins = [sign_in for part in self._parts for sign_in in part.sign_ins]
        top = self._top("sign_in")
        self._recent.keep_rows("sign_in", enumerate(sign_ins, top + 1))
        rows: list[tuple[Any, ...]] = []
        people: set[str] = set()
        for i, sign_in in enumerate(sign_ins, top + 1):
            n = self._numbers.get(sign_in.identity)
            person = person_of(sign_in)
            people.update({ids.origin_id("identity_center", sign_in.partition, person)} if person else ())
            rows.append((i, sign_in.event_id, n, pack(sign_in), person, sign_in.event_name))
            self._anchors += [(a, i * 8 + SIGN_IN) for a in anchors.of_sign_in(sign_in)]
            if n:
                self._addresses.add((n, sign_in.address))
        insert(self._connection, "INSERT OR FAIL INTO sign_in", rows)
        touch(self._connection, [n for (n,) in select_in(self._connection, "SELECT n FROM identity WHERE id IN (?)", people)])

    def _write_actions(self) -> None:
        actions = [action for part in self._parts for action in part.actions]
        top = self._top("action")
        self._recent.keep_rows("action", enumerate(actions, top + 1))
        rows: list[tuple[Any, ...]] = []
        for i, action in enumerate(actions, top + 1):
            n = self._numbers.get(action.identity, 0)
            rows.append((i, action.event_id, n, action.at, pack(action), action.event_name))
            self._anchors += [(a, i * 8 + ACTION) for a in anchors.of_action(action)]
            self._addresses.add((n, action.address))
        insert(self._connection, "INSERT OR FAIL INTO action", rows)

    def _write_attempts(self) -> None:
        rows: list[tuple[Any, ...]] = []
        for part in self._parts:
            for attempt in part.attempts:
                n = self._numbers.get(attempt.identity, 0)
                rows.append((attempt.event_id, n, attempt.at, pack(attempt)))
                self._addresses.add((n, attempt.address))
        insert(self._connection, "INSERT OR FAIL INTO attempt (event_id, n, at, row)", rows)

    def _write_resources(self) -> None:
        touched: defaultdict[int, list[ResourceUse]] = defaultdict(list)
        for part in self._parts:
            for use in part.resources:
                touched[self._numbers[use.identity]].append(use)
        rows = [(n, pack([use[1:] for use in fold_resources(touched[n])])) for n in sorted(touched)]
        insert(self._connection, "INSERT OR FAIL INTO resource_use (n, folds)", rows)

    def _write_addresses(self) -> None:
        hashes = {address: handle("address", address) for address in {address for _, address in self._addresses if address}}
        self._anchors += [(hashes[address], n * 8 + HANDLE) for n, address in self._addresses if n and address]
        meet(self._connection, [("address", address) for address in hashes])

    def _write_anchors(self) -> None:
        self._anchors.sort()
        insert(self._connection, "INSERT OR IGNORE INTO anchor", self._anchors)

    def _top(self, table: str) -> int:
        return self._connection.execute(f"SELECT coalesce(max(i), 0) FROM {table}").fetchone()[0]


def _added(a: DayFolds, b: DayFolds) -> DayFolds:
    """Folds of one identity and day from two parts."""
    merged = fold_activities([*unpack_folds(a.identity, a.folds), *unpack_folds(b.identity, b.folds)])
    return a._replace(folds=pack_folds(list(merged.values())))


def meet(connection: Connection, things: Iterable[tuple[str, str]]) -> None:
    """Entities that have a page from now on."""
    rows = sorted((ids.entity_id(kind, value), kind, value) for kind, value in things)
    insert(connection, "INSERT OR IGNORE INTO entity", rows)
