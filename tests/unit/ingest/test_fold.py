"""Folding is a function of the set of events: no order shows in it, and parts merge to the whole."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roletrail.ingest.identity import Facts
from roletrail.lineage.model import Activity, Caller, CredentialUse, Part
from tests.support import identities
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, Role
from tests.support.reduced import part_of

DAY = at("2026-11-06", "10:00:00")
ONE = "111111111111"
ROLE = Role(ONE, "A", "AROAIEXAMPLEXXXXXXXXA")

CALL = st.tuples(
    st.sampled_from(["one", "two"]),  # session name
    st.sampled_from(["ASIAIEXAMPLEXXXXXXK1", "ASIAIEXAMPLEXXXXXXK2"]),
    st.sampled_from(["", "s3.amazonaws.com"]),  # invokedBy
    st.sampled_from(["203.0.113.1", "2001:db8::1", "2001:0db8::0001"]),
    st.sampled_from(["aws-cli/2.1 linux", "aws-cli/2.2 linux", "Boto3/1"]),
    st.sampled_from([0, 1, 899, 900, 3599, 3600]),
    st.sampled_from(["s3", "ec2"]),
    st.booleans(),  # refused
    st.sampled_from(["", "1.0", "2.0"]),  # role delivery
)


def records(calls: list[tuple]) -> list[dict[str, Any]]:
    trail = Trail(NamedIds())
    for name, key, invoked_by, address, agent, second, service, refused, delivery in calls:
        context = {"ec2RoleDelivery": delivery} if delivery else {}
        caller = Credential(identities.assumed_role(ROLE, name, key, DAY, **context), ONE, address, agent)
        if invoked_by:
            caller = caller.with_identity(invokedBy=invoked_by)
        made = trail.denied if refused else trail.call
        made(caller, DAY + second, service, f"List{second}")
    return trail.records


def same(part: Part) -> tuple:
    """What two parts of the same events must agree in."""
    return tuple(sorted(rows) for rows in (part.callers, part.credentials, part.activities, part.cells))


@given(st.lists(CALL, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_order_does_not_show(calls: list[tuple], dice: random.Random) -> None:
    found = records(calls)
    shuffled = dice.sample(found, len(found))
    assert same(part_of(found)) == same(part_of(shuffled))


@given(st.lists(CALL, min_size=2, max_size=20), st.data())
def test_parts_merge_to_the_whole(calls: list[tuple], data: st.DataObject) -> None:
    found = records(calls)
    cut = data.draw(st.integers(1, len(found) - 1))
    halves = [part_of(found[:cut]), part_of(found[cut:])]
    whole = part_of(found)
    assert merged_callers([row for half in halves for row in half.callers]) == sorted(whole.callers)
    assert merged_uses([row for half in halves for row in half.credentials]) == sorted(whole.credentials)
    assert merged_activities([row for half in halves for row in half.activities]) == sorted(whole.activities)


@given(st.lists(CALL, min_size=1, max_size=20))
def test_nothing_is_counted_twice_or_lost(calls: list[tuple]) -> None:
    part = part_of(records(calls))
    for rows in (part.callers, part.activities):
        assert sum(row.count for row in rows) == len(calls)
        assert sum(row.errors for row in rows) == sum(call[7] for call in calls)
    assert sum(len(cell.hashes) // 8 for cell in part.cells) == len(calls)
    for row in part.activities:
        assert sum(int(pair.rpartition("=")[2]) for pair in row.sources.split()) == row.count


# Merging as the model's docstrings say it, written plainly: the store has its own.


def _ends(a: Any, b: Any) -> dict[str, Any]:
    first, last = min(a, b, key=_first), max(a, b, key=_last)
    return {name: getattr(first if name.startswith("first") else last, name) for name in a._fields if name.startswith(_ENDS)}


_ENDS = ("first_", "last_")


def _first(row: Any) -> tuple[int, str]:
    return row.first_at, row.first_event


def _last(row: Any) -> tuple[int, str]:
    return row.last_at, row.last_event


def _merged(rows: list[Any], key: Any, merge: Any) -> list[Any]:
    found: dict[Any, Any] = {}
    for row in rows:
        found[key(row)] = merge(found[key(row)], row) if key(row) in found else row
    return sorted(found.values())


def merged_callers(rows: list[Caller]) -> list[Caller]:
    def merge(a: Caller, b: Caller) -> Caller:
        numbers = {name: getattr(a, name) + getattr(b, name) for name in ("internal", "count", "errors")}
        texts = {name: max(getattr(a, name), getattr(b, name)) for name in Caller._fields[5 : Caller._fields.index("internal")]}
        return a._replace(**numbers, **texts, **_ends(a, b))

    return _merged(rows, lambda row: row.id, merge)


def merged_uses(rows: list[CredentialUse]) -> list[CredentialUse]:
    def merge(a: CredentialUse, b: CredentialUse) -> CredentialUse:
        kind = "issued" if "issued" in (a.kind, b.kind) else a.kind
        return a._replace(kind=kind, delivery=max(a.delivery, b.delivery), **_ends(a, b))

    return _merged(rows, lambda row: (row.identity, row.access_key_id), merge)


def merged_activities(rows: list[Activity]) -> list[Activity]:
    def merge(a: Activity, b: Activity) -> Activity:
        counts: dict[str, int] = {}
        for pair in [*a.sources.split(), *b.sources.split()]:
            source, _, count = pair.rpartition("=")
            counts[source] = counts.get(source, 0) + int(count)
        sources = " ".join(f"{source}={count}" for source, count in sorted(counts.items()))
        return a._replace(count=a.count + b.count, errors=a.errors + b.errors, sources=sources, **_ends(a, b))

    return _merged(rows, lambda row: row[:11], merge)


def test_facts_begin_as_callers_do() -> None:
    """The fold takes them over as they stand."""
    shared = Facts._fields.index("sign_in_session") + 1
    assert Facts._fields[1:shared] == Caller._fields[1:shared]


def test_a_key_of_two_users_has_the_greater_principal() -> None:
    """Samples give one key to several users; whoever is read first must not show, nor how the records were cut."""
    trail = Trail(NamedIds())
    for account, user in ((ONE, "alice"), ("222222222222", "bob")):
        identity = identities.iam_user(account, user, f"AIDAIEXAMPLEXX{user.upper():X>6}", "AKIAIEXAMPLEXXXXSAME")
        trail.call(Credential(identity, account), DAY, "s3", "ListBuckets")
    for records_ in (trail.records, trail.records[::-1]):
        (caller,) = part_of(records_).callers
        assert caller.principal_id == max(record["userIdentity"]["principalId"] for record in records_)
