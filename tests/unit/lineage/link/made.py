"""Observations, nodes and cases made of the few facts a test is about; everything else about them is empty."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from roletrail.lineage.link.case import Case
from roletrail.lineage.link.grant import Grant, merged
from roletrail.lineage.link.known import Known
from roletrail.lineage.link.match import Match
from roletrail.lineage.model import Action, Caller, CredentialUse, Issuance, Providers, Seen, SignIn

AT = 1_793_613_600
"""2026-11-02 10:00:00 UTC: the first second of a stretch of 32 seconds, of a quarter and of half an hour alike."""
ONE, TWO, FAR = "111111111111", "222222222222", "999999999999"
_EMPTY: dict[str, Any] = {"int": 0, "bool": False, "float": 0.0}

Tuple = TypeVar("Tuple", bound=tuple[Any, ...])


def made(tuple_: type[Tuple], /, **facts: Any) -> Tuple:
    empty = {name: () if type_.startswith("tuple") else _EMPTY.get(type_, "") for name, type_ in _types(tuple_).items()}
    return tuple_(**(empty | facts))


def _types(tuple_: type[Any]) -> dict[str, str]:
    return {name: getattr(type_, "__forward_arg__", type_) for name, type_ in tuple_.__annotations__.items()}


def grant(**facts: Any) -> Grant:
    (one,) = merged([made(Issuance, **{"event_id": "issued", "at": AT, "child_type": "AssumedRole"} | facts)])
    return one


def match(rule: str = "J1", confidence: float = 1.0, **facts: Any) -> Match:
    one = grant(**facts)
    return Match(one, rule, confidence, one.issued_key, (0, ""), one.conflict)


def seen(*uses: CredentialUse, **facts: Any) -> Seen:
    return Seen(made(Caller, **{"id": "me", "kind": "session", "created": AT} | facts), uses)


def known(
    *callers: Seen, issuances: Iterable[Issuance] = (), sign_ins: Iterable[SignIn] = (), actions: Iterable[Action] = ()
) -> Known:
    return Known({one.caller.id: one for one in callers}, Providers(tuple(issuances), tuple(sign_ins), tuple(actions)))


def case(one: Seen | None = None, *matches: Match, around: Known | None = None, created: int = AT) -> Case:
    return Case("me", one, matches, around or known(), created, tuple(m.grant for m in matches))


def action(service: str, name: str, at: int = AT, /, **facts: Any) -> Action:
    """`detail` as a dict; the event id says when."""
    facts["detail"] = json.dumps(facts.pop("detail", {}))
    about = {"event_id": f"{at - AT:+}", "at": at, "identity": "maker", "access_key_id": "K", "account": ONE}
    return made(Action, **about | {"event_source": f"{service}.amazonaws.com", "event_name": name} | facts)


def asked(name: str, at: int, /, **facts: Any) -> SignIn:
    about = {
        "event_id": f"{at - AT:+}",
        "at": at,
        "event_name": name,
        "partition": "aws",
        "identity": "maker",
        "principal_id": "P",
    }
    return made(SignIn, **about | facts)
