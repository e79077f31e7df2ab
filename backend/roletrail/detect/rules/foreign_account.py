"""A role taken from an account whose logs are not loaded: a new one, or a known one that came differently."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, Use, called
from roletrail.detect.weigh import proof
from roletrail.lineage.model import Issuance

META = Meta(
    id="foreign-account",
    title="Role taken from a foreign account",
    group="root",
    why="Vendors hold roles in many customers' accounts; one of them broken into reaches all. What changes then is the principal, the network, the client, or the external id.",
    attack=("T1199", "T1078.004"),
    benign=("A vendor that moved or changed its scanner.", "An account of yours whose logs are not loaded."),
    runbook=("Ask the vendor, over a channel you had before.", "Close the trust and revoke the role until they answer."),
)
_WEIGHTS = {"principal": 25, "network": 30, "client": 15}
_SETTLED = 10
"""More for another network where a vendor came from the same ones on ten days and more: it publishes them."""
LEAST_OTHERS = 2


def judge(story: Story, past: Past) -> Iterator[Hit]:
    i = story.asked
    if i is None or i.copy != "foreign" or i.parent_account in story.own:
        return
    refs = proof(story.path[-1])
    reasons = (*_external(i, story.role_uses, past, refs), *_news(i, past, refs))
    if not reasons:
        return
    yield Hit(
        f"{called(story.node)} was taken from account {i.parent_account}: {reasons[0].text}", reasons, i.at, story.last_seen
    )


def _external(i: Issuance, others: tuple[Use, ...], past: Past, refs: tuple[str, ...]) -> Iterator[Reason]:
    """Against the sessions around it, or against the month before."""
    there = f"foreign {i.parent_account}"
    with_id = [use for use in others if use.extra and use.what == there and use.at != i.at]
    refs = (*refs, *[use.ref for use in with_id[:2]])
    if not i.external_id:
        if len(with_id) >= LEAST_OTHERS or _brings_one(i, past):
            yield Reason("it brought no external id; others from there do", 45, refs)
        return
    among_others = len(with_id) >= LEAST_OTHERS and i.external_id not in {use.extra for use in with_id}
    if among_others or (past.new(habits.external_key(i), i.at) and _brings_one(i, past)):
        yield Reason("the external id changed", 45, refs)


def _brings_one(i: Issuance, past: Past) -> bool:
    """Whether callers from there brought an external id in the month before."""
    return past.days(habits.external_used_key(i), i.at) >= LEAST_OTHERS


def _news(i: Issuance, past: Past, refs: tuple[str, ...]) -> Iterator[Reason]:
    foreign, ways = habits.foreign_key(i), habits.foreign_keys(i)
    if not past.any_new((foreign, *ways.values()), i.at):
        return
    if past.new(foreign, i.at):
        yield Reason(f"nobody came from account {i.parent_account} in the month before", 45, refs)
        return
    settled = _SETTLED if past.usual(foreign, i.at) else 0
    for word, key in ways.items():
        if past.new(key, i.at):
            yield Reason(f"the {word} is new for this account and role", _WEIGHTS[word] + settled * (word == "network"), refs)


def _vendor(account: str = s.STRANGER, *, address: str = s.OFFICE, external_id: str = "e-1", others: int = 0) -> Story:
    told = s.story(s.node("origin", "foreign", "AROAVENDOREXAMPLEXXX:scan", account), s.role("vendor-scan"), address=address)
    told = s.with_asked(told, lambda i: i._replace(external_id=external_id))
    return told._replace(role_uses=tuple(s.use(f"foreign {account}", s.T0 - 60 * n - 60, extra="e-1") for n in range(others)))


_KNOWN = s.lived(habits.shown(_vendor()))

RULE = Rule(
    META,
    judge,
    fires=(
        Sample(_vendor("888888888888"), _KNOWN),
        Sample(_vendor(address=s.CAFE), _KNOWN),
        Sample(_vendor(external_id=""), _KNOWN),
        Sample(_vendor(external_id="e-2"), _KNOWN),
        Sample(_vendor(external_id="", others=3), s.FRESH),
    ),
    silent=(
        Sample(_vendor(), _KNOWN),
        Sample(_vendor(others=3), s.FRESH),
        Sample(_vendor(external_id="", others=1), s.FRESH),
        Sample(s.story(s.key(), s.role("vendor-scan")), s.month()),
        Sample(s.story(s.key()), s.month()),
        Sample(_vendor("888888888888")._replace(own=frozenset({"888888888888"})), _KNOWN),
    ),
    needs="foreign",
)
