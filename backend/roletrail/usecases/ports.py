"""What reading use-cases stand on, as `bootstrap` picked it. Skins carry this object around and ask nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from roletrail.appdb import AppDatabase
from roletrail.archive.port import EventLog
from roletrail.inventory.port import Inventory
from roletrail.stores.port import GraphStore

ReadAgain = Callable[[str, int], bytes | None]
"""(locator, index of the record) -> scrubbed record as JSON, or None when the source is gone or was changed; raises Unreadable
with the reason when it cannot be asked."""


class Uploads(NamedTuple):
    """Where uploads wait, how large one may be, and how the process is started that takes one in."""

    folder: Path
    most_bytes: int
    start: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ports:
    graph: GraphStore
    events: EventLog
    read_again: ReadAgain
    store_name: str  # what people may be told about the store: kind and file name
    app: AppDatabase
    inventory: Inventory
    uploads: Uploads
    sample: bool = False  # the sample incidents, marked as such wherever they are shown
    responders: tuple[str, ...] = ()  # ARNs of roles and users that carry containment plans out
    management: frozenset[str] = frozenset()  # accounts that manage an organisation
    own_role: str = ""  # ARN of the role Roletrail reads AWS with: its reading is counted in lists, not listed

    def close(self) -> None:
        self.inventory.close()
        self.events.close()
        self.graph.close()
        self.app.close()
