"""Records to observations: one part of an object folded into a `Part`, its archive rows and its evidence.

The hot path. Runs in ingest's workers and, alone, wherever else records are reduced: it imports neither archive nor
stores, reads one part and knows no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from roletrail.ingest import addenda, cells, fold, rows, scrub, singles, spans, touched
from roletrail.ingest.coded import Coded, coded
from roletrail.ingest.columns import columns_of
from roletrail.ingest.identity import Facts, Identities
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.record import Record
from roletrail.ingest.records import Batch, Content
from roletrail.ingest.rows import Column
from roletrail.ingest.singles import Singles
from roletrail.lineage.model import Addendum, CellEvents, ObjectInfo, Part, Quarantined, ResourceUse

_SIGN_IN = "signin.amazonaws.com"
_NO_USES = singles.COPIES | {"AwsServiceEvent"}

Evidence = tuple[int, str, int, bytes]
"""attempt, event id, time, scrubbed record as JSON"""


class Reduced(NamedTuple):
    part: Part
    columns: dict[str, Column]  # of the archive's event rows
    evidence: list[Evidence]


class Reducer:
    """Reduces parts; remembers identities between them."""

    def __init__(self) -> None:
        self._identities = Identities()

    def reduce(self, content: Content, info: ObjectInfo, k: int, attempt: int, skip: bytes = b"") -> Reduced:
        """Part `k` of an object. `skip` is hashes of events the ledger already has."""
        batch = content.batch(k) if content.items else Batch([], (), list, [], 0)
        work = _Part(batch, self._identities)
        if not work.sound:
            work = _Part(content.sifted(k), self._identities, sifted=True)
        work.drop_doubles(skip)
        faults = content.faults if k == 0 else []
        ignored = work.ignored + (content.kind in ("digest", "insight", "iceberg"))
        head = (info, attempt, k, content.parts)
        reduced = work.reduced(head, faults, ignored)
        return reduced if content.digest is None else reduced._replace(part=reduced.part._replace(digest=content.digest))


class _Part:
    """One part on its way: columns, who called, what is left out."""

    def __init__(self, batch: Batch, identities: Identities, *, sifted: bool = False) -> None:
        self.ignored = batch.ignored
        self.rejected = list(batch.rejected)
        self.doubles = 0
        self._batch = batch
        self._kept = np.arange(len(batch.records))
        self._identities = identities
        self._told: dict[int, Addendum] | None = None
        self._placed: cells.Placed | None = None
        self._used: np.ndarray | None = None
        columns = columns_of(batch.records) if batch.records else None
        self.sound = columns is not None or not batch.records
        if columns is not None:
            self._columns = columns
            self.sound = self._read_identities() or sifted

    def _read_identities(self) -> bool:
        """False when an event has no userIdentity: only some kinds of events may."""
        who = self._columns.who
        self._facts: list[Facts] = []
        unreadable: dict[int, BadJson] = {}
        for number, raw in enumerate(who.table):
            try:
                self._facts.append(self._identities.facts(raw))
            except BadJson as error:
                unreadable[number] = error
                self._facts.append(self._identities.facts(b""))
        if unreadable:
            self._reject({at: unreadable[number] for at, number in enumerate(who.codes.tolist()) if number in unreadable})
        return all(raw[:1] == b"{" for raw in who.table)

    def _reject(self, bad: dict[int, BadJson]) -> None:
        """Quarantine events by their place among the columns, and take them out of those."""
        for at, error in sorted(bad.items()):
            position = self._batch.positions[self._kept[at]]
            self.rejected.append(Quarantined(position, error.fault.reason, error.fault.detail[:300]))
        keep = np.ones(len(self._kept), bool)
        keep[list(bad)] = False
        self._keep(keep)

    def _keep(self, keep: np.ndarray) -> None:
        self._columns = self._columns.only(keep)
        self._kept = self._kept[keep]
        self._placed = None
        self._used = None
        self._told = None

    def drop_doubles(self, skip: bytes) -> None:
        if not len(self._kept):
            return
        keep = cells.fresh(self._columns, self._place(), skip)
        if keep is not None:
            self.doubles = int((~keep).sum())
            self._keep(keep)

    def _accounts(self) -> Coded:
        """Recipient accounts, where a record lacks it the caller's."""
        columns = self._columns
        if "" not in columns.account.table:
            return columns.account
        numbers = zip(columns.account.texts(), columns.who.codes.tolist(), strict=True)
        return coded([said or self._facts[number].account for said, number in numbers])

    def _place(self) -> cells.Placed:
        if self._placed is None:
            self._placed = cells.place(self._columns, self._accounts())
        return self._placed

    def reduced(self, head: tuple[ObjectInfo, int, int, int], faults: list[Quarantined], ignored: int) -> Reduced:
        info, attempt, k, n = head
        single, places = self._singles() if len(self._kept) else (Singles([], [], [], []), [])
        if not len(self._kept):
            part = Part(info, attempt, k, n, 0, self.doubles, ignored, [], [], [], *single, [], [*faults, *self.rejected])
            return Reduced(part, {name: [] for name in rows.NAMES}, [])
        used = self._uses()
        folded = fold.fold(self._columns, self._facts, used)
        evidence = self._evidence(attempt, places)
        found = [*faults, *self.rejected]
        part = Part(
            info, attempt, k, n, len(self._kept), self.doubles, ignored, folded.callers, folded.credentials, folded.activities,
            *single, self._cells(), found,
            self._resources(), tuple(self._addenda().values()),
        )  # fmt: skip
        columns = rows.rows_of(self._columns, self._facts, used, self._accounts(), attempt, self._positions())
        return Reduced(part, columns, evidence)

    def _cells(self) -> list[CellEvents]:
        return cells.cells_of(self._columns, self._place())

    def _uses(self) -> np.ndarray:
        """Which events are uses of a session or key: the archive's `identity` column names these and no others."""
        if self._used is None:
            self._used = self._find_uses()
        return self._used

    def _find_uses(self) -> np.ndarray:
        columns = self._columns
        used = np.array([bool(facts.identity) for facts in self._facts], bool)[columns.who.codes]
        used &= ~columns.event_type.marks(_NO_USES.__contains__)
        if _SIGN_IN in columns.event_source.table:
            # Without key and creation date it was made with a password or assertion, by no session of its own.
            own = np.array([bool(facts.access_key_id or facts.created) for facts in self._facts], bool)[columns.who.codes]
            used &= own | ~columns.event_source.marks(_SIGN_IN.__eq__)
        patches = [at for at, addendum in self._addenda().items() if addendum.reason == addenda.UPDATED_DATA]
        used[patches] = False  # tells an earlier event again
        return used

    def _records(self) -> Sequence[Record]:
        """In the order of the columns."""
        records = self._batch.records
        return records if len(self._kept) == len(records) else [records[at] for at in self._kept.tolist()]

    def _addenda(self) -> dict[int, Addendum]:
        """By place among the columns."""
        if self._told is None:
            records = self._records()
            accounts = self._columns.account
            found = {at: addenda.addendum_of(records[at], accounts.table[accounts.codes[at]]) for at in addenda.having(records)}
            self._told = {at: addendum for at, addendum in found.items() if addendum is not None}
        return self._told

    def _resources(self) -> tuple[ResourceUse, ...]:
        columns = self._columns
        counted = columns.event_name.marks(touched.NAMES.__contains__)
        if not counted.any():
            return ()
        accounts, records = self._accounts(), self._records()
        calls: list[touched.Call] = []
        for at in (counted & self._uses()).nonzero()[0].tolist():
            record = records[at]
            if touched.is_counted(record.event_source, record.event_name):
                identity = self._facts[columns.who.codes[at]].identity
                calls.append((int(columns.at[at]), identity, accounts.table[accounts.codes[at]], record))
        return touched.resources_of(calls)

    def _singles(self) -> tuple[Singles, list[int]]:
        """What is kept one by one, and the events it came from. Records whose parameters cannot be read are rejected."""
        found = singles.singles_of(self._columns, self._records(), self._facts, self._uses())
        if not found.bad:
            return found.singles, found.places
        self._reject(found.bad)
        return self._singles() if len(self._kept) else (Singles([], [], [], []), [])

    def _evidence(self, attempt: int, chosen: list[int]) -> list[Evidence]:
        event_id, at = self._columns.event_id, self._columns.at
        texts = scrub.scrubbed_each(self._texts(chosen))
        return [(attempt, event_id[place], int(at[place]), text) for place, text in zip(chosen, texts, strict=True)]

    def _texts(self, chosen: list[int]) -> list[bytes]:
        batch = self._batch
        wanted = self._kept[chosen].tolist() if chosen else []
        found = spans.cut_out(batch.text, batch.records, wanted) if batch.text else None
        if found is None:
            raws = batch.raws() if wanted else []
            found = [bytes(raws[number]) for number in wanted]
        return found

    def _positions(self) -> np.ndarray:
        return np.asarray(self._batch.positions, np.int64)[self._kept]
