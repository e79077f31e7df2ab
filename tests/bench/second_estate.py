"""The second company of the org500 profile: who and what there is, and where each speaks from.

It was written without reading the rules, their weights or the first organisation's attacks; the same days as the first.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.bench.org500_estate import DAY, FIRST
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail
from tests.support.identities import Credential, Role
from tests.support.sign_in import Directory, reserved_role

MANAGEMENT, TOOLS, SECURITY, DATA = "100000000011", "100000000012", "100000000013", "100000000014"
POSTURE_VENDOR, BILLING_VENDOR = "888888888881", "888888888882"
GITLAB = "gitlab.example.com"
OFFICE, VPN, OLD_ROOM, NEW_ROOM = "203.0.113.20", "203.0.113.33", "203.0.113.77", "198.51.100.140"
"""The office's and the VPN's way out, the machine room and the one it moves to."""
EXISTING, HIRED, MOVED, JOINED, ONBOARDED = 455, 170, 21, 15, 23
"""Accounts and people there at the beginning; days of the move, of the acquisition and of the new vendor."""

MAC = "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.8 exe/arm64"
MAC_LATER = "aws-cli/2.18.4 md/awscrt#0.22.0 ua/2.0 os/macos#24.0.0 md/arch#arm64 lang/python#3.12.6 exe/arm64"
LINUX = "aws-cli/2.15.30 Python/3.11.6 Linux/6.5.0-35-generic exe/x86_64.ubuntu.22"
WINDOWS = "aws-cli/2.17.9 md/awscrt#0.20.11 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.11.8 exe/AMD64"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.65.0 aws-sdk-go-v2/1.30.4 os/linux lang/go#1.22.6"
NODE = "aws-sdk-nodejs/2.1560.0 linux/v20.11.1 promise"
JAVA = "aws-sdk-java/2.25.10 Linux/5.15.0 OpenJDK_64-Bit_Server_VM/17.0.10+7 Java/17.0.10 vendor/Eclipse_Adoptium io/sync http/Apache"
BOTO = "Boto3/1.34.60 md/Botocore#1.34.60 ua/2.0 os/linux#5.10.210 md/arch#x86_64 lang/python#3.11.8 cfg/retry-mode#adaptive"
GO = "aws-sdk-go-v2/1.25.2 os/linux lang/go#1.22.1 md/GOOS#linux md/GOARCH#amd64 api/sts#1.28.1"
BROKER = "Go-http-client/2.0"


class Person(NamedTuple):
    number: int
    email: str
    user_id: str
    agent: str
    permission: str
    hired: int


class Company:
    """Everything is drawn from the seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"second {seed}")
        self.ids = SeededIds(f"second {seed}")
        self.trail = Trail(self.ids, region="eu-west-1")
        self.accounts = [f"{300000000000 + n * 104729 + seed:012d}" for n in range(488)]
        self.acquired = [f"{550000000000 + n * 7001 + seed:012d}" for n in range(12)]
        self.directory = Directory(MANAGEMENT, "d-9367000000")
        self.projects = [
            f"platform/{name}-{n}" for n in range(6) for name in ("orders", "routes", "ledger", "tracking", "portal")
        ]
        self.people = [self._person(n) for n in range(210)]
        self.keys = {f"etl-{n:02d}": self.trail.user_key(self.accounts[n * 7], f"etl-{n:02d}") for n in range(24)}
        self._roles: dict[tuple[str, str], Role] = {}

    def _person(self, n: int) -> Person:
        agent = (MAC, MAC, LINUX, WINDOWS)[n % 4]
        permission = ("ReadOnly", "PowerUser", "PowerUser", "Developer", "Developer", "Administrator")[n % 6]
        return Person(
            n, f"staff{n:03d}@example.org", f"93670-{n:05d}-staff", agent, permission, 0 if n < HIRED else (n - HIRED) % 33
        )

    def role(self, account: str, name: str, path: str = "/") -> Role:
        key = (account, name)
        if key not in self._roles:
            self._roles[key] = Role(account, name, self.ids.unique("AROA", account, f"role {name}"), path)
        return self._roles[key]

    def reserved(self, account: str, name: str) -> Role:
        key = (account, f"sso {name}")
        if key not in self._roles:
            suffix = f"{int(account) * 11400714819323198485 % 2**64:016x}"
            unique = self.ids.unique("AROA", account, f"sso {name}")
            self._roles[key] = reserved_role(account, name, unique, suffix, "eu-west-1")
        return self._roles[key]

    def cdk(self, account: str) -> Role:
        return self.role(account, f"cdk-hnb659fds-deploy-role-{account}-eu-west-1")

    def key(self, name: str, number: int) -> Credential:
        """A nightly job's key, in the machine room of that day."""
        return self.keys[name].at(NEW_ROOM if number >= MOVED else OLD_ROOM, JAVA)

    def known(self, number: int) -> int:
        """Accounts there on a day: one is vended every working day."""
        return min(len(self.accounts), EXISTING + number)

    def staff(self, number: int) -> list[Person]:
        return [one for one in self.people if one.hired <= number]

    def nat(self, account: str) -> str:
        """The way out of an account's network; everything in the account shares it."""
        place = (int(account) // 6007) % 4096
        return f"2001:db8:3{place:03x}::e"

    def spare(self) -> str:
        """Digits nothing else holds, for names of instances, pods and builds."""
        return f"{self.dice.getrandbits(68):017x}"


def house(person: Person) -> str:
    return f"2001:db8:4{person.number:03x}::{person.number + 16:x}"


def runner(dice: random.Random) -> str:
    """Hosted runners: another address nearly every time."""
    return f"2001:db8:c{dice.randrange(4096):03x}::{dice.randrange(1, 65535):x}"


def abroad(dice: random.Random) -> str:
    """A hotel, a train, a telephone."""
    return f"2001:db8:7{dice.randrange(4096):03x}::{dice.randrange(1, 65535):x}"


def lair(dice: random.Random) -> str:
    """Where a thief speaks from: rented machines and households."""
    return f"2001:db8:e{dice.randrange(4096):03x}::{dice.randrange(1, 65535):x}"


def moment(number: int, dice: random.Random, first_hour: int = 7, last_hour: int = 17) -> int:
    return FIRST + number * DAY + dice.randrange(first_hour * 3600, last_hour * 3600)


def working(number: int) -> bool:
    """The first day is a Monday."""
    return number % 7 < 5
