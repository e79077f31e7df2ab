"""What somebody sees first: findings new since the last visit, credentials in wrong hands that still work, what is not covered."""

from __future__ import annotations

from dataclasses import dataclass

from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.auth.visits import Visits
from roletrail.usecases import coverage
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import CoverageView
from roletrail.usecases.findings import listing as findings
from roletrail.usecases.findings.views import FindingView
from roletrail.usecases.investigations import marks
from roletrail.usecases.ports import Ports

MOST_KNOWN = 500
MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class LiveCredential:
    """A credential marked as the attacker's, or obtained with one. `expires_at` is "" for a key, which does not expire."""

    id: str
    kind: str
    label: str
    account: str
    expires_at: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """`new` counts open findings this actor had not been shown before; -1 when this is the first visit."""

    findings: list[FindingView]
    new_ids: list[str]
    new: int
    open: int
    marked: int  # credentials on the attacker's side, expired ones included
    live: list[LiveCredential]
    warnings: list[str]
    unclear: list[LiveCredential]  # nobody knows whose they are, and they still work: with `live`, the upper bound


def show_home(ports: Ports, actor: Actor, now: int, *, visit: bool) -> HomeView:
    """With `visit`, what is shown counts as seen from the next visit on; programs that ask do not visit."""
    require(actor, "findings.read")
    open_ = findings.list_findings(
        ports, actor, findings.finding_filter({"status": "open", "limit": str(MOST_KNOWN)}, strict=True)
    )
    ids = [finding.id for finding in open_.items]
    before = Visits(ports.app).seen_before(actor.name, ids) if visit else frozenset(ids)
    new = [] if before is None else [id_ for id_ in ids if id_ not in before]
    fresh = set(new)
    shown = sorted(open_.items, key=lambda finding: finding.id not in fresh)[:MOST_SHOWN]  # stable: the worst first in each
    sides = marks.show_sides(ports, actor)
    return HomeView(
        findings=shown,
        new_ids=new,
        new=-1 if before is None else len(new),
        open=len(ids),
        marked=sides.counts["attacker"],
        live=_live(sides.attacker, now),
        warnings=_warnings(coverage.show_coverage(ports.graph, actor)),
        unclear=_live(sides.unclear, now),
    )


def _live(nodes: list[marks.SideNode], now: int) -> list[LiveCredential]:
    return [
        LiveCredential(node.id, node.kind, node.label, node.account, node.expires_at)
        for node in nodes
        if node.kind == "key" or node.expires_at > iso(now)
    ]


def _warnings(covered: CoverageView) -> list[str]:
    """One sentence for each kind of hole; the data page has each hole itself."""
    found = list(covered.banners)
    if covered.gaps:
        one = covered.gaps[-1]
        more = f", and {len(covered.gaps) - 1} more gaps" if len(covered.gaps) > 1 else ""
        found.append(
            f"Logging was cut in account {one.account} from {one.since} to {one.until or 'the end of these logs'}{more}."
        )
    bad = [hour for hour in covered.hours if hour.digest in (coverage.MISSING, coverage.ALTERED)]
    if bad:
        found.append(f"Digest files show log files missing or altered in {len(bad):,} hour{'s' * (len(bad) != 1)}.")
    absent = covered.accounts_not_loaded
    if absent:
        named = ", ".join(one.account for one in absent[:3]) + (f" and {len(absent) - 3} more" if len(absent) > 3 else "")
        found.append(f"No trail of account{'s' * (len(absent) != 1)} {named} is loaded, though others name credentials of it.")
    if covered.unknown_parents.total:
        total = covered.unknown_parents.total
        found.append(f"{total:,} session{'s have' if total != 1 else ' has'} no known parent.")
    return found
