"""A grant: one credential handed out, told by one or two records. Copies of one call are merged here.

Cross-account calls are logged in both accounts; the caller's copy has the parent's key, the role owner's copy (type
AWSAccount) only its unique id. Both have the same request id, and the same child key.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from roletrail.lineage import arn, ids
from roletrail.lineage.link import anchors
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.model import Issuance, SignIn, event_ref

LOGIN = "login"
"""Family of a ConsoleLogin: a password, and perhaps MFA, became a console session."""


class Grant(NamedTuple):
    told: Issuance  # the caller's copy when there is one; missing facts filled from the other
    evidence: tuple[str, ...]
    foreign: bool  # only the role owner's copy is there: the parent is a stranger to these logs
    group: tuple[str, str]
    issued_key: str  # the child's key; "" when hidden, or when the record gives parent and child one key
    conflict: str


SAME_KEY = "the record gives parent and child one access key id"
_by_age = attrgetter("at", "event_id")


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return event_ref(number * 86400, "")


def ref(at: int, event_id: str) -> str:
    """`event_ref`, with the day's text remembered."""
    return _day(at // 86400) + event_id


def merged(issuances: Iterable[Issuance]) -> list[Grant]:
    """Grants of these records, in order of time and event id."""
    calls: dict[tuple[str, str, str], list[Issuance]] = {}
    for i in issuances:
        call = (i.child, i.child_key, i.request_id or i.shared_event_id or i.event_id)
        calls.setdefault(call, []).append(i)
    _join_strangers(calls)
    grants = [of_call(copies) for copies in calls.values()]
    grants.sort(key=lambda g: (g.told.at, g.told.event_id))
    return grants


def _join_strangers(calls: dict[tuple[str, str, str], list[Issuance]]) -> None:
    """Bring role owners' copies to their callers' copies where ids of the call differ or are missing: the child key tells."""
    strangers = [call for call, copies in calls.items() if call[1] and all(i.copy for i in copies)]
    if not strangers:
        return
    homes: dict[tuple[str, str], tuple[str, str, str]] = {}
    for call, copies in calls.items():
        if call[1] and not all(i.copy for i in copies):
            home = homes.get(call[:2])
            homes[call[:2]] = call if home is None else min(home, call)
    for call in strangers:
        home = homes.get(call[:2])
        if home is not None:
            calls[home] += calls.pop(call)


def of_call(copies: list[Issuance]) -> Grant:
    """The grant that these copies of one call tell of."""
    told = copies[0]
    if len(copies) > 1:
        copies.sort(key=lambda i: (i.copy, i.at, i.event_id))
        told = copies[0]
        for other in copies[1:]:
            told = _filled(told, other)
    same = bool(told.child_key) and told.child_key == told.parent_key
    return Grant(
        told,
        tuple([ref(i.at, i.event_id) for i in copies]),
        copies[0].copy == "foreign",
        anchors.issuance_group(told),
        "" if same else told.child_key,
        SAME_KEY if same else "",
    )


def _filled(told: Issuance, other: Issuance) -> Issuance:
    """The caller's copy wins; what it lacks comes from the other one."""
    return Issuance(*[a or b for a, b in zip(told, other, strict=True)])  # pyright: ignore[reportArgumentType]


def logins(sign_ins: Iterable[SignIn]) -> list[Grant]:
    """Successful console sign-ins with a password, as grants: their keys carry the sign-in's second (F1)."""
    found = [login(s) for s in sign_ins if is_login(s)]
    return sorted(found, key=lambda g: (g.told.at, g.told.event_id))


def is_login(s: SignIn) -> bool:
    """A password sign-in of a user or root. Role sessions and federated users come to the console with a credential."""
    return s.event_name == "ConsoleLogin" and s.success == "true" and s.type in {"IAMUser", "Root"} and bool(s.principal_id)


def login(s: SignIn) -> Grant:
    told = Issuance(
        event_id=s.event_id, at=s.at, family=LOGIN, event_name=s.event_name, partition=s.partition, account=s.account,
        region=s.region, copy="", shared_event_id="", request_id="", parent="", parent_kind="origin", parent_key="",
        parent_principal="", parent_created=0, parent_account=s.account, parent_label="", invoked_by="",
        child=ids.session_id(s.partition, s.principal_id, s.at), child_key="", child_principal=s.principal_id,
        child_type=s.type, role_arn="", role_account="", role_name=arn.role_name(s.arn), session_name=_name(s), expires=0,
        source_identity="", external_id="", mfa_serial="", address=s.address, agent=s.agent,
        provider=str(detail_of(s.detail).get("saml_provider", "")), detail=s.detail,
    )  # fmt: skip
    return Grant(told, (ref(s.at, s.event_id),), False, anchors.sign_in_group(s), "", "")


def _name(s: SignIn) -> str:
    if s.type == "IAMUser":
        return s.arn.rpartition("/")[2]
    return "" if s.type == "Root" else arn.split_principal(s.principal_id)[1]
