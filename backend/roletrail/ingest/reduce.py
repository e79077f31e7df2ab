"""Records to observations: one part of an object folded into a `Part`, its archive rows and its evidence.

The hot path. Runs in ingest's workers and, alone, wherever else records are reduced: it imports neither archive nor
stores, reads one part and knows no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, NamedTuple

import numpy as np

from roletrail.ingest import actions, addenda, addresses, agents, cells, fold, issuances, scrub, sign_ins, tables, touched
from roletrail.ingest.columns import Columns, columns_of
from roletrail.ingest.fold import Codes
from roletrail.ingest.identity import Facts, Identities
from roletrail.ingest.issuances import Event
from roletrail.ingest.json_text import BadJson
from roletrail.ingest.members import identifier, members_of, text
from roletrail.ingest.records import Batch, Content
from roletrail.lineage.model import (
    Action,
    Addendum,
    Attempt,
    CellEvents,
    Issuance,
    ObjectInfo,
    Part,
    Quarantined,
    ResourceUse,
    SignIn,
)

MOST_AGENT = 256
_SINGLE_NAMES = tables.ISSUING | tables.SIGN_IN_NAMES | actions.NAMES
_COPIES = frozenset({"AwsVpceEvent", "AwsVpceEvents"})
"""Network activity events tell the owner of a VPC endpoint what the caller's own trail tells: never a second use."""
_NO_USES = _COPIES | {"AwsServiceEvent"}

Evidence = tuple[int, str, int, bytes]
"""attempt, event id, time, scrubbed record as JSON"""


class Reduced(NamedTuple):
    part: Part
    columns: dict[str, list[Any]]  # of the archive's event rows
    evidence: list[Evidence]


class Singles(NamedTuple):
    """What is kept one by one."""

    issuances: list[Issuance]
    attempts: list[Attempt]
    sign_ins: list[SignIn]
    actions: list[Action]


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
        ignored = work.ignored + (content.kind in ("digest", "insight"))
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
        self._kept: Sequence[int] = range(len(batch.records))
        self._identities = identities
        self._told: dict[int, Addendum] | None = None
        columns = columns_of(batch.records) if batch.records else None
        self.sound = columns is not None or not batch.records
        if columns is not None:
            self._columns = columns
            self.sound = self._read_identities() or sifted

    def _read_identities(self) -> bool:
        """False when an event has no userIdentity: only some kinds of events may."""
        known = Codes()
        self._who = known.of(map(bytes, self._columns.user_identity), len(self._kept))
        self._facts: list[Facts] = []
        unreadable: dict[int, BadJson] = {}
        for number, raw in enumerate(known):
            try:
                self._facts.append(self._identities.facts(raw))
            except BadJson as error:
                unreadable[number] = error
                self._facts.append(self._identities.facts(b""))
        if unreadable:
            self._reject({at: unreadable[who] for at, who in enumerate(self._who.tolist()) if who in unreadable})
        return all(raw[:1] == b"{" for raw in known)

    def _reject(self, bad: dict[int, BadJson]) -> None:
        """Quarantine events by their place among the columns, and take them out of those."""
        for at, error in sorted(bad.items()):
            position = self._batch.positions[self._kept[at]]
            self.rejected.append(Quarantined(position, error.fault.reason, error.fault.detail[:300]))
        keep = np.ones(len(self._kept), bool)
        keep[list(bad)] = False
        self._keep(keep)

    def _keep(self, keep: np.ndarray) -> None:
        columns = self._columns
        chosen = keep.tolist()
        lists = [list(compress(values, chosen)) for values in columns[:-2]]
        self._columns = Columns._make([*lists, columns.at[keep], columns.hashes[keep]])
        self._who = self._who[keep]
        self._kept = list(compress(self._kept, chosen))
        self._told = None

    def drop_doubles(self, skip: bytes) -> None:
        if not self._kept:
            return
        keep = cells.fresh(self._columns, cells.place(self._columns, self._accounts()), skip)
        if keep is not None:
            self.doubles = int((~keep).sum())
            self._keep(keep)

    def _accounts(self) -> list[str]:
        accounts = self._columns.account
        if "" not in accounts:
            return list(accounts)
        return [said or self._facts[who].account for said, who in zip(accounts, self._who.tolist(), strict=True)]

    def reduced(self, head: tuple[ObjectInfo, int, int, int], faults: list[Quarantined], ignored: int) -> Reduced:
        info, attempt, k, n = head
        singles, evident = self._singles() if self._kept else (Singles([], [], [], []), set())
        if not self._kept:
            rows = {name: [] for name in _ROWS}
            part = Part(info, attempt, k, n, 0, self.doubles, ignored, [], [], [], *singles, [], [*faults, *self.rejected])
            return Reduced(part, rows, [])
        used = self._used()
        folded = fold.fold(self._columns, self._facts, self._who, used)
        evidence = self._evidence(attempt, evident)
        found = [*faults, *self.rejected]
        part = Part(
            info, attempt, k, n, len(self._kept), self.doubles, ignored, folded.callers, folded.credentials, folded.activities,
            singles.issuances, singles.attempts, singles.sign_ins, singles.actions, self._cells(), found,
            self._resources(used), tuple(self._addenda().values()),
        )  # fmt: skip
        return Reduced(part, self._rows(attempt, used), evidence)

    def _cells(self) -> list[CellEvents]:
        return cells.cells_of(self._columns, cells.place(self._columns, self._accounts()))

    def _used(self) -> np.ndarray:
        """Which events are uses of a session or key: the archive's `identity` column names these and no others."""
        callers = np.array([bool(facts.identity) for facts in self._facts], bool)
        used = callers[self._who]
        types = self._columns.event_type
        if not _NO_USES.isdisjoint(types):
            used &= np.fromiter((kind not in _NO_USES for kind in types), bool, len(types))
        if "signin.amazonaws.com" in self._columns.event_source:
            self._leave_out_passwords(used)
        patches = [at for at, addendum in self._addenda().items() if addendum.reason == addenda.UPDATED_DATA]
        used[patches] = False  # tells an earlier event again
        return used

    def _addenda(self) -> dict[int, Addendum]:
        """By place among the columns."""
        if self._told is None:
            records = list(map(self._batch.records.__getitem__, self._kept))
            accounts = self._columns.account
            found = {at: addenda.addendum_of(records[at], accounts[at]) for at in addenda.having(records)}
            self._told = {at: addendum for at, addendum in found.items() if addendum is not None}
        return self._told

    def _resources(self, used: np.ndarray) -> tuple[ResourceUse, ...]:
        names = self._columns.event_name
        if touched.NAMES.isdisjoint(names):
            return ()
        accounts = self._accounts()
        calls: list[touched.Call] = []
        for at in np.flatnonzero(used).tolist():
            if names[at] in touched.NAMES and touched.is_counted(self._columns.event_source[at], names[at]):
                record, identity = self._batch.records[self._kept[at]], self._facts[self._who[at]].identity
                calls.append((int(self._columns.at[at]), identity, accounts[at], record))
        return touched.resources_of(calls)

    def _leave_out_passwords(self, used: np.ndarray) -> None:
        """A sign-in without key and creation date was made with a password or assertion, by no session of its own."""
        for at, source in enumerate(self._columns.event_source):
            if source == "signin.amazonaws.com":
                facts = self._facts[self._who[at]]
                used[at] &= bool(facts.access_key_id or facts.created)

    def _singles(self) -> tuple[Singles, set[int]]:
        """What is kept one by one, and the events it came from. Records whose parameters cannot be read are rejected."""
        used = self._used().tolist()
        bad: dict[int, BadJson] = {}
        found: list[tuple[int, Any]] = []
        names = {name for name in set(self._columns.event_name) if name in _SINGLE_NAMES or name[-1:].isdigit()}
        for at in [at for at, name in enumerate(self._columns.event_name) if name in names]:
            if self._columns.event_type[at] in _COPIES:
                continue
            try:
                found.extend((at, row) for row in self._single(at, used[at]))
            except BadJson as error:
                bad[at] = error
        if not bad:
            return _sorted_out([row for _, row in found]), {at for at, _ in found}
        self._reject(bad)
        return self._singles()

    def _single(self, at: int, used: bool) -> list[Any]:
        record = self._batch.records[self._kept[at]]
        facts = self._facts[self._who[at]]
        event = Event(
            record, facts, facts.identity if used else "", int(self._columns.at[at]), addresses.normal(record.source_ip_address)
        )
        source = record.event_source.removesuffix(".cn")
        if source == "sts.amazonaws.com" and record.event_name in tables.ISSUING:
            refused = record.error_code or record.error_message
            return [issuances.attempt(event) if refused else issuances.issuance(event)]
        if (source, record.event_name) in tables.SIGN_INS:
            return [sign_ins.sign_in(event)]
        row = actions.notable(record.event_source, record.event_name)
        return [] if row is None else [_action(event, row)]

    def _evidence(self, attempt: int, chosen: set[int]) -> list[Evidence]:
        raws = self._batch.raws() if chosen else []
        columns = self._columns
        return [
            (attempt, columns.event_id[at], int(columns.at[at]), _clean(bytes(raws[self._kept[at]]))) for at in sorted(chosen)
        ]

    def _rows(self, attempt: int, used: np.ndarray) -> dict[str, list[Any]]:
        columns = self._columns
        identities = np.where(used, self._who, len(self._facts)).tolist()
        callers = self._who.tolist()
        positions = self._batch.positions
        return {
            "attempt": [attempt] * len(callers),
            "record": list(map(positions.__getitem__, self._kept)),
            "event_id": list(columns.event_id),
            "at": columns.at.tolist(),
            "identity": _each([*(facts.identity for facts in self._facts), ""], identities),
            "access_key_id": _each([facts.access_key_id for facts in self._facts], callers),
            "event_source": list(columns.event_source),
            "event_name": list(columns.event_name),
            "region": list(columns.region),
            "account": self._accounts(),
            "address": _mapped(addresses.normal, columns.source),
            "agent": _mapped(_cut_agent, columns.user_agent),
            "error_code": list(columns.error_code),
            "read_only": list(columns.read_only),
            "vpce_id": _mapped(identifier, columns.vpce_id),
            "invoked_by": _each([facts.invoked_by for facts in self._facts], callers),
        }


def _each(values: list[str], numbers: list[int]) -> list[str]:
    return list(map(values.__getitem__, numbers))


def _mapped(function: Callable[[str], str], values: Sequence[str]) -> list[str]:
    """The function of every value, worked out once for each distinct one."""
    table = {value: function(value) for value in set(values)}
    return list(map(table.__getitem__, values))


def _cut_agent(user_agent: str) -> str:
    return user_agent[:MOST_AGENT]


_ROWS = (
    "attempt record event_id at identity access_key_id event_source event_name region account address agent error_code "
    "read_only vpce_id invoked_by"
).split()


def _sorted_out(rows: list[Any]) -> Singles:
    return Singles(
        [row for row in rows if isinstance(row, Issuance)],
        [row for row in rows if isinstance(row, Attempt)],
        [row for row in rows if isinstance(row, SignIn)],
        [row for row in rows if isinstance(row, Action)],
    )


def _clean(raw: bytes) -> bytes:
    try:
        return scrub.scrubbed(raw)
    except BadJson as error:  # what cannot be read cannot be cleaned
        return b'{"quarantined":"' + error.fault.reason.encode() + b'"}'


def _action(event: Event, row: actions.Notable) -> Action:
    record = event.record
    request, response = members_of(record.request_parameters), members_of(record.response_elements)
    return Action(
        event_id=record.event_id,
        at=event.at,
        identity=event.identity,
        access_key_id=event.facts.access_key_id,
        event_source=record.event_source,
        event_name=record.event_name,
        account=record.recipient_account_id or event.facts.account,
        region=record.aws_region,
        category=row.category,
        target_kind=row.target_kind,
        target=actions.target_of(row, request, response),
        error_code=text(record.error_code or (record.error_message and "Failed")),
        address=event.address,
        agent=agents.family(record.user_agent),
        detail=actions.detail_of(row, record, request, response),
    )
