"""Texts and sets that many nodes share, stored once: searchable homes and names, and the accounts that paths cross."""

from __future__ import annotations

import json
from sqlite3 import Connection

from roletrail.lineage.model import Node
from roletrail.stores.embedded.rows import insert, select_in
from roletrail.stores.lookups import home_text, name_text


class Texts:
    """Searchable texts, interned: homes (role and account) and names (what tells sessions of a home apart)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._homes: dict[tuple[str, str], int] = {}
        self._names: dict[str, int] = {}
        self._accounts: dict[int, str] = {}

    def intern(self, nodes: dict[int, Node]) -> dict[int, tuple[int, int]]:
        """Numbers of home and name of each node."""
        homes = {n: (node.role_arn, node.account) for n, node in nodes.items()}
        names = {n: name_text(node) for n, node in nodes.items()}
        self._intern_homes(set(homes.values()))
        self._intern_names(set(names.values()))
        return {n: (self._homes[homes[n]], self._names[names[n]]) for n in nodes}

    def account(self, home: int) -> str:
        account = self._accounts.get(home)
        if account is None:
            account = self._accounts[home] = self._connection.execute("SELECT account FROM home WHERE h = ?", (home,)).fetchone()[
                0
            ]
        return account

    def _intern_homes(self, homes: set[tuple[str, str]]) -> None:
        for role_arn, account in sorted(homes):
            row = self._connection.execute(
                "SELECT h FROM home WHERE role_arn = ? AND account = ?", (role_arn, account)
            ).fetchone()
            if row is None:
                cursor = self._connection.execute("INSERT INTO home (role_arn, account) VALUES (?, ?)", (role_arn, account))
                row = (cursor.lastrowid or 0,)
                self._connection.execute(
                    "INSERT INTO home_search (rowid, text) VALUES (?, ?)", (*row, home_text(role_arn, account))
                )
            self._homes[role_arn, account] = row[0]
            self._accounts[row[0]] = account

    def _intern_names(self, names: set[str]) -> None:
        self._names.update(select_in(self._connection, "SELECT text, t FROM name WHERE text IN (?)", names))
        new = sorted(names.difference(self._names))
        (top,) = self._connection.execute("SELECT coalesce(max(t), 0) FROM name").fetchone()
        added = [(top + 1 + offset, text) for offset, text in enumerate(new)]
        insert(self._connection, "INSERT OR FAIL INTO name (t, text)", added)
        # One by one: a statement of several rows makes FTS5 write out what it holds, and takes three times as long.
        self._connection.executemany("INSERT INTO name_search (rowid, text) VALUES (?, ?)", added)
        self._names.update((text, t) for t, text in added)


class Crossings:
    """Sets of accounts, interned: paths share few of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sums: dict[tuple[int, str], int] = {}
        self._sets: dict[int, tuple[str, ...]] = {0: ()}

    def add(self, crossing: int, account: str) -> int:
        """Number of this set with one account more."""
        found = self._sums.get((crossing, account))
        if found is None:
            accounts = tuple(sorted({*self._accounts(crossing), account} - {""}))
            found = self._sums[crossing, account] = self._number(accounts)
        return found

    def _accounts(self, crossing: int) -> tuple[str, ...]:
        if crossing not in self._sets:
            (text,) = self._connection.execute("SELECT accounts FROM crossing WHERE x = ?", (crossing,)).fetchone()
            self._sets[crossing] = tuple(json.loads(text))
        return self._sets[crossing]

    def _number(self, accounts: tuple[str, ...]) -> int:
        if not accounts:
            return 0
        text = json.dumps(accounts)
        row = self._connection.execute("SELECT x FROM crossing WHERE accounts = ?", (text,)).fetchone()
        if row is None:
            row = (self._connection.execute("INSERT INTO crossing (accounts) VALUES (?)", (text,)).lastrowid or 0,)
            self._connection.executemany("INSERT INTO crossing_account VALUES (?, ?)", [(account, *row) for account in accounts])
        self._sets[row[0]] = accounts
        return row[0]
