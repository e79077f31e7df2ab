"""The part of the graph port that rules read and write: what changed, findings, and the days habits were seen on.

Derived like standings: a store keeps it, `detect` makes it, and it can be made again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from roletrail.detect.finding import Finding
from roletrail.detect.past import Days, Shown
from roletrail.errors import InvalidRequest
from roletrail.lineage.model import SignIn

T = TypeVar("T")


class Unjudged(NamedTuple):
    """Identities rules have not looked at since they changed, by (first_seen, id). `quarters`: of each the quarters of an hour in
    which it called, at most: as many as it has calls, and from first to last seen."""

    ids: tuple[str, ...]
    quarters: tuple[int, ...]
    token: object


class Judged(NamedTuple):
    """What rules say of one identity: all its findings, and the habits it may vouch for."""

    id: str
    findings: tuple[Finding, ...]
    habits: Shown


class RoleSession(NamedTuple):
    first_seen: int
    id: str
    root: str


class FindingQuery(NamedTuple):
    """Filters of a list of findings, worst (score), then last seen, then id. Times are epoch seconds."""

    min_score: int = 0
    rule: str = ""
    tone: str = ""
    account: str = ""
    identity: str = ""
    from_: int = 0  # last_seen >= from_
    to: int = 0  # first_seen < to; 0 no bound
    after: str = ""
    limit: int = 100


def cursor_of(finding: Finding) -> str:
    """Cursor of what comes after a finding: a caller that leaves findings out goes on behind the last it kept."""
    return f"{finding.score}.{finding.last_seen}.{finding.id}"


def read_cursor(after: str) -> tuple[int, int, str]:
    """Score, last_seen and id of a cursor. Raises InvalidRequest."""
    score, _, rest = after.partition(".")
    last_seen, dot, id_ = rest.partition(".")
    if not (dot and score.isascii() and score.isdecimal() and last_seen.isascii() and last_seen.isdecimal()) or len(after) > 60:
        raise InvalidRequest("This cursor does not belong to this list.", hint="Start again without `after`.")
    return int(score), int(last_seen), id_


class Judgements(Protocol):
    def unjudged(self, limit: int) -> Unjudged:
        """At most `limit` identities. A sign-in of a directory user unjudges the origin that stands for that user."""
        ...

    def put_judged(self, judged: Collection[Judged], token: object) -> None:
        """Replace findings and habits of these identities, and take them off the list of what is unjudged unless they
        changed again since `token` was given. A finding of an identity that is no more goes too."""
        ...

    def forget_judgements(self) -> None:
        """Drop every finding and habit; everything is unjudged again."""
        ...

    def unjudge(self, ids: Collection[str]) -> None:
        """Put these on the list of what is unjudged."""
        ...

    def findings(self, query: FindingQuery) -> tuple[list[Finding], str]:
        """A page of findings and the cursor of the next, "" when it was the last. Raises InvalidRequest on a bad cursor."""
        ...

    def findings_by_id(self, ids: Collection[str]) -> dict[str, Finding]: ...
    def finding_counts(self) -> list[tuple[str, int, int, int]]:
        """(rule, day of first_seen since 1970, severity's number, findings), ascending."""
        ...

    def kept(self, asked: Hashable, work: Callable[[], list[T]]) -> list[T]:
        """What `work` finds here, which takes long: kept until anybody commits, by a store that is told of that; others work
        again. Long answers (50,000) are not kept."""
        ...

    def habit_days(self, keys: Iterable[int], from_day: int, to_day: int) -> Days:
        """Days within both bounds on which each habit was seen; the caller's, to add to."""
        ...

    def sign_ins_of(self, ids: Collection[str], people: Collection[str]) -> list[SignIn]:
        """Sign-ins whose identity is one of `ids`, or whose detail names one of these Identity Center users, by (at, event id)."""
        ...

    def sessions_of_role(self, role_arns: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[RoleSession]]:
        """Identities with each role that were first seen in the window, by (first_seen, id), at most `limit` a role."""
        ...

    def roots_of_role(self, role_arns: Collection[str], from_: int, to: int) -> dict[str, set[str]]:
        """Roots of those identities, by role."""
        ...

    def children_between(self, parents: Collection[str], from_: int, to: int, limit: int) -> dict[str, list[str]]:
        """Primary children of each whose path began in the window, by (started, id), at most `limit` a parent."""
        ...

    def accounts_loaded(self) -> list[str]:
        """Accounts of which any event is loaded, ascending."""
        ...

    def identities_by_time(self) -> list[str]:
        """All identities by (first_seen, id)."""
        ...
