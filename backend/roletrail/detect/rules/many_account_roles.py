"""One Identity Center person, many account and role pairs, within minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roletrail.detect import sample as s
from roletrail.detect.deeds import detail_of
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, Use, called
from roletrail.lineage.model import SignIn, event_ref

META = Meta(
    id="many-account-roles",
    title="One person takes many account and role pairs",
    group="root",
    why="Somebody who works opens one account, perhaps two. A program that was handed a portal token tries what it opens.",
    attack=("T1087.004", "T1078.004"),
    benign=("A tool that writes a profile for every account, once.", "Break glass in an outage."),
    runbook=("See from where the portal was used.", "End the portal session; it hands out new credentials until then."),
)
PAIRS = 5
WITHIN = 600


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    portal = [one for one in story.sign_ins if one.event_name == "GetRoleCredentials" and one.success != "false"]
    if not _may_burst(sorted([*(one.at for one in portal), *(use.at for use in story.issued)])):
        return  # most people take a role now and then: which ones is not read for them
    uses = [*map(_portal, portal), *story.issued]
    burst = _burst(sorted(uses, key=lambda use: (use.at, use.id)))
    if len({use.what for use in burst}) < PAIRS:
        return
    pairs = sorted({use.what for use in burst})
    spread = len({pair.split(" ")[0] for pair in pairs})
    refs = tuple(dict.fromkeys(use.ref for use in burst))[:20]
    reasons = [
        Reason(
            f"{len(pairs)} pairs of account and role within {(burst[-1].at - burst[0].at) // 60 + 1} minutes",
            40 + min(20, 2 * (len(pairs) - PAIRS)),
            refs,
        )
    ]
    if spread > 1:
        reasons.append(Reason(f"in {spread} accounts", 5))
    yield Hit(
        f"{called(story.node)} took {len(pairs)} account and role pairs in a row", tuple(reasons), burst[0].at, burst[-1].at
    )


def _may_burst(times: Sequence[int]) -> bool:
    """Whether enough of them are within ten minutes, whatever was taken."""
    return any(last - first <= WITHIN for first, last in zip(times, times[PAIRS - 1 :], strict=False))


def _portal(one: SignIn) -> Use:
    detail = detail_of(one.detail)
    what = f"{detail.get('account_id', '')} {detail.get('role_name', '')}"
    return Use(one.event_id, one.at, one.address, one.agent, what, event_ref(one.at, one.event_id))


def _burst(uses: Sequence[Use]) -> Sequence[Use]:
    """The stretch of ten minutes with the most pairs."""
    best: Sequence[Use] = ()
    start = 0
    for end, use in enumerate(uses):
        while uses[start].at < use.at - WITHIN:
            start += 1
        window = uses[start : end + 1]
        if len({one.what for one in window}) > len({one.what for one in best}):
            best = window
    return best


def _person(count: int, apart: int) -> Story:
    credentials = [
        s.sign_in("GetRoleCredentials", at=s.T0 + n * apart, account_id=f"{n:012d}", role_name="Admin") for n in range(count)
    ]
    return s.story(s.origin("identity_center", "user"), sign_ins=tuple(credentials))


RULE = Rule(
    META,
    judge,
    fires=(Sample(_person(5, 60), s.FRESH), Sample(_person(12, 100), s.FRESH)),
    silent=(Sample(_person(4, 60), s.FRESH), Sample(_person(12, 300), s.FRESH), Sample(_person(0, 0), s.FRESH)),
    needs="sign_ins",
)
