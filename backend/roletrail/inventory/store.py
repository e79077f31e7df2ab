"""The inventory's file: snapshots, listings, the organisation, address ranges, GuardDuty's findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from roletrail.inventory.guardduty import GuardDutyFinding
from roletrail.inventory.snapshot import Snapshot
from roletrail.sqlite import Database, Layout, migrations_in

LAYOUT = Layout(
    what="inventory",
    application_id=0x5254494E,  # "RTIN"
    migrations=migrations_in(Path(__file__).parent / "schema"),
    cache_mib=4,
)
IP_RANGES = "ip-ranges"
_encode = msgspec.json.Encoder(order="sorted").encode


class Listing(NamedTuple):
    """A whole listing of one kind in one account and region."""

    kind: str
    account: str
    region: str
    at: int
    resources: int


class InventoryFile:
    """The open file. Every write counts the change number up."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, LAYOUT)

    def put(self, snapshots: Iterable[Snapshot], listings: Sequence[Listing] = ()) -> int:
        """Keep snapshots; what a listing does not hold of its kind is gone since."""
        with self._database.write() as db:
            rows = [(s.kind, s.id, s.account, s.region, s.at, s.source, _encode(s.body).decode()) for s in snapshots if s.id]
            db.executemany("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            for listing in listings:
                db.execute("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?)", listing)
                db.execute(_GONE, {"kind": listing.kind, "account": listing.account, "region": listing.region, "at": listing.at})
            db.execute("UPDATE change SET number = number + 1")
        return len(rows)

    def snapshots(self) -> list[Snapshot]:
        found = self._database.read().execute("SELECT * FROM snapshot ORDER BY kind, id, at")
        return [
            Snapshot(kind, id_, account, region, at, source, json.loads(body))
            for kind, id_, account, region, at, source, body in found
        ]

    def listings(self) -> list[Listing]:
        return [
            Listing(*row) for row in self._database.read().execute("SELECT * FROM listing ORDER BY kind, account, region, at")
        ]

    def put_accounts(self, accounts: Iterable[tuple[str, str]], at: int) -> int:
        rows = [(account, name, at) for account, name in accounts]
        with self._database.write() as db:
            db.executemany("INSERT OR REPLACE INTO organisation_account VALUES (?, ?, ?)", rows)
            db.execute("UPDATE change SET number = number + 1")
        return len(rows)

    def accounts(self) -> dict[str, str]:
        return dict(self._database.read().execute("SELECT account, name FROM organisation_account ORDER BY account"))

    def put_document(self, name: str, at: int, body: bytes) -> None:
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (name, at, body))
            db.execute("UPDATE change SET number = number + 1")

    def document(self, name: str) -> bytes | None:
        row = self._database.read().execute("SELECT body FROM document WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def drop_document(self, name: str) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM document WHERE name = ?", (name,))

    def put_findings(self, findings: Iterable[GuardDutyFinding]) -> int:
        rows = [tuple(" ".join(value) if isinstance(value, tuple) else value for value in one) for one in findings]
        with self._database.write() as db:
            db.executemany("INSERT OR REPLACE INTO guardduty VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("UPDATE change SET number = number + 1")
        return len(rows)

    def findings(self) -> list[GuardDutyFinding]:
        found = self._database.read().execute("SELECT * FROM guardduty ORDER BY last_seen DESC, id")
        return [GuardDutyFinding(*row[:9], *(tuple(text.split()) for text in row[9:])) for row in found]

    def change(self) -> int:
        return self._database.read().execute("SELECT number FROM change").fetchone()[0]

    def close(self) -> None:
        self._database.close()


_GONE = """
INSERT OR REPLACE INTO snapshot
SELECT kind, id, account, region, :at, 'a listing without it', '{}' FROM snapshot AS older
WHERE kind = :kind AND account = :account AND region = :region AND at < :at AND body != '{}'
AND NOT EXISTS (SELECT 1 FROM snapshot AS newer WHERE newer.kind = older.kind AND newer.id = older.id AND newer.at > older.at)
"""
"""Resources whose latest word is older than a whole listing."""
