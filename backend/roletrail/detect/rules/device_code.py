"""A token for a device that another device approved: asked for from one network, approved from another."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import sample as s
from roletrail.detect.deeds import detail_of
from roletrail.detect.finding import Reason
from roletrail.detect.network import is_outside, network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.story import Story, called
from roletrail.lineage.model import SignIn, event_ref

META = Meta(
    id="device-code",
    title="Device-code or cross-device grant from another network",
    group="root",
    why="Whoever sends a link and has it approved holds the token: the approver's password and second factor were used, on another machine than the one that got in.",
    attack=("T1528", "T1566.002"),
    benign=("A server in a data centre that its owner signed in from a laptop.",),
    runbook=("End the person's sign-in sessions; the token renews itself.", "Ask whether that device is theirs."),
)
WITHIN = 900
_TOKENS = ("CreateToken", "CreateTokenWithIAM", "CreateOAuth2Token")
_APPROVALS = (
    "UserAuthentication",
    "CredentialVerification",
    "CredentialChallenge",
    "Authenticate",
    "AuthorizeOAuth2Access",
    "ConsoleLogin",
    "Federate",
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    del past
    for token in story.sign_ins:
        if token.event_name not in _TOKENS or not _is_device(token):
            continue
        asked = network(token.address)
        approvals = [one for one in story.sign_ins if one.event_name in _APPROVALS and 0 <= token.at - one.at <= WITHIN]
        approved = {network(one.address) for one in approvals if is_outside(network(one.address))} or _worked_from(story, token)
        if not is_outside(asked) or not approved or asked in approved:
            continue
        refs = tuple(event_ref(one.at, one.event_id) for one in (*approvals[-2:], token))
        reasons = (
            Reason(f"the token went to {token.address} ({token.agent}), approved from {', '.join(sorted(approved))}", 55, refs),
        )
        yield Hit(
            f"A grant for {called(story.node)} was approved from another network than it was used from",
            reasons,
            token.at,
            token.at,
            about=token.event_id,
        )


def _worked_from(story: Story, token: SignIn) -> set[str]:
    """Where the console session was used that a cross-device grant is of: whose approval is logged in another region."""
    if not str(detail_of(token.detail).get("client_id", "")).endswith("/cross-device"):
        return set()
    before = (a for a in story.activities if 0 <= token.at - a.first_at <= WITHIN and not a.invoked_by)
    return {net for a in before if is_outside(net := network(a.address))}


def _is_device(token: SignIn) -> bool:
    """A device-code grant, or the cross-device form of `aws login`: other grants go to who approved them."""
    grant = str(detail_of(token.detail).get("grant_type", ""))
    return "device_code" in grant or (token.event_name == "CreateOAuth2Token" and grant in ("", "authorization_code"))


_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_PERSON = s.origin("identity_center", "user")


def _signed(token: SignIn, *others: SignIn) -> Story:
    return s.story(_PERSON, sign_ins=(*others, token))


def _shell(*worked: str, client: str = "cross-device") -> Story:
    """A grant taken elsewhere while the session itself is used from these addresses."""
    uses = tuple(s.activity(address, at=s.T0 - 300) for address in worked)
    token = s.sign_in("CreateOAuth2Token", address=s.CAFE, client_id=f"arn:aws:signin:::devtools/{client}")
    return _signed(token)._replace(activities=uses)


_APPROVED = s.sign_in("UserAuthentication", at=s.T0 - 60)
_TAKEN = s.sign_in("CreateToken", address=s.CAFE, grant_type=_GRANT)

RULE = Rule(
    META,
    judge,
    fires=(
        Sample(_signed(_TAKEN, _APPROVED), s.FRESH),
        Sample(_shell(s.OFFICE), s.FRESH),
        Sample(_signed(s.sign_in("CreateOAuth2Token", address=s.CAFE), s.sign_in("AuthorizeOAuth2Access", at=s.T0 - 5)), s.FRESH),
    ),
    silent=(
        Sample(_shell(s.OFFICE, client="same-device"), s.FRESH),
        Sample(_shell(s.OFFICE, s.CAFE), s.FRESH),
        Sample(_shell(), s.FRESH),
        Sample(_signed(s.sign_in("CreateToken", grant_type=_GRANT), _APPROVED), s.FRESH),
        Sample(_signed(_TAKEN), s.FRESH),
        Sample(_signed(s.sign_in("CreateToken", address=s.CAFE, grant_type="refresh_token"), _APPROVED), s.FRESH),
        Sample(_signed(s.sign_in("GetRoleCredentials", address=s.CAFE, grant_type=_GRANT), _APPROVED), s.FRESH),
        Sample(_signed(s.sign_in("CreateToken", address="10.0.0.8", grant_type=_GRANT), _APPROVED), s.FRESH),
    ),
    needs="sign_ins",
)
