"""Numbers of the ids that were asked about last: whoever gathers asks a dozen questions about the same identities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sqlite3 import Connection

from roletrail.stores.embedded.rows import select_in

MOST = 10_000
"""Some 2 MB, and as much for the answer that is kept."""


class Asked:
    """Of what was committed: a number is never given twice, and its id never goes away. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._whole: tuple[frozenset[str], Mapping[int, str]] = (frozenset(), {})

    def names(self, connection: Connection, ids: Iterable[str]) -> Mapping[int, str]:
        """Ids of those that are known to the store, by number, in the order they lie in."""
        wanted, (before, answer) = frozenset(ids), self._whole
        if wanted == before:
            return answer
        if len(before) < 2 * len(wanted) and wanted <= before:
            return {n: id_ for n, id_ in answer.items() if id_ in wanted}
        answer = self._look_up(connection, wanted)
        if len(before) <= len(wanted) == len(answer) <= MOST:  # an id that is not known may be the next time
            self._whole = wanted, answer  # kept through smaller questions: half of all are about the same whole case
        return answer

    def _look_up(self, connection: Connection, wanted: frozenset[str]) -> Mapping[int, str]:
        known = self._known
        new = dict(select_in(connection, "SELECT id, n FROM identity WHERE id IN (?)", sorted(wanted.difference(known))))
        found = [(new[id_] if id_ in new else known[id_], id_) for id_ in wanted if id_ in new or id_ in known]
        if len(known) + len(new) <= MOST:
            known.update(new)
        else:
            self._known = new if len(new) <= MOST else {}
        return dict(sorted(found))
