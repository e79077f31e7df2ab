"""What the credentials of a plan can still do at a moment, in words that never go further than what is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from roletrail.detect.containment import Case
from roletrail.detect.containment.live import Credential, credentials
from roletrail.lineage.gaps import LOGGING_OFF, READS_NOT_LOGGED, gaps
from roletrail.stores.port import GraphStore
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.sentence import duration
from roletrail.usecases.containment.outcome import Watch
from roletrail.usecases.containment.views import LiveCredential, LiveView

MOST_LISTED = 200


def live_view(graph: GraphStore, case: Case, watch: Watch, now: int) -> LiveView:
    held = credentials(case, now, watch.endings())
    valid = [one for one in held if one.state != "ended"]
    shown = {_group(one) for one in valid}
    again = _newest_of_each([one for one in held if one.state == "ended" and one.renewed_by and _group(one) not in shown])
    limits = not_covered(graph, case, watch, now)
    return LiveView(
        sentence=_sentence(valid, again, limits, now),
        as_of=iso(now),
        logs_end=iso(case.until),
        credentials=[_view(one, now) for one in [*valid, *again][:MOST_LISTED]],
        ended=sum(one.state == "ended" for one in held),
        not_covered=limits,
    )


def _group(one: Credential) -> str:
    return one.node.role_arn or one.id


def _newest_of_each(ended: Sequence[Credential]) -> list[Credential]:
    """One credential for each role that can be had again: the newest stands for all."""
    newest: dict[str, Credential] = {}
    for one in ended:
        group = _group(one)
        if group not in newest or newest[group].issued < one.issued:
            newest[group] = one
    return list(newest.values())


def _sentence(valid: Sequence[Credential], again: Sequence[Credential], limits: Sequence[str], now: int) -> str:
    covered = f" Not covered: {'; '.join(limits)}." if limits else ""
    if valid:
        keys = sum(one.node.kind == "key" for one in valid)
        ends = [one.expires for one in valid if one.expires]
        until = f", the last of them until {iso(max(ends))} ({duration(max(ends) - now)} from now)" if ends else ""
        what = f"{len(valid)} credential{'s' * (len(valid) != 1)} of this plan may still be valid{until}"
        endless = f"; {keys} {'is a long-term key' if keys == 1 else 'are long-term keys'} and without an end" if keys else ""
        return f"{what}{endless}.{covered}"
    if again:
        roles = ", ".join(dict.fromkeys(one.node.label for one in again))
        by = ", ".join(dict.fromkeys(one.renewed_by for one in again))
        return (
            f"No credential in these logs is still valid, but sessions of {roles} can be asked for again through {by}.{covered}"
        )
    return f"No credential in these logs is still valid.{covered}"


def _view(one: Credential, now: int) -> LiveCredential:
    return LiveCredential(
        id=one.id,
        label=one.node.label,
        kind=one.node.kind,
        account=one.node.account,
        access_key_ids=list(one.node.access_key_ids),
        issued_at=iso(one.issued),
        expires_at=iso(one.expires),
        expires_known=one.known,
        last_seen=iso(one.last_seen),
        state=one.state,
        left_seconds=max(0, one.expires - now) if one.expires and one.state != "ended" else 0,
        renewable=bool(one.renewed_by),
        renewed_by=one.renewed_by,
        text=_text(one),
    )


def _text(one: Credential) -> str:
    parts: list[str] = []
    if one.ending:
        parts.append(one.ending)
    elif one.state == "ended":
        parts.append("expired" if one.known else "expired at the latest by then")
    elif one.node.kind == "key":
        parts.append("a long-term key: valid until it is made inactive, and these logs do not show that")
    elif one.known:
        parts.append("valid until it expires or is revoked")
    else:
        parts.append("no record says when it expires: valid until then at the latest")
    if one.renewed_by:
        parts.append(f"can be renewed through {one.renewed_by}{', around a cycle of roles' if one.cycle else ''}")
    return "; ".join(parts)


def not_covered(graph: GraphStore, case: Case, watch: Watch, now: int) -> list[str]:
    """Sentences: what could be valid all the same."""
    found: list[str] = []
    for account in dict.fromkeys(one.node.account for one in case.attackers if one.node.account):
        newest = watch.covered(account)
        if not newest:
            found.append(f"no logs of account {account} are loaded")
            continue
        if newest < now:
            found.append(f"what was issued in account {account} after {iso(newest)}")
        found += _gaps(graph, account, newest)
    found.append("credentials that other accounts, or regions that are not loaded, issued to the same hands")
    return found


def _gaps(graph: GraphStore, account: str, newest: int) -> list[str]:
    found: list[str] = []
    for gap in gaps(graph.logging_changes(account)):
        if gap.reason == LOGGING_OFF:
            until = iso(gap.until) if gap.until else "the end of these logs"
            found.append(f"logging was off in account {account} from {iso(gap.since)} to {until}")
        elif gap.reason == READS_NOT_LOGGED and (not gap.until or gap.until > newest):
            found.append(f"account {account} logs no reads, and AssumeRole counts as one")
    return found
