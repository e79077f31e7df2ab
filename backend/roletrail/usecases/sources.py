"""What went in: every file or object with its account, and what was set aside with the reason."""

from __future__ import annotations

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.stores.port import GraphStore, LedgerEntry
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import ObjectView, Page, QuarantineView

DEFAULT_LIMIT = 100


def list_objects(graph: GraphStore, actor: Actor, after: str = "", limit: int = DEFAULT_LIMIT) -> Page[ObjectView]:
    """Objects of the ledger, newest first. Raises InvalidRequest on a bad cursor."""
    require(actor, "sources.read")
    entries, next_ = graph.objects(limit, after)
    return Page([_object(entry) for entry in entries], next_ or None)


def list_quarantine(graph: GraphStore, actor: Actor, after: str = "", limit: int = DEFAULT_LIMIT) -> Page[QuarantineView]:
    """Records and files that were not taken, of the newest object first. Raises InvalidRequest on a bad cursor."""
    require(actor, "sources.read")
    rows, next_ = graph.quarantine(limit, after)
    return Page([QuarantineView(*row) for row in rows], next_ or None)


def _object(entry: LedgerEntry) -> ObjectView:
    return ObjectView(
        locator=entry.locator,
        kind=entry.kind,
        size=entry.size,
        taken=entry.taken,
        doubles=entry.doubles,
        ignored=entry.ignored,
        quarantined=entry.quarantined,
        parts_done=len(entry.parts_done),
        parts=entry.parts,
        ingested_at=iso(entry.ingested_at),
    )
