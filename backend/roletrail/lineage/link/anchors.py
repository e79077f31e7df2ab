"""Look-up numbers of the values that rules join on: stores index observations under them, linking asks for them.

An anchor finds candidates and proves nothing: rules compare the real values again. Stores call the `of_*` functions
for what they write; `ingest.linking` calls the others for what it asks.

Most joins are between a session and what issued it, within two seconds of each other. They meet at a *moment*:
who the session is, and a stretch of 32 seconds. Whoever asks looks 8 seconds around, because whether a late or early
join is allowed depends on the neighbours of both sides (rule J4).
"""

from __future__ import annotations

from functools import lru_cache

from roletrail.lineage import arn, ids, workload
from roletrail.lineage.link import touch
from roletrail.lineage.link.detail import detail_of
from roletrail.lineage.model import Action, Caller, CredentialUse, Issuance, Node, Seen, SignIn

STRETCH = 32
AROUND = 8
SLACK = 2
"""Seconds two hosts may differ (semantics 3.3)."""
DAY = 86_400
LIFETIME = 36 * 3600
"""Longest life of a temporary credential (GetSessionToken, GetFederationToken)."""
_ERA = 4 * 86400
_PASSED_ROLE = 1800
"""A service that was handed a role uses it within 30 minutes (semantics section 6)."""
_SIGN_IN_URL = 900
AT_A_MOMENT = frozenset({"ConsoleLogin", "SwitchRole"})
"""Sign-in events in the second of which a session begins."""
OUTBOUND = "GetWebIdentityToken"
"""Made in one partition's STS, used in another's."""
SSO_ROLE = "AWSReservedSSO_"
ALWAYS = 0
REMEMBERED = 1 << 13
"""Numbers kept by what they stand for: a round of linking asks again what its commits have just written, and nothing later does.
Four times as many took 20 MB and saved nothing that could be measured."""
MAX_KEYS = 256
"""Keys of one identity that are looked up; console sessions have many, and none of them was issued by a record."""


def session_group(role_arn: str, session_arn: str, principal_id: str, name: str) -> tuple[str, str]:
    """Who a session is, as both its uses and its issuance can say it: role and session name, else the principal id.

    The account is left out on purpose: rules compare it, and badly anonymised logs must still meet to be told apart.
    """
    role = (arn.role_name(role_arn) if role_arn else "") or arn.role_name(session_arn)
    return (role, name) if role and name else (principal_id, "")


def caller_group(c: Caller) -> tuple[str, str]:
    if c.type == "AssumedRole":
        return session_group(c.role_arn, c.arn, c.principal_id, c.name)
    return c.principal_id, ""


def issuance_group(i: Issuance) -> tuple[str, str]:
    if i.child_type == "AssumedRole" and i.role_name and i.session_name:
        return i.role_name, i.session_name
    return i.child_principal, ""


def node_group(node: Node) -> tuple[str, str]:
    if node.type == "AssumedRole" and node.role_name and node.name:
        return node.role_name, node.name
    return node.principal_id, ""


def sign_in_group(s: SignIn) -> tuple[str, str]:
    if s.type == "AssumedRole" or ":assumed-role/" in s.arn:
        return session_group("", s.arn, s.principal_id, arn.split_principal(s.principal_id)[1])
    return s.principal_id, ""


@lru_cache(maxsize=REMEMBERED)
def _moment(group: tuple[str, str], stretch: int) -> int:
    return ids.anchor("moment", *group, str(stretch))


def around(group: tuple[str, str], at: int) -> tuple[int, ...]:
    """Moments that hold everything of this group within 8 seconds of `at`."""
    first, last = (at - AROUND) // STRETCH, (at + AROUND) // STRETCH
    return (_moment(group, first),) if first == last else (_moment(group, first), _moment(group, last))


def permission_set(role_name: str) -> str:
    """`Admins` of `AWSReservedSSO_Admins_0123456789abcdef`."""
    return role_name.removeprefix(SSO_ROLE).rpartition("_")[0]


def acted_for(c: Caller, day: int) -> int:
    """What services did for a user, and began on a day: which of that user's keys called then tells whose it was (rule J7)."""
    return ids.anchor("acted_for", c.partition, c.principal_id, str(day))


@lru_cache(maxsize=REMEMBERED)
def key(access_key_id: str) -> int:
    return ids.anchor("key", access_key_id)


@lru_cache(maxsize=REMEMBERED // 2)
def _era(partition: str, principal_id: str, era: int) -> int:
    return ids.anchor("era", partition, principal_id, str(era))


def eras(partition: str, principal_id: str, at: int) -> tuple[int, ...]:
    """Where to look for what refers to a principal by name alone, while a credential issued at `at` may live.

    Users and root have long-term keys too, so no time bounds what they did.
    """
    if ":" not in principal_id:
        return (_era(partition, principal_id, ALWAYS),)
    first, last = (at - 2) // _ERA, (at + LIFETIME) // _ERA
    found = _era(partition, principal_id, first)
    return (found,) if first == last else (found, _era(partition, principal_id, last))


def delivered_to(kind: str, id_: str) -> int:
    """Sessions delivered to a workload."""
    return ids.anchor("delivered", kind, id_)


def touched(kind: str, id_: str) -> int:
    """Actions on a workload, user or provider."""
    return ids.anchor("touched", kind, id_)


def passed_role(role_name: str, at: int) -> int:
    return ids.anchor("passed", role_name, str(at // _PASSED_ROLE))


def on_role(role_name: str, at: int) -> int:
    return ids.anchor("on_role", role_name, str(at // _PASSED_ROLE))


def passed_roles(role_name: str, at: int) -> tuple[int, int]:
    """Actions that may have handed a service the role of a session issued at `at`."""
    return passed_role(role_name, at), passed_role(role_name, at - _PASSED_ROLE)


def on_roles(role_name: str, at: int) -> tuple[int, int]:
    """Sessions on a role, issued within half an hour after `at`."""
    return on_role(role_name, at), on_role(role_name, at + _PASSED_ROLE)


def wrote(identity: str) -> int:
    """Changes an identity made in IAM."""
    return ids.anchor("wrote", identity)


def sign_in_url(partition: str, principal_id: str, at: int) -> int:
    return ids.anchor("sign_in_url", partition, principal_id, str(at // _SIGN_IN_URL))


def sign_in_urls(partition: str, principal_id: str, at: int) -> tuple[int, int]:
    """GetSigninToken calls whose link may have been opened at `at`: a link lives 15 minutes."""
    return sign_in_url(partition, principal_id, at), sign_in_url(partition, principal_id, at - _SIGN_IN_URL)


def portal(account: str, set_name: str, at: int) -> int:
    return ids.anchor("portal", account, set_name, str(at // STRETCH))


def asked_at_portal(s: SignIn) -> tuple[str, str]:
    """Account and permission set of a GetRoleCredentials, which may name the set or its role."""
    detail = detail_of(s.detail)
    role = str(detail.get("role_name", ""))
    return str(detail.get("account_id", "")), permission_set(role) if role.startswith(SSO_ROLE) else role


def federated(account: str, set_name: str, at: int) -> int:
    """Role sessions that Identity Center federated into a permission set of an account."""
    return ids.anchor("federated", account, set_name, str(at // STRETCH))


def web_token(token_id: str) -> int:
    """GetWebIdentityToken calls that made a token."""
    return ids.anchor("web_token", token_id)


def with_token(token_id: str) -> int:
    """Role sessions got with a token of another partition's STS (semantics 2.15)."""
    return ids.anchor("with_token", token_id)


def token_of(detail: str) -> str:
    """webIdentityTokenId of a GetWebIdentityToken or an AssumeRoleWithWebIdentity; "" when there is none."""
    return str(detail_of(detail).get("web_identity_token_id", "")) if '"web_identity_token_id"' in detail else ""


def portals(account: str, set_name: str, at: int) -> tuple[int, ...]:
    """GetRoleCredentials calls for a permission set of an account within 2 seconds of `at`."""
    return tuple({portal(account, set_name, at - 2), portal(account, set_name, at + 2)})


# --- what the store indexes -----------------------------------------------------------------------------------------


def of_caller(c: Caller) -> tuple[int, ...]:
    if c.kind != "session":
        return ()
    found = _moment(caller_group(c), c.created // STRETCH) if c.created else _era(c.partition, c.principal_id, c.first_at // _ERA)
    if c.internal and c.type in {"IAMUser", "Root"}:
        began = {(c.created - SLACK) // DAY, (c.created + SLACK) // DAY} if c.created else set[int]()
        return (found, _era(c.partition, c.principal_id, ALWAYS), *(acted_for(c, day) for day in sorted(began)))
    scope = workload.in_scope(c.in_scope_of) if c.in_scope_of else None
    return (found,) if scope is None else (found, delivered_to(*scope))


def of_credential(u: CredentialUse) -> tuple[int, ...]:
    # No record ever issues a forward-access key.
    return () if u.kind == "forward" or not u.access_key_id else (key(u.access_key_id),)


def of_issuance(i: Issuance) -> tuple[int, ...]:
    found = [_moment(issuance_group(i), i.at // STRETCH)]
    if i.child_key:
        found.append(key(i.child_key))
    if i.copy == "foreign":
        era = i.at // _ERA if ":" in i.parent_principal else ALWAYS
        found += (_era(i.partition, i.parent_principal, era), delivered_to("trust", touch.role_key(i.role_account, i.role_arn)))
    if i.family == "service":
        found += _delivery(i)
    elif i.provider:
        found.append(delivered_to("provider", i.provider))
        if token := token_of(i.detail):
            found.append(with_token(token))
        if i.role_name.startswith(SSO_ROLE):
            set_name = permission_set(i.role_name)
            found += (delivered_to("permission_set", set_name), federated(i.role_account, set_name, i.at))
    return tuple(found)


def _delivery(i: Issuance) -> tuple[int, ...]:
    target = workload.delivered_by(i.parent_label or i.invoked_by, i.session_name)
    if target.kind in {"instance", "function"}:
        return (delivered_to(*target),)
    if target.kind == "certificate":
        return (delivered_to("anywhere", i.role_name),)
    return (on_role(i.role_name, i.at),) if not arn.is_service_linked(i.role_arn) else ()


def of_sign_in(s: SignIn) -> tuple[int, ...]:
    if s.event_name in AT_A_MOMENT:
        moment = _moment(sign_in_group(s), s.at // STRETCH)
        return (moment, delivered_to("user", touch.user_key(s.account, s.arn))) if s.type == "IAMUser" else (moment,)
    if s.event_name == "GetSigninToken":
        return (sign_in_url(s.partition, s.principal_id, s.at),)
    if s.event_name == "GetRoleCredentials":
        return (portal(*asked_at_portal(s), s.at),)
    token = token_of(s.detail) if s.event_name == OUTBOUND else ""
    return (web_token(token),) if token else (ids.anchor("signed_in", s.identity),) if s.identity else ()


def of_action(a: Action) -> tuple[int, ...]:
    found = [_touch_anchor(t, a) for t in touch.touches(a)]
    if a.identity and not a.error_code and a.event_source == "iam.amazonaws.com":
        found.append(wrote(a.identity))
    if a.event_source == "cloudtrail.amazonaws.com" and not a.error_code:
        found.append(logging_of(a.account))
    target = touch.contained(a)
    if target:
        found.append(contained(target))
    return tuple(found)


def contained(target: str) -> int:
    """Where to find what took access away from something, or put it right: verification of a containment asks for it when read."""
    return ids.anchor("contained", touch.last_part(target))


def logging_of(account: str) -> int:
    """Where to find what turned an account's logging off or on: reasons of missing parents ask for it when read."""
    return ids.anchor("logging", account)


def _touch_anchor(t: touch.Touch, a: Action) -> int:
    if t.kind == "access_key":
        return key(t.id)
    return passed_role(t.id, a.at) if t.kind == "passed" else touched(*t)


# --- what linking asks ----------------------------------------------------------------------------------------------


def around_caller(c: Caller) -> tuple[int, ...]:
    """Caller anchors of a session's neighbours."""
    return around(caller_group(c), c.created) if c.created else ()


def eras_of_caller(c: Caller) -> tuple[int, ...]:
    """Where what refers to this caller by name alone may be: see `eras`. A long-term key has no end."""
    if c.kind == "session" and c.created:
        return eras(c.partition, c.principal_id, c.created)
    if c.kind == "session":
        # Issued at some time before its first use, as far back as a credential lives.
        around_use = (c.first_at - LIFETIME) // _ERA, (c.first_at + LIFETIME) // _ERA
        return tuple(_era(c.partition, c.principal_id, era) for era in dict.fromkeys(around_use))
    return (_era(c.partition, c.principal_id, ALWAYS),)


def needs(seen: Seen) -> tuple[int, ...]:
    """Provider anchors to fetch before an identity can be resolved."""
    c = seen.caller
    keys = keys_of(seen)
    return (*keys, *around(caller_group(c), c.created)) if c.created else tuple(keys)


def keys_of(seen: Seen) -> list[int]:
    """Keys that a record may have issued or made, at most 256 of them."""
    found = [key(u.access_key_id) for u in seen.credentials if u.kind != "forward" and u.access_key_id]
    return found if len(found) <= MAX_KEYS else sorted(found)[:MAX_KEYS]


def explains(observation: Issuance | SignIn | Action) -> tuple[int, ...]:
    """Caller anchors of identities that this observation may explain, or whose neighbourhood it changes."""
    if isinstance(observation, Issuance):
        found = around(issuance_group(observation), observation.at)
        return (*found, key(observation.child_key)) if observation.child_key else found
    if isinstance(observation, SignIn):
        if observation.event_name in AT_A_MOMENT:
            return around(sign_in_group(observation), observation.at)
        return _opened_from(observation) if observation.event_name == "GetSigninToken" else ()
    kinds = {"access_key", "instance", "function"}
    return tuple(key(t.id) if t.kind == "access_key" else delivered_to(*t) for t in touch.touches(observation) if t.kind in kinds)


def _opened_from(s: SignIn) -> tuple[int, ...]:
    """Console sessions of the same name, while a sign-in link lives."""
    group = sign_in_group(s)
    return tuple(_moment(group, n) for n in range((s.at - AROUND) // STRETCH, (s.at + _SIGN_IN_URL + AROUND) // STRETCH + 1))


def revisits(observation: Issuance | SignIn | Action) -> tuple[int, ...]:
    """Provider anchors of issuances and sign-ins elsewhere that this observation makes worth another look."""
    if isinstance(observation, Issuance):
        # A service's other sessions on the role: whether one is alone decides how sure a pivot is.
        near = _delivery(observation) if observation.family == "service" else ()
        at, role = observation.at, observation.role_name
        return (*near, on_role(role, at - _PASSED_ROLE), on_role(role, at + _PASSED_ROLE)) if on_role(role, at) in near else ()
    if isinstance(observation, Action):
        return tuple(a for t in touch.touches(observation) for a in _touched_sessions(t, observation.at))
    if observation.event_name == OUTBOUND:
        token = token_of(observation.detail)
        return (with_token(token),) if token else ()
    if observation.event_name != "GetRoleCredentials":
        return ()
    account, set_name = asked_at_portal(observation)
    return tuple({federated(account, set_name, observation.at + d) for d in (-2, 2)})


def _touched_sessions(t: touch.Touch, at: int) -> tuple[int, ...]:
    if t.kind == "access_key":
        return ()
    return on_roles(t.id, at) if t.kind == "passed" else (delivered_to(*t),)
