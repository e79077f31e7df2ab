"""What a session and those below it read, shared out, destroyed and spent, and what the logs cannot exclude (semantics 6b)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.detect.marks import Sides
from roletrail.lineage.gaps import LOGGING_OFF, READS_NOT_LOGGED, gaps
from roletrail.lineage.impact import COUNTED, SECTIONS, receivers, section_of
from roletrail.lineage.model import Action, ResourceUse, event_ref
from roletrail.stores.port import GraphStore, NodeRow
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sessions import canonical_id
from roletrail.usecases.chains.views import ImpactItem, ImpactView
from roletrail.usecases.investigations.flow import UNMARKED, Marked, sides_of
from roletrail.usecases.investigations.split import Split
from roletrail.usecases.ports import Ports

HOUR = 3_600
MOST_SESSIONS = 2_000
MOST_ACTIONS = 10_000
MOST_RESOURCES = 50_000
MOST_ACCOUNTS = 20
MOST_ITEMS = 500
"""Rows of one section; the most used come first, and what is left out is counted."""


class _Deed(NamedTuple):
    """One or more calls of one identity on one resource."""

    section: str
    kind: str
    resource: str
    event_name: str
    account: str
    identity: str
    done: int  # that may be the attacker's
    refused: int
    attacker: int  # of `done`, surely the attacker's
    first: tuple[int, str]
    last: tuple[int, str]
    receivers: tuple[str, ...]


def impact_of(ports: Ports, actor: Actor, id_: str) -> ImpactView:
    """Impact as people's marks bound it."""
    require(actor, "impact.read", id_)
    return show_impact(ports.graph, actor, id_, sides_of(ports, [id_]))


def show_impact(graph: GraphStore, actor: Actor, id_: str, marked: Marked = UNMARKED) -> ImpactView:
    """Impact of a session or key with everything that was obtained through it; of that, what may be the attacker's by marks."""
    require(actor, "impact.read", id_)
    id_, sides = canonical_id(graph, actor, id_), marked.sides
    below, more = graph.descendants(id_, MOST_SESSIONS)
    whole = [id_, *below]
    ids = sides.counted(whole)
    actions = graph.actions_of(ids, MOST_ACTIONS)
    uses = graph.resources_of(ids, MOST_RESOURCES)
    split = Split(graph, marked, ids)
    deeds = [*_of_actions(actions, split), *_of_uses(uses, split)]
    sections = {section: _items(id_, [deed for deed in deeds if deed.section == section]) for section in SECTIONS}
    return ImpactView(
        id=id_,
        identities=len(whole),
        more_identities=more,
        left_out=sum(max(0, len(items) - MOST_ITEMS) for items in sections.values()),
        refused=sum(deed.refused for deed in deeds),
        marked=_bounds(whole, ids, sides, split),
        cannot_exclude=(_limits(graph, list(graph.rows(ids).values()), actions) if ids else [])
        + ([f"Only the newest {MOST_ACTIONS:,} notable calls were looked at."] if len(actions) == MOST_ACTIONS else []),
        **{section: items[:MOST_ITEMS] for section, items in sections.items()},
    )


def _bounds(whole: Sequence[str], counted: Sequence[str], sides: Sides, split: Split) -> str:
    """What the numbers are of; "" when nobody marked anything here."""
    attacker, unclear = (sum(id_ in side for id_ in counted) for side in (sides.attacker, sides.unclear))
    others = len(whole) - len(counted)
    left = f"; {others:,} other{'s are' if others != 1 else ' is'} left out" if others else ""
    if attacker or unclear:
        bound = f" and {unclear:,} unclear, with which the numbers are an upper bound" if unclear else ""
        apart = "; where several hands used one, only calls from places marked as ours are left out" if split.shared else ""
        return f"By the marks, {attacker:,} of {len(whole):,} credentials are the attacker's{bound}{apart}{left}."
    return f"{others:,} of {len(whole):,} credentials are marked as ours and left out." if others else ""


# --- what was done ---


def _of_actions(actions: Iterable[Action], split: Split) -> list[_Deed]:
    found: list[_Deed] = []
    for action in actions:
        section = section_of(action)
        side = split.of_action(action) if section else "ours"
        if side != "ours":
            place = (action.at, action.event_id)
            done = not action.error_code
            who = (action.account, action.identity)
            what = (section, action.target_kind, action.target, action.event_name)
            bounds = (int(done), int(not done), int(done and side == "attacker"))
            found.append(_Deed(*what, *who, *bounds, place, place, receivers(action) if done else ()))
    return found


def _of_uses(uses: Iterable[ResourceUse], split: Split) -> list[_Deed]:
    found: list[_Deed] = []
    for use in uses:
        counted = COUNTED.get((use.event_source, use.event_name))
        if counted is not None:
            what = (counted.section, counted.kind, use.resource, use.event_name, use.account, use.identity)
            ends = ((use.first_at, use.first_event), (use.last_at, use.last_event))
            least, most = split.of_use(use)
            if most or use.errors:
                found.append(_Deed(*what, most, use.errors, least, *ends, ()))
    return found


def _items(id_: str, deeds: Sequence[_Deed]) -> list[ImpactItem]:
    """One row for each call and resource, the most used first. Calls that were only refused did nothing."""
    groups: dict[tuple[str, str, str, str], list[_Deed]] = {}
    for deed in deeds:
        groups.setdefault((deed.kind, deed.resource, deed.event_name, deed.account), []).append(deed)
    items = [_item(id_, group) for group in groups.values() if any(deed.done for deed in group)]
    return sorted(items, key=lambda item: (-item.count, item.kind, item.resource, item.event_name, item.account))


def _item(id_: str, group: Sequence[_Deed]) -> ImpactItem:
    one = group[0]
    first, last = min(deed.first for deed in group), max(deed.last for deed in group)
    return ImpactItem(
        kind=one.kind,
        resource=one.resource,
        event_name=one.event_name,
        account=one.account,
        count=sum(deed.done for deed in group),
        own=sum(deed.done for deed in group if deed.identity == id_),
        refused=sum(deed.refused for deed in group),
        identities=sorted({deed.identity for deed in group if deed.done}),
        first_seen=iso(first[0]),
        last_seen=iso(last[0]),
        event_refs=[event_ref(*place) for place in dict.fromkeys((first, last))],
        receivers=sorted({one for deed in group for one in deed.receivers}),
        attacker=sum(deed.attacker for deed in group),
    )


def times(view: ImpactView, item: ImpactItem) -> str:
    """How often, as text: a range when some of the calls were made by credentials of which nobody knows whose they were."""
    if view.marked and item.attacker < item.count:
        return f"{item.attacker:,} to {item.count:,}"
    return f"{item.count:,}"


# --- what cannot be known ---


def _limits(graph: GraphStore, rows: Sequence[NodeRow], actions: Iterable[Action]) -> list[str]:
    """Sentences from coverage of the time in which these identities were in use, in the accounts they acted in."""
    used = [row for row in rows if row.first_seen]
    if not used:
        return ["None of these credentials is seen in use in these logs: what they did can neither be shown nor excluded."]
    since, until = min(row.first_seen for row in used), max(row.last_seen for row in used)
    accounts = sorted({row.node.account for row in rows if row.node.account} | {a.account for a in actions if a.account})
    found: list[str] = []
    for account in accounts[:MOST_ACCOUNTS]:
        counts: Counter[str] = Counter()
        for row in graph.coverage(since // HOUR * HOUR, until + 1, account):
            counts.update(row.counts)
        found += _of_account(account, counts, since, until)
        found += _of_gaps(graph, account, since, until)
    if len(accounts) > MOST_ACCOUNTS:
        found.append(f"Of {len(accounts) - MOST_ACCOUNTS} more accounts nothing is said here.")
    return found


def _of_account(account: str, counts: Counter[str], since: int, until: int) -> list[str]:
    when = f"from {iso(since)} to {iso(until)}"
    if not counts:
        return [f"No event of account {account} is loaded {when}: what was done there can neither be shown nor excluded."]
    found: list[str] = []
    if not counts["management_read"]:
        found.append(
            f"Reads are not logged in account {account} {when}: reads of secrets and parameters there cannot be excluded."
        )
    if not counts["data"]:
        found.append(
            f"No data events of account {account} are in these logs {when}: "
            "reads, writes and deletions of objects, table rows and queues there can neither be shown nor excluded."
        )
    else:
        found.append(
            f"Of account {account} only the {counts['data']:,} data events that its trails select are in these logs {when}: "
            "reads of any other bucket or table there can neither be shown nor excluded."
        )
    return found


def _of_gaps(graph: GraphStore, account: str, since: int, until: int) -> list[str]:
    found: list[str] = []
    for gap in gaps(graph.logging_changes(account)):
        if gap.since <= until and (not gap.until or gap.until > since) and gap.reason in (LOGGING_OFF, READS_NOT_LOGGED):
            what = "Logging was off" if gap.reason == LOGGING_OFF else "Reads were not logged"
            end = f"to {iso(gap.until)}" if gap.until else "and no later call in these logs turned it on again"
            found.append(f"{what} in account {account} from {iso(gap.since)} {end} ({gap.began.event_name}).")
    for digest in graph.digests(since // HOUR * HOUR, until + HOUR, account):
        if digest.missing or digest.altered:
            bad = len(digest.missing) + len(digest.altered)
            found.append(
                f"{bad} log file{'s' * (bad != 1)} of account {account}, {digest.region}, {iso(digest.start)} missing or altered."
            )
    return found
