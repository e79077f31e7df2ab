"""The organisation of the org500 profile: accounts, roles, people, machines, and where each speaks from."""

from __future__ import annotations

import random

from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail, at
from tests.support.identities import Credential, Role
from tests.support.sign_in import Directory, reserved_role

FIRST = at("2026-10-05")
DAYS = 35
DAY = 86_400
HUB, ORGANISATION, VENDOR = "100000000001", "100000000002", "999999999999"
GITHUB = "token.actions.githubusercontent.com"
RUNNER = "aws-sdk-nodejs/3.600.0 linux/6.8 Node.js/20"
SCANNER = "Boto3/1.34.145 md/Botocore#1.34.145 ua/2.0 os/linux#5.10 lang/python#3.12"
CLI = "aws-cli/2.17.40 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.9"
KALI = "aws-cli/2.17.18 ua/2.0 os/linux#6.8.11-amd64 md/distrib#kali.2024"
CURL = "curl/8.5.0"


class Estate:
    """Everything is drawn from the seed. IPv6 documentation networks give every caller a network of its own."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"org500 {seed}")
        self.ids = SeededIds(f"org500 {seed}")
        self.trail = Trail(self.ids)
        self.accounts = [f"{200000000000 + n * 7919 + seed:012d}" for n in range(500)]
        self.qualifier = "".join(self.dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(9))
        self.directory = Directory(ORGANISATION, "d-9067000000")
        self.repositories = [f"acme/service-{n:02d}" for n in range(40)]
        self.people = {f"person{n:03d}@example.com": f"9067-{n:04d}-person" for n in range(150)}
        self.keys = {f"backup-{n:02d}": self.trail.user_key(self.accounts[n], f"backup-{n:02d}") for n in range(30)}
        self._roles: dict[tuple[str, str], Role] = {}

    def role(self, account: str, name: str, path: str = "/") -> Role:
        found = self._roles.get((account, name))
        if found is None:
            found = self._roles[account, name] = Role(account, name, self.ids.unique("AROA", account, f"role {name}"), path)
        return found

    def reserved(self, account: str, name: str) -> Role:
        key = (account, f"sso {name}")
        if key not in self._roles:
            suffix = f"{int(account) * 2654435761 % 2**64:016x}"
            self._roles[key] = reserved_role(account, name, self.ids.unique("AROA", account, f"sso {name}"), suffix)
        return self._roles[key]

    def cdk(self, account: str) -> Role:
        return self.role(account, f"cdk-{self.qualifier}-deploy-role-{account}-eu-central-1")

    def key(self, name: str) -> Credential:
        """A nightly backup's key where it belongs."""
        return self.keys[name].at(home(int(name[-2:])), SCANNER)


def home(number: int) -> str:
    """A machine room of our own."""
    return f"2001:db8:1{number:03x}::{number + 1:x}"


def house(email: str) -> str:
    """Where a person works."""
    return f"2001:db8:2{int(email[6:9]):03x}::5"


def runner(dice: random.Random) -> str:
    """Hosted runners have another address every time."""
    return f"2001:db8:a{dice.randrange(4096):03x}::{dice.randrange(65535):x}"


def lair(dice: random.Random) -> str:
    """Where attackers speak from."""
    return f"2001:db8:f{dice.randrange(4096):03x}::{dice.randrange(1, 65535):x}"


def day(number: int, clock: int = 36_000) -> int:
    return FIRST + number * DAY + clock
