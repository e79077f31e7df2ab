"""A log through reduce and linking alone, answered in the words of `roletrail chains --json`: no file, store or process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, cast

from roletrail.ingest.linking import link_pending
from roletrail.ingest.records import open_object
from roletrail.ingest.reduce import Reducer
from roletrail.lineage.link import anchors
from roletrail.lineage.model import Action, Addendum, Issuance, ObjectInfo, Part
from roletrail.stores.port import ChainQuery, ChainRow, GraphStore, RegionCoverage
from roletrail.usecases.chains.listing import chain_view
from roletrail.usecases.chains.origins import Origins
from roletrail.usecases.chains.present import principal_of
from tests.support.memory import Memory
from tests.support.reference import Reference


def reduced(records: Iterable[bytes], locator: str = "whole") -> Part:
    """One object with these records; doubles within it are left out as ingest does."""
    content = open_object(b'{"Records":[' + b",".join(records) + b"]}")
    return Reducer().reduce(content, ObjectInfo(locator, content.size, "1", content.sha256, content.kind), 0, 1).part


class Core:
    """What linking makes of parts."""

    def __init__(self, parts: Iterable[Part], *, link_after: Callable[[], bool] = lambda: False) -> None:
        self.memory = Memory()
        self.parts = list(parts)
        for part in self.parts:
            self.memory.commit(part)
            if link_after():
                link_pending(self.memory)  # pyright: ignore[reportArgumentType]
        link_pending(self.memory)  # pyright: ignore[reportArgumentType]
        self._asked = Reference(self.parts, self.memory.linked.values(), self.memory.places)
        self._origins = Origins(cast("GraphStore", _Loaded(self._asked)))

    def chains(self) -> list[dict[str, Any]]:
        return [self._view(row) for row in self._asked.chains(ChainQuery(min_sessions=1))]

    def found(self, thing: str) -> list[str]:
        """Ids of identities that a key, principal id or ARN leads to."""
        answers = {alias: id_ for id_, one in self.memory.linked.items() for alias in one.aliases}
        answers |= {id_: alias.target for id_, alias in self.memory.turned.items()}
        by_key = {answers.get(id_, id_) for id_, uses in self.memory.uses.items() if thing in uses}
        found = []
        for id_, one in self.memory.linked.items():
            node = one.node
            names = {*node.access_key_ids, node.principal_id, principal_of(node), node.role_arn}
            if id_ in by_key or thing in names:
                found.append(id_)
        return found

    def alias(self, key: str) -> dict[str, Any]:
        """By which rule a key's session is another credential's, and whose; a session of its own has none."""
        (one,) = [self.memory.turned.get(id_) for id_, uses in self.memory.uses.items() if key in uses]
        if one is None:
            return {}
        (target,) = self.memory.linked[one.target].node.access_key_ids
        return {"kind": "FAS", "of": target, "rule": one.rule, "confidence": one.confidence}

    def ending_at(self, id_: str) -> dict[str, Any]:
        row = self._asked.row(id_)
        started = row.standing.started or row.first_seen
        return self._view(ChainRow(id_, row.standing, started, row.last_seen, row.uses, row.errors))

    def _view(self, row: ChainRow) -> dict[str, Any]:
        path = [self._asked.row(id_) for id_ in self._asked.path(row.id)]
        labels = {id_: place.node.label for id_, place in self._asked.places.items()}
        return asdict(chain_view(row, path, labels, self._origins))


class _Loaded:
    """As much of a store as reasons of missing parents ask."""

    def __init__(self, asked: Reference) -> None:
        self._asked = asked

    def coverage_near(self, account: str, at: int) -> list[RegionCoverage]:
        return self._asked.coverage_near(account, at)

    def issued_near(self, account: str, at: int) -> bool:
        return self._asked.issued_near(account, at)

    def logging_changes(self, account: str) -> list[Action]:
        wanted = anchors.logging_of(account)
        return [a for a in self._asked.actions if a.account == account and wanted in anchors.of_action(a)]

    def unnamed_issuances(self, at: int) -> list[Issuance]:
        found = (i for part in self._asked.parts for i in part.issuances)
        return [i for i in found if abs(i.at - at) <= 2 and anchors.issuance_group(i) == ("", "")]

    def outages(self, account: str) -> list[Addendum]:
        return [a for part in self._asked.parts for a in part.addenda if a.account == account and not a.original]
