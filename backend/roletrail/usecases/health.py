"""What this installation holds and whether it answers."""

from __future__ import annotations

from roletrail import __version__
from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import HealthView


def health(graph: GraphStore, actor: Actor, store: str) -> HealthView:
    """Totals of the store; `store` is the name pages may show."""
    require(actor, "health.read")
    totals = graph.totals()
    return HealthView(
        status="ok",
        version=__version__,
        store=store,
        events=totals.events,
        objects=totals.objects,
        identities=totals.identities,
        sessions=totals.sessions,
        chains_2=totals.chains_2,
        chains_3=totals.chains_3,
        quarantined=totals.quarantined,
        doubles=totals.doubles,
        pending=totals.pending,
        first_at=iso(totals.first_at),
        last_at=iso(totals.last_at),
    )
