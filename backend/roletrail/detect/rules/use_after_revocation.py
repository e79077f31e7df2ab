"""A credential that answers though it was revoked."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.model import Activity, event_ref

META = Meta(
    id="use-after-revocation",
    title="Use after revocation",
    group="credential",
    why="Somebody revoked the role's sessions, or switched the key off, and calls went on succeeding: the deny is not where it should be, or was taken away again.",
    attack=("T1078.004", "T1098.003"),
    benign=("Minutes in which IAM spreads the change.",),
    runbook=("Read the role's policies as they are now.", "Look for who detached the deny; use an SCP they cannot reach."),
)
SPREADING = 600
"""Seconds IAM may take; calls within them prove nothing."""


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    for revoked in story.revoked:
        late = [a for a in story.activities if a.first_at > revoked.at + SPREADING and a.count > a.errors and not a.invoked_by]
        if not late or (story.node.issued_at and story.node.issued_at > revoked.at):
            continue
        reasons = (
            Reason(
                f"{revoked.what} at the time, and {sum(a.count - a.errors for a in late)} calls succeeded after",
                65,
                tuple(filter(None, (revoked.ref, *_refs(late)))),
            ),
        )
        yield Hit(
            f"{called(story.node)} still works after it was revoked",
            reasons,
            late[0].first_at,
            max(a.last_at for a in late),
            about=str(revoked.at),
        )


def _refs(uses: list[Activity]) -> tuple[str, ...]:
    return tuple(event_ref(a.first_at, a.first_event) for a in uses[:5])


_REVOKED = (s.use("sessions of the role were revoked", s.T0 + 60),)
_LATE = s.story(s.key(), s.role("web"), revoked=_REVOKED, activities=(s.activity(at=s.T0 + 3600),))

RULE = Rule(
    META,
    judge,
    fires=(Sample(_LATE, s.FRESH),),
    silent=(
        Sample(_LATE._replace(activities=(s.activity(at=s.T0 + 120),)), s.FRESH),
        Sample(_LATE._replace(revoked=()), s.FRESH),
        Sample(_LATE._replace(activities=(s.activity(at=s.T0 + 3600)._replace(errors=5),)), s.FRESH),
        Sample(
            s.story(s.key(), s.role("web", at=s.T0 + 900), revoked=_REVOKED, activities=(s.activity(at=s.T0 + 3600),)), s.FRESH
        ),
    ),
    needs="revoked",
)
