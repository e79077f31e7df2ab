"""Findings, habits and what is still to be judged, in the database. A finding points at the identity it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, cast

import msgspec

from roletrail.detect.finding import SEVERITIES, Finding
from roletrail.detect.past import Days
from roletrail.lineage.model import ACTIVITY_CELL_SECONDS, Action, Node, SignIn
from roletrail.stores.judging import FindingQuery, Judged, RoleSession, Unjudged, cursor_of, read_cursor
from roletrail.stores.lookups import INSTANCE_NAME, INSTANCE_NAMES, WORKLOADS
from roletrail.stores.neo4j import properties as shapes
from roletrail.stores.neo4j.connection import Cypher
from roletrail.stores.neo4j.lease import Lease, counters
from roletrail.stores.neo4j.statements import statements

_Q = statements("judged")
_unpack = msgspec.json.Decoder(Finding).decode
_RANK = {severity: n for n, severity in enumerate(SEVERITIES)}
_NO_END = 1 << 62


def unjudged(cypher: Cypher, limit: int) -> Unjudged:
    turn = counters(cypher).get("turn", 0)
    found = [
        (id_, min(calls, max(span, 0) // ACTIVITY_CELL_SECONDS + 1))
        for id_, calls, span in cypher.rows(_Q["unjudged"], limit=limit)
    ]
    return Unjudged(tuple([id_ for id_, _ in found]), tuple([many for _, many in found]), turn)


def put_judged(cypher: Cypher, judged: Collection[Judged], token: object) -> None:
    turn = cast("int", token)
    known = {row[0] for row in cypher.rows_of(_Q["exist"], sorted({one.id for one in judged}))} if judged else set[str]()
    ids = sorted(known)
    cypher.write(_Q["drop_findings"], ids)
    cypher.write(_Q["drop_habits"], ids)
    mine = [one for one in judged if one.id in known]
    cypher.write(_Q["put_findings"], [_row(one.id, finding) for one in mine for finding in one.findings])
    habits = sorted((key, day, one.id) for one in mine for day, keys in one.habits.items() for key in keys)
    cypher.write(_Q["put_habits"], [list(habit) for habit in habits])
    cypher.write(_Q["judge"], ids, turn=turn)
    if not cypher.rows(_Q["any_unjudged"]):
        for sweep in ("sweep_unjudged", "sweep_findings", "sweep_habits"):
            cypher.run(_Q[sweep], turn=turn)


def _row(identity: str, f: Finding) -> dict[str, Any]:
    return {
        "id": f.id, "identity": identity, "rule": f.rule, "version": f.version, "title": f.title, "severity": f.severity,
        "severityNumber": _RANK[f.severity], "score": f.score, "tone": f.tone, "account": f.account, "firstSeen": f.first_seen,
        "lastSeen": f.last_seen, "packed": msgspec.json.encode(f).decode(),
    }  # fmt: skip


def forget(cypher: Cypher, lease: Lease) -> None:
    cypher.run(_Q["forget_findings"])
    cypher.run(_Q["forget_habits"])
    cypher.run(_Q["touch_all"], turn=lease.turn)


def unjudge(cypher: Cypher, lease: Lease, ids: Collection[str]) -> None:
    cypher.write(_Q["touch"], sorted(set(ids)), turn=lease.turn)


def findings(cypher: Cypher, query: FindingQuery) -> tuple[list[Finding], str]:
    score, last_seen, id_ = read_cursor(query.after) if query.after else (None, 0, "")
    wanted: dict[str, Any] = {
        "minScore": query.min_score, "rule": query.rule, "tone": query.tone, "account": query.account, "identity": query.identity,
        "from": query.from_, "to": query.to or _NO_END, "score": score, "lastSeen": last_seen, "id": id_, "limit": query.limit + 1,
    }  # fmt: skip
    rows = cypher.rows(_Q["findings"], **wanted)
    found = [_unpack(row) for (row,) in rows[: query.limit]]
    return found, cursor_of(found[-1]) if len(rows) > query.limit and found else ""


def by_id(cypher: Cypher, ids: Collection[str]) -> dict[str, Finding]:
    return {id_: _unpack(row) for id_, row in cypher.rows_of(_Q["by_id"], sorted(set(ids)))}


def counts(cypher: Cypher) -> list[tuple[str, int, int, int]]:
    return [(rule, day, severity, number) for rule, day, severity, number in cypher.rows(_Q["counts"])]


def habit_days(cypher: Cypher, keys: Iterable[int], from_day: int, to_day: int) -> Days:
    found = Days()
    for key, day in cypher.rows_of(_Q["habit_days"], sorted(set(keys)), **{"from": from_day, "to": to_day}):
        found.see(key, (day,))
    return found


def sessions_of_role(cypher: Cypher, role_arns: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[RoleSession]]:
    found: dict[str, list[RoleSession]] = {}
    for arn, *session in _within(cypher, "sessions_of_role", {arn for arn in role_arns if arn}, from_, to, limit):
        found.setdefault(arn, []).append(RoleSession._make(session))
    return found


def roots_of_role(cypher: Cypher, role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for arn, root in cypher.rows_of(_Q["roots_of_role"], sorted({arn for arn in role_arns if arn}), **{"from": from_, "to": to}):
        found.setdefault(arn, set()).add(root)
    return found


def children_between(cypher: Cypher, parents: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for parent, child, _ in _within(cypher, "children_between", set(parents), from_, to, limit):
        found.setdefault(parent, []).append(child)
    return found


def _within(cypher: Cypher, name: str, wanted: set[str], from_: int, to: int, limit: int) -> list[list[Any]]:
    return cypher.rows_of(_Q[name], sorted(wanted), **{"from": from_, "to": to, "limit": limit})


def accounts_loaded(cypher: Cypher) -> list[str]:
    return [account for (account,) in cypher.rows(_Q["accounts_loaded"])]


def identities_by_time(cypher: Cypher) -> list[str]:
    return [id_ for (id_,) in cypher.rows(_Q["by_time"])]


_OF_WORKLOADS = {"workloads": list(WORKLOADS), "name": INSTANCE_NAME, "lengths": list(INSTANCE_NAMES)}


def workload_nodes(cypher: Cypher) -> list[Node]:
    return [shapes.NODE.row(row) for (row,) in cypher.rows(_Q["workloads"], **_OF_WORKLOADS)]


def workload_ids(cypher: Cypher) -> list[str]:
    return [id_ for (id_,) in cypher.rows(_Q["workload_ids"], **_OF_WORKLOADS)]


def actions_named(cypher: Cypher, event_names: Collection[str]) -> list[Action]:
    rows = cypher.rows_of(_Q["actions_named"], sorted(set(event_names)))
    return sorted((shapes.ACTION.row(row) for (row,) in rows), key=_time)


def sign_ins_named(cypher: Cypher, event_names: Collection[str]) -> list[SignIn]:
    rows = cypher.rows_of(_Q["sign_ins_named"], sorted(set(event_names)))
    return sorted((shapes.SIGN_IN.row(row) for (row,) in rows), key=_time)


def sign_ins_of(cypher: Cypher, ids: Collection[str], people: Collection[str]) -> list[SignIn]:
    rows = cypher.rows_of(_Q["sign_ins_of"], sorted(set(ids) - {""})) if ids else []
    rows += cypher.rows_of(_Q["sign_ins_of_people"], sorted(set(people) - {""})) if people else []
    return sorted({shapes.SIGN_IN.row(row) for (row,) in rows}, key=_time)


def _time(row: Any) -> tuple[int, str]:
    return row.at, row.event_id
