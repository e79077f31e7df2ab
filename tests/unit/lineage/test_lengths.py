"""The table of semantics section 4: what counts as a role session, a hop, a credential-issuing step and a pivot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roletrail.lineage.chain import juggling as stretches
from tests.support import identities, sign_in, workloads
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, Role
from tests.support.memory import linked

HOME, OTHER = "111111111111", "222222222222"
T = at("2026-11-02", "10:00:00")
PLACE = "198.51.100.77"
Path = Callable[[Trail], Credential]


def role(name: str, account: str = HOME, path: str = "/") -> Role:
    return Role(account, name, NamedIds().unique("AROA", account, name), path)


A, B, C = role("A"), role("B"), role("C")


def key(trail: Trail) -> Credential:
    return trail.user_key(HOME, "alice")


def chain_of_three(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    return trail.assume(trail.assume(a, T + 10, B, "s"), T + 20, C, "s")


def federated_console(trail: Trail) -> Credential:
    federated = trail.get_federation_token(key(trail), T, "ops")
    sign_in.get_signin_token(trail, T + 5, federated)
    sign_in.console_login(trail, T + 9, federated.identity, HOME, address=PLACE)
    own = {"attributes": identities.attributes(T + 9)}
    return federated.using(trail.ids.unique("ASIA", HOME, "console")).with_context(**own)


def saml(trail: Trail) -> Credential:
    a = sign_in.saml(trail, T, A, "corp", "alice@example.com", "alice", address=PLACE)
    return trail.assume(a, T + 10, B, "s")


def oidc(trail: Trail) -> Credential:
    a = sign_in.web_identity(trail, T, A, "token.example.com", "sts.amazonaws.com", "repo:x", "run", address=PLACE, agent="ci")
    return trail.assume(a, T + 10, B, "s")


def identity_center(trail: Trail) -> Credential:
    reserved = sign_in.reserved_role(HOME, "Admins", "AROAEXAMPLERESERVED1", "0123456789abcdef")
    directory = sign_in.Directory(OTHER, "d-0123456789")
    first = sign_in.identity_center(trail, T, directory, "user-1", "alice@example.com", reserved, address=PLACE)
    trail.call(first, T + 5, "s3", "ListBuckets")
    return trail.assume(first, T + 10, B, "s")


def instance(trail: Trail) -> Credential:
    return workloads.instance(trail, T, A, "i-0aaaaaaaaaaaaaaa1", address="10.0.1.5")[0]


def instance_onward(trail: Trail) -> Credential:
    return trail.assume(trail.assume(instance(trail), T + 10, B, "s"), T + 20, C, "s")


def function_onward(trail: Trail) -> Credential:
    return trail.assume(workloads.function(trail, T, A, "orders", address=PLACE), T + 10, B, "s")


def certificate(trail: Trail) -> Credential:
    return workloads.deliver(trail, T, "rolesanywhere", A, "0a1b2c", knows_role=True)


def console(trail: Trail) -> Credential:
    return sign_in.console_session(trail, T, key(trail), address=PLACE)


def switched_twice(trail: Trail) -> Credential:
    user = console(trail)
    sign_in.switch_role(trail, T + 60, user, A, "alice")
    return sign_in.switch_role(trail, T + 120, user, B, "alice")


def role_console_switched(trail: Trail) -> Credential:
    first = sign_in.saml(trail, T, A, "corp", "alice@example.com", "alice", address=PLACE)
    return sign_in.switch_role(trail, T + 120, first, B, "alice")


def across_accounts(trail: Trail) -> Credential:
    return trail.assume(trail.assume(key(trail), T, A, "s"), T + 10, role("X", OTHER), "s")


def forward_access(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    workloads.forward_access(trail, a, T + 5, "cloudformation", "ec2", "DescribeVpcs")
    return a


def service_linked(trail: Trail) -> Credential:
    linked_role = role("AWSServiceRoleForRDS", path="/aws-service-role/rds.amazonaws.com/")
    return workloads.deliver(trail, T, "rds", linked_role, "housekeeping", knows_role=True)


def passed_to_a_service(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    trail.call(a, T + 10, "glue", "CreateJob", {"name": "report", "role": B.arn})
    return workloads.deliver(trail, T + 60, "glue", B, "GlueJobRunnerSession")


def root_task(trail: Trail) -> Credential:
    return trail.assume_root(trail.assume(key(trail), T, A, "s"), T + 10, OTHER)


def created_key(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    user_key = trail.create_access_key(a, T + 10, "u", "AIDAEXAMPLEUSER00001")
    return trail.assume(user_key, T + 100, B, "s")


def launched_instance(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    answer = {"instancesSet": {"items": [{"instanceId": "i-0bbbbbbbbbbbbbbb2"}]}}
    trail.call(a, T + 10, "ec2", "RunInstances", {"iamInstanceProfile": {"name": "worker"}}, response=answer)
    return workloads.instance(trail, T + 60, B, "i-0bbbbbbbbbbbbbbb2", address="10.0.1.6")[0]


def through_function_and_instance(trail: Trail) -> Credential:
    a = trail.assume(key(trail), T, A, "s")
    q = workloads.instance(trail, T + 5, C, "i-0ccccccccccccccc3", address="10.0.1.7")[0]
    trail.call(a, T + 10, "lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"})
    p = workloads.function(trail, T + 60, B, "orders", address=PLACE)
    trail.call(p, T + 120, "ssm", "SendCommand", {"instanceIds": ["i-0ccccccccccccccc3"]})
    trail.create_user(q, T + 300, "mallory")
    return q


def juggling(trail: Trail) -> Credential:
    now = key(trail)
    for turn in range(27):
        now = trail.assume(now, T + turn * 3300, (A, B)[turn % 2], f"turn-{turn}")
    return now


TABLE: list[tuple[Path, tuple[int, int, int, int, int, int]]] = [
    # sessions, hops, depth, pivots, segment, reach
    (key, (0, 0, 0, 0, 1, 0)),
    (lambda trail: trail.get_session_token(key(trail), T, mfa=True), (0, 0, 1, 0, 1, 0)),
    (lambda trail: trail.assume(trail.get_session_token(key(trail), T, mfa=True), T + 9, A, "s"), (1, 0, 2, 0, 1, 1)),
    (chain_of_three, (3, 2, 3, 0, 1, 3)),
    (federated_console, (0, 0, 1, 0, 1, 0)),
    (saml, (2, 1, 2, 0, 1, 2)),
    (oidc, (2, 1, 2, 0, 1, 2)),
    (identity_center, (2, 1, 2, 0, 1, 2)),
    (instance, (1, 0, 1, 0, 1, 1)),
    (instance_onward, (3, 2, 3, 0, 1, 3)),
    (function_onward, (2, 1, 2, 0, 1, 2)),
    (certificate, (1, 0, 1, 0, 1, 1)),
    (across_accounts, (2, 1, 2, 0, 1, 2)),
    (console, (0, 0, 1, 0, 1, 0)),
    (switched_twice, (1, 0, 2, 0, 1, 1)),
    (role_console_switched, (2, 1, 2, 0, 1, 2)),
    (forward_access, (1, 0, 1, 0, 1, 1)),
    (service_linked, (0, 0, 1, 0, 1, 0)),
    (passed_to_a_service, (1, 0, 1, 1, 2, 2)),
    (root_task, (2, 1, 2, 0, 1, 2)),
    (created_key, (2, 0, 2, 1, 1, 2)),
    (launched_instance, (1, 0, 1, 1, 2, 2)),
    (through_function_and_instance, (1, 0, 1, 2, 3, 3)),
    (juggling, (27, 26, 27, 0, 1, 27)),
]


@pytest.mark.parametrize(("path", "lengths"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_lengths(path: Path, lengths: tuple[int, int, int, int, int, int]) -> None:
    trail = Trail(NamedIds())
    last = path(trail)
    trail.call(last, T + 200_000, "sts", "GetCallerIdentity")
    memory = linked(trail.records)
    found = memory.places[memory.find(last.key)]
    assert (found.sessions, found.hops, found.depth, found.pivots, found.segment, found.reach) == lengths


def test_switching_twice_makes_two_paths() -> None:
    trail = Trail(NamedIds())
    switched_twice(trail)
    memory = linked(trail.records)
    assert [memory.places[memory.find(name)].sessions for name in ("A", "B")] == [1, 1]


def test_juggling_is_summed_up() -> None:
    trail = Trail(NamedIds())
    last = juggling(trail)
    memory = linked(trail.records)
    nodes = [node for id_ in memory.path(memory.find(last.key)) if (node := memory.node(id_)) is not None]
    (found,) = stretches(nodes)
    assert (found.sessions, found.roles, found.widest_gap, found.summary) == (27, ("A", "B"), 3300, "A<->B x 27, no gap over 1 h")
