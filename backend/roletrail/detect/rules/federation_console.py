"""A federation token that became a console session, or a console link made by something that is no browser."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import is_browser
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.model import event_ref

META = Meta(
    id="federation-console",
    title="Federation token turned into a console session",
    group="root",
    why="GetFederationToken needs no role and takes no chain; a link made from it opens the console for 36 hours, and deactivating the key does not close it.",
    attack=("T1550.001", "T1538"),
    benign=("An internal portal that hands out console links: the same principal, daily.",),
    runbook=("Put a deny on the user, not only on the key: the session lives on.", "Read what the console session did."),
)
_LINK = ("GetSigninToken", "ConsoleLogin")


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    links = [one for one in story.sign_ins if one.event_name in _LINK and one.success != "false"]
    federated = story.node.type == "FederatedUser"
    by_hand = [one for one in links if not is_browser(one.agent) and one.agent]
    if not links or story.root.workload:
        return
    if not federated and not by_hand:
        return
    refs = tuple(event_ref(one.at, one.event_id) for one in links)
    reasons = [
        Reason(
            f"{called(story.node)} asked for a console session: {', '.join(dict.fromkeys(one.event_name for one in links))}",
            25,
            refs,
        )
    ]
    if federated:
        reasons.append(
            Reason(
                "its credentials come from GetFederationToken", 20, story.path[-1].edge.evidence if story.path[-1].edge else ()
            )
        )
    if by_hand:
        reasons.append(Reason(f"asked for by {by_hand[0].agent}, which is no browser", 15))
    yield Hit("Console link by hand" if by_hand else "Federation token in the console", tuple(reasons), links[0].at, links[-1].at)


_FEDERATED = s.story(
    s.key(), s.node("session", "FederatedUser", "admin", at=s.T0), sign_ins=(s.sign_in("GetSigninToken", agent="curl"),)
)
_BROWSER = s.story(s.key(), s.role("admin"), sign_ins=(s.sign_in("ConsoleLogin", agent="firefox linux"),))

RULE = Rule(
    META,
    judge,
    fires=(
        Sample(_FEDERATED, s.FRESH),
        Sample(_FEDERATED._replace(sign_ins=_BROWSER.sign_ins), s.FRESH),
        Sample(_BROWSER._replace(sign_ins=_FEDERATED.sign_ins), s.FRESH),
    ),
    silent=(
        Sample(_BROWSER, s.FRESH),
        Sample(_FEDERATED._replace(sign_ins=()), s.FRESH),
        Sample(s.story(s.origin("function", "fn"), s.role("fn-role"), sign_ins=_FEDERATED.sign_ins), s.FRESH),
    ),
    needs="sign_ins",
)
