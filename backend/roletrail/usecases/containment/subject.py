"""Containment of what people have in hand: a finding, an investigation, or whatever an id names."""

from __future__ import annotations

from dataclasses import replace

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import NotFound
from roletrail.investigations.book import Casebook
from roletrail.investigations.marks import MarkBook
from roletrail.investigations.model import Pin
from roletrail.usecases.containment.case import Options
from roletrail.usecases.containment.plan import plan_of, show_containment
from roletrail.usecases.containment.views import ContainmentView
from roletrail.usecases.ports import Ports


def containment_of_finding(
    ports: Ports, actor: Actor, id_: str, options: Options | None = None, now: int | None = None
) -> ContainmentView:
    """The plan for the chain that a finding opens at."""
    require(actor, "findings.read", id_)
    finding = ports.graph.findings_by_id([id_]).get(id_)
    if finding is None:
        raise NotFound("There is no finding with this id in this store.", hint="Ids come from `roletrail findings`.")
    return show_containment(ports, actor, finding.session_id, options, now)


def containment_of_investigation(
    ports: Ports, actor: Actor, id_: str, options: Options | None = None, now: int | None = None
) -> ContainmentView:
    """One plan over every chain, session and finding that is pinned, and what was marked for this investigation."""
    require(actor, "investigations.read", id_)
    book = Casebook(ports.app)
    title = book.get(id_).title
    asked = [_pinned(ports, pin) for pin in book.pins(id_)]
    asked += [kept.mark.identity for kept in MarkBook(ports.app).every(lifted=False) if kept.investigation == id_]
    ids = list(dict.fromkeys(found for one in asked if one and (found := ports.graph.resolve_alias(one))))
    if not ids:
        raise NotFound("Nothing is pinned here that could be contained.", hint="Pin a chain, a session or a finding.")
    return replace(plan_of(ports, actor, ids, options, now), title=f"Containment of {title}")


def _pinned(ports: Ports, pin: Pin) -> str:
    """Identity that a pin speaks of; "" for an event, which is nobody's credential."""
    if pin.kind == "finding":
        finding = ports.graph.findings_by_id([pin.target]).get(pin.target)
        return finding.session_id if finding else ""
    return "" if pin.kind == "event" else pin.target


def containment_of(
    ports: Ports, actor: Actor, thing: str, options: Options | None = None, now: int | None = None
) -> ContainmentView:
    """The plan for a session, finding or investigation, whichever has this id."""
    if ports.graph.resolve_alias(thing):
        return show_containment(ports, actor, thing, options, now)
    if ports.graph.findings_by_id([thing]):
        return containment_of_finding(ports, actor, thing, options, now)
    if ports.app.present and Casebook(ports.app).has(thing):
        return containment_of_investigation(ports, actor, thing, options, now)
    raise NotFound(
        "There is no session, finding or investigation with this id.", hint="Ids come from `roletrail chains` or `findings`."
    )
