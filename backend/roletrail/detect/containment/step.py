"""What a containment plan is made of: steps as data. Pure; how they are printed is `render`'s affair.

A word of a command may be a shell variable, and a document may hold a moment that is only known when the step is run:
both stay apart from texts out of logs, which are always quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

RUN_TIME = "RUN_TIME"
"""Stands in a timed document for the moment at which its step is run."""

Phase = Literal[0, 1, 2, 3, 4]
PHASES: tuple[str, ...] = (
    "Restore logging, keep evidence",
    "Disable every credential of the attacker, in one batch",
    "Revoke what was already issued",
    "Verify, and repeat until nothing newer was issued",
    "Only then delete what was left behind",
)


class Var(NamedTuple):
    """A shell variable."""

    name: str


class Joined(NamedTuple):
    """One word made of a text, the value of a shell variable, and a text."""

    before: str
    name: str
    after: str = ""


Word = str | Var | Joined


class Document(NamedTuple):
    """A JSON file. A timed one holds RUN_TIME, which is replaced by $T as the file is written."""

    file: str
    content: Mapping[str, Any]
    kind: Literal["identity", "scp", "trust", "network"] = "identity"

    @property
    def timed(self) -> bool:
        return RUN_TIME in str(self.content)


class Command(NamedTuple):
    """One command. Its output goes into a variable or a file when one is named."""

    words: tuple[Word, ...]
    into: str = ""
    file: str = ""


class Ask(NamedTuple):
    """A value that no log holds: whoever runs the step has to set the variable first."""

    name: str
    text: str


Moment = Literal["now", "kept"]
SET_TIME: Moment = "now"
"""T becomes the moment at which this line runs, and is kept in a file."""
KEPT_TIME: Moment = "kept"
"""T is what the first step kept: when this plan began."""

Action = Document | Command | Ask | Moment


class Check(NamedTuple):
    """How newer logs show that a step was done: a successful call of one of these names on this target."""

    account: str
    names: tuple[str, ...]
    target: str
    detail: tuple[tuple[str, str], ...] = ()  # what Action.detail must say besides
    policies: tuple[str, ...] = ()  # names of which the policy it puts must have one
    denies: tuple[str, ...] = ()  # identities whose calls must fail from then on
    role: str = ""  # ARN of the role of which no newer session may come from the attacker's credentials


class Stops(NamedTuple):
    """Sessions and keys that a step ends: `ids` of all, of which `suspicious` are the attacker's."""

    ids: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()


class Alternative(NamedTuple):
    """Another way to the same end, with less or other side effects."""

    when: str
    does: tuple[Action, ...]


class Step(NamedTuple):
    """One thing to do. `account` "" means outside AWS accounts (an identity provider, another company)."""

    phase: Phase
    name: str
    target: str
    account: str
    title: str
    why: str
    accounts: tuple[str, ...] = ()  # all it acts on, where it is more than one
    roles: tuple[str, ...] = ()  # role names
    user: str = ""
    key: str = ""
    console: tuple[str, ...] = ()
    does: tuple[Action, ...] = ()
    alternative: Alternative | None = None
    stops: Stops = Stops()
    others: tuple[str, ...] = ()  # role ARNs whose other sessions the step breaks too
    breaks: str = ""
    permissions: tuple[str, ...] = ()
    undo: tuple[Action, ...] = ()
    undo_text: str = ""
    survives: str = ""
    enough: bool = True  # False: what survives this step is in these logs, and another step is for it
    red: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()  # event references
    checks: tuple[Check, ...] = ()

    @property
    def key_of(self) -> str:
        """Tells steps of one plan apart, and is the same when the plan is made again."""
        return f"{self.phase}:{self.name}:{self.account}:{self.target}"


def aws(account: str, *words: Word, region: str = "", into: str = "", file: str = "") -> Command:
    """An AWS CLI call with the profile of an account; profiles are named after accounts."""
    place = ("--region", region) if region else ()
    return Command(("aws", *words, *place, "--profile", account or "management"), into, file)
