"""Small random logs that draw every way of getting credentials, crowded into few names and seconds so that they collide."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.support import identities, sign_in, ways_in, workloads
from tests.support.aws_ids import NamedIds
from tests.support.cloudtrail import Trail, role_session
from tests.support.identities import Credential, Role

MOST_SEEDS = 1 << 31
ACCOUNTS = ("111111111111", "222222222222", "333333333333")
START = 1_793_606_400
_NAMES = ("work", "s", "ci")
_ADDRESS = "198.51.100.77"


class Writer:
    """Writes one log: a crowd of credentials, each step one call by one of them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.trail = Trail(NamedIds())
        self.roles = [
            Role(account, name, self.trail.ids.unique("AROA", account, f"{name}{account[0]}"))
            for account in ACCOUNTS[:2]
            for name in ("A", "B")
        ]
        self.users = [
            self.trail.user_key(account, name) for account, name in zip(ACCOUNTS, ("alice", "bob", "carol"), strict=True)
        ]
        self.crowd: list[Credential] = list(self.users)
        self.now = START
        self.made = 0

    def write(self, steps: int) -> list[dict[str, Any]]:
        for _ in range(steps):
            self.now += self.random.choice((0, 0, 1, 1, 2, 3, 40, 700, 4000))
            step = self.random.choice(STEPS)
            child = step(self)
            if child is not None:
                self.crowd.append(child)
                if self.random.random() < 0.7:
                    self.use(child)
        return self._damaged()

    def anyone(self) -> Credential:
        return self.random.choice(self.crowd[-8:] + self.users)

    def role(self) -> Role:
        return self.random.choice(self.roles)

    def name(self) -> str:
        return self.random.choice(_NAMES)

    def key(self) -> str:
        self.made += 1
        return f"g{self.made}"

    def use(self, by: Credential) -> None:
        service, name = self.random.choice((("s3", "ListBuckets"), ("sts", "GetCallerIdentity"), ("ec2", "DescribeInstances")))
        self.trail.call(by, self.now + self.random.choice((0, 1, 60)), service, name)

    def _damaged(self) -> list[dict[str, Any]]:
        """Some records lost, some keys hidden, some seconds shifted, as real exports are."""
        kept: list[dict[str, Any]] = []
        for record in self.trail.records:
            roll = self.random.random()
            if roll < 0.06:
                continue
            if roll < 0.12 and isinstance(record.get("responseElements"), dict) and "credentials" in record["responseElements"]:
                record["responseElements"]["credentials"] = None
            if 0.12 <= roll < 0.18 and record["eventName"].startswith("AssumeRole"):
                record["eventTime"] = identities.iso(self._time(record) + self.random.choice((-2, -1, 1, 2, 3)))
            kept.append(record)
        return kept

    @staticmethod
    def _time(record: dict[str, Any]) -> int:
        import calendar
        import time

        return calendar.timegm(time.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ"))


def _assume(w: Writer) -> Credential | None:
    copies = w.random.choice(("both", "both", "caller", "role"))
    source = w.random.choice(("", "", "alice", "bob"))
    return w.trail.assume(w.anyone(), w.now, w.role(), w.name(), key=w.key(), copies=copies, source_identity=source)


def _other_key(w: Writer) -> Credential | None:
    by = w.anyone()
    if by.key.startswith("AKIA"):
        return None
    return by.using(w.trail.ids.unique("ASIA", by.account, w.key()))


def _undated(w: Writer) -> Credential | None:
    by = w.anyone()
    context = by.identity.get("sessionContext")
    if not context or by.identity["type"] != "AssumedRole":
        return None
    return by.with_context(attributes={"mfaAuthenticated": "false"})


def _shifted(w: Writer) -> Credential | None:
    """A session whose creationDate is a second or two off, or that nothing in the log issued."""
    role = w.role()
    created = w.now + w.random.choice((-2, -1, 0, 1, 2, -30))
    key = w.trail.ids.unique("ASIA", role.account, w.key())
    return role_session(role, w.name(), key, created, w.users[0])


def _instance(w: Writer) -> Credential | None:
    return w.random.choice(workloads.instance(w.trail, w.now, w.role(), w.random.choice(_INSTANCES), address="10.0.1.5",
                                              keys=(w.key(), w.key())))  # fmt: skip


_INSTANCES = ("i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2")


def _function(w: Writer) -> Credential | None:
    return workloads.function(w.trail, w.now, w.role(), "orders", address=_ADDRESS, key=w.key())


def _task(w: Writer) -> Credential | None:
    return workloads.deliver(w.trail, w.now, "ecs-tasks", w.role(), "0123456789abcdef0123456789abcdef", key=w.key())


def _certificate(w: Writer) -> Credential | None:
    return workloads.deliver(w.trail, w.now, "rolesanywhere", w.role(), "0a1b2c", key=w.key(), knows_role=True)


def _saml(w: Writer) -> Credential | None:
    return sign_in.saml(w.trail, w.now, w.role(), "corp", "alice@example.com", w.name(), address=_ADDRESS, key=w.key())


def _web(w: Writer) -> Credential | None:
    issuer = "token.actions.githubusercontent.com"
    return sign_in.web_identity(w.trail, w.now, w.role(), issuer, "sts.amazonaws.com", "repo:example/shop:ref:main", w.name(),
                                address=_ADDRESS, key=w.key(), agent="actions")  # fmt: skip


_RESERVED = sign_in.reserved_role(ACCOUNTS[0], "Admins", "AROAEXAMPLERESERVED1", "0123456789abcdef")
_DIRECTORY = sign_in.Directory(ACCOUNTS[2], "d-0123456789")


def _identity_center(w: Writer) -> Credential | None:
    return sign_in.identity_center(w.trail, w.now, _DIRECTORY, "976710cc5d-1", "alice@example.com", _RESERVED,
                                   address=_ADDRESS, issued=w.key(), used=w.key())  # fmt: skip


def _console(w: Writer) -> Credential | None:
    user = w.random.choice(w.users)
    session = sign_in.console_session(w.trail, w.now, user, address=_ADDRESS, key=w.key())
    return sign_in.console_key(w.trail, w.now + w.random.choice((0, 1, 2)), user, address=_ADDRESS, key=w.key()) \
        if w.random.random() < 0.3 else session  # fmt: skip


def _switch(w: Writer) -> Credential | None:
    return sign_in.switch_role(w.trail, w.now, w.anyone(), w.role(), w.name(), issued=w.key(), used=w.key())


def _session_token(w: Writer) -> Credential | None:
    return w.trail.get_session_token(w.random.choice(w.users), w.now, mfa=True, key=w.key())


def _federation(w: Writer) -> Credential | None:
    child = w.trail.get_federation_token(w.random.choice(w.users), w.now, "ops", key=w.key())
    if w.random.random() < 0.5:
        sign_in.get_signin_token(w.trail, w.now + 5, child)
        sign_in.console_login(w.trail, w.now + 9, child.identity, child.account, address=_ADDRESS)
        context = {"attributes": identities.attributes(w.now + w.random.choice((8, 9, 10)))}
        return child.using(w.trail.ids.unique("ASIA", child.account, w.key())).with_context(**context)
    return child


def _root(w: Writer) -> Credential | None:
    return w.trail.assume_root(w.anyone(), w.now, ACCOUNTS[1], key=w.key())


def _create_key(w: Writer) -> Credential | None:
    return w.trail.create_access_key(w.anyone(), w.now, "dave", "AIDAEXAMPLEDAVE00001", key=w.key())


def _reactivate(w: Writer) -> None:
    user = w.random.choice(w.users)
    w.trail.call(w.anyone(), w.now, "iam", "UpdateAccessKey", {"accessKeyId": user.key, "status": "Active", "userName": "alice"})


def _password(w: Writer) -> None:
    w.trail.call(w.anyone(), w.now, "iam", w.random.choice(("CreateLoginProfile", "UpdateLoginProfile")), {"userName": "alice"})


def _launch(w: Writer) -> None:
    ids = {"instancesSet": {"items": [{"instanceId": i} for i in _INSTANCES]}}
    w.trail.call(w.anyone(), w.now, "ec2", "RunInstances", {"iamInstanceProfile": {"name": "web"}}, response=ids)


def _command(w: Writer) -> None:
    w.trail.call(w.anyone(), w.now, "ssm", "SendCommand", {"instanceIds": [w.random.choice(_INSTANCES)]})


def _deploy(w: Writer) -> None:
    w.trail.call(w.anyone(), w.now, "lambda", "UpdateFunctionCode20150331v2", {"functionName": "orders"})


def _register(w: Writer) -> None:
    w.trail.call(w.anyone(), w.now, "ecs", "RegisterTaskDefinition", {"family": "orders", "taskRoleArn": w.role().arn})


def _trust(w: Writer) -> None:
    policy = f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{w.random.choice(ACCOUNTS)}"}}}}]}}'
    by = w.anyone()
    w.trail.call(by, w.now, "iam", "UpdateAssumeRolePolicy", {"roleName": w.role().name, "policyDocument": policy})


def _provider(w: Writer) -> None:
    by = w.anyone()
    arn = f"arn:aws:iam::{by.account}:saml-provider/corp"
    w.trail.call(by, w.now, "iam", "UpdateSAMLProvider", {"sAMLProviderArn": arn}, response={"sAMLProviderArn": arn})


def _iam_write(w: Writer) -> None:
    w.trail.create_user(w.anyone(), w.now, "mallory")


def _denied(w: Writer) -> None:
    w.trail.denied_assume(w.anyone(), w.now, w.role())


def _forward(w: Writer) -> None:
    by = w.anyone()
    created = w.now if by.key.startswith("AKIA") else 0
    w.trail.call(by, w.now, "secretsmanager", "GetSecretValue")
    workloads.forward_access(w.trail, by, w.now, "secretsmanager", "kms", "Decrypt", key=w.key(), created=created)


def _hostile(w: Writer) -> Credential | None:
    """A record that says an older session, or the caller itself, was issued just now."""
    old = w.anyone()
    if old.identity["type"] != "AssumedRole":
        return None
    role = Role(old.account, old.identity["sessionContext"]["sessionIssuer"]["userName"],
                old.identity["sessionContext"]["sessionIssuer"]["principalId"])  # fmt: skip
    return w.trail.assume(w.anyone(), w.now, role, old.principal_id.rpartition(":")[2], key=w.key(), copies="caller")


STEPS: list[Callable[[Writer], Credential | None]] = [
    _assume, _assume, _assume, _assume, _other_key, _undated, _shifted, _instance, _function, _task, _certificate, _saml, _web,
    _identity_center, _console, _switch, _session_token, _federation, _root, _create_key, _reactivate, _password, _launch,
    _command, _deploy, _register, _trust, _provider, _iam_write, _denied, _forward, _hostile,
    ways_in.pod, ways_in.certificate, ways_in.service_linked, ways_in.service, ways_in.command_line, ways_in.portal_tokens,
    ways_in.across_partitions, ways_in.managed_instance, ways_in.identity_pool, ways_in.role_in_the_console,
    ways_in.root_in_the_console, ways_in.own_key, ways_in.stolen_label, ways_in.unnamed_service, ways_in.renewed_hourly,
    ways_in.source_identity, ways_in.one_name_for_two, ways_in.vendor, ways_in.handed_over,
    ways_in.password_set, ways_in.undated, ways_in.shifted, ways_in.itself,
]  # fmt: skip


def log(seed: int, steps: int = 24) -> list[dict[str, Any]]:
    return Writer(seed).write(steps)
