"""The joining rules read once more from the semantics (section 3.2) and written the plain way: loops over everything.

Holds `lineage.link` to what the rules say, on any log: nothing is indexed, and nothing of the linker is imported.
Pivots are not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from roletrail.lineage import ids
from roletrail.lineage.model import Caller, CredentialUse, Issuance, Part, SignIn, event_ref

LATE = 2
ROLE_HOURS = 43_200
KINDS = {
    "saml": "FEDERATED", "web": "FEDERATED", "service": "DELIVERED", "session_token": "GOT_SESSION_TOKEN",
    "federation": "GOT_FEDERATION_TOKEN", "root_task": "RAN_ROOT_TASK", "login": "SIGNED_IN",
}  # fmt: skip


class Join(NamedTuple):
    """An edge, as far as the rules of section 3.2 speak of it."""

    kind: str
    parent: str
    child: str
    parent_key: str
    child_key: str
    rule: str
    confidence: float
    evidence: tuple[str, ...]
    conflict: bool


@dataclass(frozen=True)
class Call:
    """One issuance with its copies, or a sign-in by password."""

    family: str
    at: int
    partition: str
    child: str
    principal: str  # of the child, "" when the record has none
    type: str
    role: tuple[str, str, str]  # account, name, session name
    key: str
    placeholder: bool  # parent and child have one key: the record is a sample's
    told: Issuance | None
    login: SignIn | None
    evidence: tuple[str, ...]
    foreign: bool
    source_identity: str
    expires: int

    @property
    def asker(self) -> tuple[str, ...]:
        i = self.told
        return (i.parent or i.parent_principal, i.parent_label, i.provider) if i else ("", "", "")


class Fit(NamedTuple):
    call: Call
    rule: str
    confidence: float
    use: tuple[int, str]
    conflict: bool


class Known(NamedTuple):
    """What an identity is, as joins by principal ask."""

    id: str
    principal: str
    partition: str
    key: bool
    begins: int
    ends: int


class Oracle:
    def __init__(self, part: Part) -> None:
        self.callers = part.callers
        self.sign_ins = part.sign_ins
        self.activities = part.activities
        self.uses: dict[str, list[CredentialUse]] = {
            c.id: [u for u in part.credentials if u.identity == c.id] for c in part.callers
        }
        self.calls = [*_calls(part.issuances), *(_login(s) for s in part.sign_ins if _by_password(s))]
        self.fits = {c.id: self._fits(c) for c in part.callers if c.kind == "session"}
        self.unclaimed = [call for call in self.calls if not any(self._claims(c, call) for c in self._sessions())]
        self.known = self._all_known()

    def joins(self) -> set[Join]:
        found: list[Join] = []
        for c in self._sessions():
            mine = [self._join(c.id, c.created or self._began(c), fit, c) for fit in self.fits[c.id]]
            found += [join for some in mine for join in some]
            found += self._through_a_link(c)
        for call in self.unclaimed:
            confidence = (0.95 if call.login else 1.0) if not call.placeholder else 0.5
            fit = Fit(call, "J6" if call.login else "J1", confidence, (0, ""), call.placeholder)
            began = min(other.at for other in self.unclaimed if other.child == call.child)
            found += self._join(call.child, began, fit, None)
        return _surest(self._asked_for(_surest([*found, *self._undated(_surest(found))])))

    def _sessions(self) -> list[Caller]:
        return [c for c in self.callers if c.kind == "session"]

    def _began(self, c: Caller) -> int:
        return min((fit.call.at for fit in self.fits[c.id]), default=c.first_at)

    # --- J1 to J6 ---

    def _fits(self, c: Caller) -> list[Fit]:
        by_key = [
            (u, call) for u in self.uses[c.id] for call in self.calls if _same_key(u, call) and (c.created or u.kind != "forward")
        ]
        exact = [Fit(call, "J1", 1.0, (u.first_at, u.first_event), call.placeholder) for u, call in by_key if _agrees(c, call)]
        proved = {fit.call for fit in exact}
        named = self._named(c, proved) if c.created else []
        several = not proved and len({call.asker for call in named}) > 1
        found = exact + [_by_name(c, call, several) for call in named if call not in proved]
        if not proved:
            for u, call in by_key:
                said_twice = sum(_same_key(u, other) for other in self.calls) > 16
                if not call.foreign and u.kind != "forward" and not said_twice:
                    found.append(Fit(call, "J1x", 0.5, (u.first_at, u.first_event), True))
        return [_with_source_identity(fit, c) for fit in found]

    def _named(self, c: Caller, proved: set[Call]) -> list[Call]:
        same = [call for call in self.calls if _compatible(c, call)]
        in_its_second = [call for call in same if call.at == c.created]
        if in_its_second or proved:
            return in_its_second
        return [call for call in same if 0 < abs(call.at - c.created) <= LATE and not self._fits_somebody_better(call)]

    def _fits_somebody_better(self, call: Call) -> bool:
        return any(
            _compatible(c, call) and (c.created == call.at or (self._holds(c, call) and _agrees(c, call)))
            for c in self._sessions()
        )

    def _holds(self, c: Caller, call: Call) -> bool:
        return any(_same_key(u, call) and (c.created or u.kind != "forward") for u in self.uses[c.id])

    def _claims(self, c: Caller, call: Call) -> bool:
        return any(fit.call == call and fit.rule != "J1x" for fit in self.fits[c.id])

    # --- edges ---

    def _join(self, child: str, began: int, fit: Fit, c: Caller | None) -> list[Join]:
        call = fit.call
        evidence = (*call.evidence, event_ref(*fit.use)) if fit.use[1] else call.evidence
        if call.foreign and call.told:
            return self._from_stranger(child, began, fit, evidence, call.told)
        kind, parent, parent_key = self._asked_by(call)
        conflict, confidence = fit.conflict, fit.confidence
        token = self._token(call) if call.family == "web" and fit.rule != "J1x" else None
        if token is not None:
            parent, parent_key = token.identity, token.access_key_id
            evidence = (event_ref(token.at, token.event_id), *evidence)
            if not _names(call, token):
                conflict, confidence = True, min(confidence, 0.5)
        also: list[Join] = []
        if call.family == "saml" and call.role[1].startswith("AWSReservedSSO_") and fit.rule != "J1x":
            said = c.on_behalf_of if c is not None else ""
            user, portal = self._portal(call, said)
            proof = (*call.evidence, *portal, *evidence[len(call.evidence) :])
            person = ids.origin_id("identity_center", call.partition, user)
            if said:
                parent, evidence, confidence = person, proof, min(confidence, 0.9)
            elif user and (not parent or parent != child):
                also = [Join(kind, person, child, "", call.key, "J8", min(confidence, 0.85), proof, conflict)]
        if not parent or parent in (child, call.child) or (call.told and call.told.parent_created > began + LATE):
            return []
        return [Join(kind, parent, child, parent_key, call.key, fit.rule, confidence, evidence, conflict), *also]

    def _token(self, call: Call) -> SignIn | None:
        """2.15: who asked another partition for the token that was used, the latest call if there are several."""
        id_ = _detail(call.told.detail).get("web_identity_token_id") if call.told else None
        made = [
            s for s in self.sign_ins
            if s.event_name == "GetWebIdentityToken" and s.success != "false" and s.identity and s.partition != call.partition
            and id_ and _detail(s.detail).get("web_identity_token_id") == id_ and s.at <= call.at + LATE
        ]  # fmt: skip
        return max(made, key=lambda s: (s.at, s.event_id), default=None)

    def _asked_by(self, call: Call) -> tuple[str, str, str]:
        """Kind of edge, parent, key of the parent."""
        if call.login or call.told is None:
            who = call.role[2] or "root"
            return "SIGNED_IN", ids.origin_id("console", call.partition, call.principal, who), ""
        if call.family == "assume":
            return ("SWITCHED" if self._switched(call) else "ASSUMED"), call.told.parent, call.told.parent_key
        key = "" if call.family in ("service", "saml", "web") else call.told.parent_key
        return KINDS[call.family], call.told.parent, key

    def _switched(self, call: Call) -> bool:
        """The console asked: a SwitchRole of the same principal within two seconds, or the sign-in service as agent."""
        if call.told and call.told.agent.startswith(("aws-signin", "signin.amazonaws.com")):
            return True
        return any(
            s.event_name == "SwitchRole" and s.success != "false" and abs(s.at - call.at) <= LATE
            and (s.principal_id == call.principal if call.principal else _session_of(s.arn) == call.role[1:])
            for s in self.sign_ins
        )  # fmt: skip

    def _portal(self, call: Call, said: str) -> tuple[str, list[str]]:
        """J8: the user the session names, else the only one who asked the portal; GetRoleCredentials of theirs for the
        account and permission set, the nearest within two seconds."""
        set_name = call.role[1].removeprefix("AWSReservedSSO_").rpartition("_")[0]
        near = [
            (abs(s.at - call.at), s.at, s.event_id, asked.get("user_id"))
            for s, asked in ((s, _detail(s.detail)) for s in self.sign_ins if s.event_name == "GetRoleCredentials")
            if asked.get("account_id") == call.role[0] and asked.get("role_name") in (set_name, call.role[1])
            and asked.get("user_id", "") in ({said} if said else {asked.get("user_id")} - {None})
            and abs(s.at - call.at) <= LATE
        ]  # fmt: skip
        if len({user for *_, user in near}) != 1:
            return said, []
        _, at, event_id, user = min(near)
        return user or said, [event_ref(at, event_id)]

    def _from_stranger(self, child: str, began: int, fit: Fit, evidence: tuple[str, ...], told: Issuance) -> list[Join]:
        """J10: the stranger for certain, and whoever of that name was alive in these logs."""
        if told.parent_created > began + LATE:
            return []
        stranger = ids.origin_id("foreign", told.partition, told.parent_account, told.parent_principal)
        rule = "J10" if fit.rule == "J1" else fit.rule
        kind = KINDS.get(fit.call.family, "ASSUMED")
        found = [Join(kind, stranger, child, told.parent_key, fit.call.key, rule, fit.confidence, evidence, fit.conflict)]
        alive = [
            one for one in self.known
            if one.principal == told.parent_principal and one.partition == told.partition and one.id != child
            and (one.key or (0 < one.begins <= told.at + LATE and told.at <= one.ends + LATE))
        ]  # fmt: skip
        there = [one for one in alive if self._was_there(one.id, told)]
        likely = alive if len(alive) == 1 else there if len(there) == 1 else []
        for one in alive:
            rule, sure = ("J10", 0.7) if one in likely else ("J2m", 0.6)
            if one.id != fit.call.child:
                found.append(Join(kind, one.id, child, "", fit.call.key, rule, min(sure, fit.confidence), evidence, fit.conflict))
        return found

    def _was_there(self, id_: str, told: Issuance) -> bool:
        """Within half a day it was also used from the stranger's address with the stranger's agent."""
        return any(
            (a.identity, a.address, a.agent) == (id_, told.address, told.agent) and abs(a.cell - told.at) <= 43_200
            for a in self.activities
        )

    def _asked_for(self, joins: Iterable[Join]) -> list[Join]:
        """J7: what a service asked for with a key nothing issued, the one key of that user asked for that called then."""
        same = {c.id: behind for c in self._sessions() if (behind := self._key_behind(c))}
        found: list[Join] = []
        for join in joins:
            key, sure, proof = same.get(join.parent, (join.parent, 1.0, ()))
            evidence = tuple(dict.fromkeys((*join.evidence, *proof)))
            found.append(join._replace(parent=key, confidence=min(join.confidence, sure), evidence=evidence))
        return [join for join in found if join.child not in (*same, join.parent)]

    def _key_behind(self, c: Caller) -> tuple[str, float, tuple[str, ...]] | None:
        if self.fits[c.id] or c.type not in ("IAMUser", "Root") or c.internal != c.count or c.mfa == "true":
            return None
        if not c.created or c.first_at - c.created > 5:
            return None
        keys = {
            k.id
            for k in self.callers
            if k.kind == "key" and (k.principal_id, k.partition, k.account) == (c.principal_id, c.partition, c.account)
        }
        services = {a.invoked_by for a in self.activities if a.identity == c.id}
        near = [
            (a, {pair.split("=")[0] for pair in a.sources.split()})
            for a in self.activities
            if a.identity in keys and not a.invoked_by and a.first_at - LATE <= c.created <= a.last_at + LATE
        ]
        named = [(a, called) for a, called in near if called & services]
        calls = named or (near if "AWS Internal" in services else [])
        if len({a.identity for a, _ in calls}) != 1:
            return None
        ends = [
            (abs(at - c.created), at, event)
            for a, called in calls if not named or called <= services
            for at, event in ((a.first_at, a.first_event), (a.last_at, a.last_event)) if abs(at - c.created) <= LATE
        ]  # fmt: skip
        proof = [event_ref(at, event) for _, at, event in sorted(ends)[:1]]
        return calls[0][0].identity, 0.85 if named else 0.7, (*proof, event_ref(c.first_at, c.first_event))

    def _through_a_link(self, c: Caller) -> list[Join]:
        """J6 for a session of its own in the console: the latest GetSigninToken whose link was still good."""
        if c.type not in ("AssumedRole", "FederatedUser") or self.fits[c.id]:
            return []
        mine = [s for s in self.sign_ins if s.principal_id == c.principal_id and s.success != "false"]
        logins = sorted((s.at, s.event_id) for s in mine if s.event_name == "ConsoleLogin" and abs(s.at - c.created) <= LATE)
        if not logins:
            return []
        at = logins[0][0]
        links = [s for s in mine if s.event_name == "GetSigninToken" and s.identity and at - 900 - LATE <= s.at <= at + LATE]
        if not links:
            return []
        link = max(links, key=lambda s: (s.at, s.event_id))
        evidence = (event_ref(link.at, link.event_id), event_ref(*logins[0]), event_ref(c.first_at, c.first_event))
        if link.identity == c.id:
            return []
        return [Join("SIGNED_IN", link.identity, c.id, link.access_key_id, "", "J6", 0.95, evidence, False)]

    # --- J11, and who is known by a principal ---

    def _undated(self, joins: Iterable[Join]) -> list[Join]:
        found: list[Join] = []
        for c in self._sessions():
            if c.created or self.fits[c.id]:
                continue
            alive = [
                one for one in self.known
                if one.principal == c.principal_id and one.partition == c.partition and one.id != c.id and not one.key and one.begins
                and one.begins - LATE <= c.first_at <= one.ends + LATE
            ]  # fmt: skip
            if len(alive) == 1:
                use = event_ref(c.first_at, c.first_event)
                found += [
                    j._replace(child=c.id, child_key="", rule="J11", confidence=min(0.55, j.confidence), conflict=False,
                               evidence=(j.evidence[0], use))
                    for j in joins if j.child == alive[0].id and j.parent != c.id
                ]  # fmt: skip
        return found

    def _all_known(self) -> list[Known]:
        found: list[Known] = []
        for c in self.callers:
            in_hands = c.type in ("IAMUser", "Root") and c.kind == "session" and 0 < c.internal == c.count and c.mfa != "true"
            if in_hands and c.created > 0 and c.first_at - c.created <= 5 and not self.fits.get(c.id):
                continue  # a user in a service's hands (J7) asks for nothing
            made = [fit.call for fit in self.fits.get(c.id, ()) if fit.rule != "J1x"]
            begins = c.created or min((call.at for call in made), default=0)
            ends = max((call.expires for call in made), default=0) or begins + ROLE_HOURS
            found.append(Known(c.id, c.principal_id, c.partition, c.kind == "key", begins, ends))
        for child in {call.child for call in self.unclaimed}:
            calls = sorted((call for call in self.unclaimed if call.child == child), key=lambda call: (call.at, call.evidence))
            ends = max(call.expires for call in calls) or calls[0].at + ROLE_HOURS
            found.append(Known(child, calls[0].principal, calls[0].partition, False, calls[0].at, ends))
        return found


# --- what records say ---


def _calls(issuances: Iterable[Issuance]) -> list[Call]:
    """Copies of one call put together: same child, same key, and the same request; a stranger's copy by the child's key alone."""
    groups: dict[tuple[str, str, str], list[Issuance]] = {}
    for i in issuances:
        groups.setdefault((i.child, i.child_key, i.request_id or i.shared_event_id or i.event_id), []).append(i)
    for name in sorted(groups):
        homes = sorted(other for other in groups if other[:2] == name[:2] and not all(i.copy for i in groups[other]))
        if name[1] and all(i.copy for i in groups[name]) and homes:
            groups[homes[0]] += groups.pop(name)
    return [_call(copies) for copies in groups.values()]


def _call(copies: list[Issuance]) -> Call:
    copies = sorted(copies, key=lambda i: (i.copy, i.at, i.event_id))
    told = copies[0]
    for other in copies[1:]:
        told = Issuance(*[a or b for a, b in zip(told, other, strict=True)])  # pyright: ignore[reportArgumentType]
    same = bool(told.child_key) and told.child_key == told.parent_key
    return Call(
        told.family, told.at, told.partition, told.child, told.child_principal, told.child_type,
        (told.role_account, told.role_name, told.session_name), "" if same else told.child_key, same, told, None,
        tuple(event_ref(i.at, i.event_id) for i in copies), copies[0].copy == "foreign", told.source_identity, told.expires,
    )  # fmt: skip


def _names(call: Call, token: SignIn) -> bool:
    """Whether the destination's record names the principal whose call made the token, or nobody."""
    said = _detail(call.told.detail).get("cross_partition", {}).get("sourcePrincipalArn", "") if call.told else ""
    same = [":".join(arn.split(":")[:2]) + arn.split(":")[4] + _named(arn) for arn in (said, token.arn) if arn]
    return len(same) < 2 or same[0] == same[1]


def _named(arn: str) -> str:
    """A role, whatever its path and session; a user."""
    kind, _, rest = arn.split(":", 5)[5].partition("/")
    return rest.split("/")[0] if kind == "assumed-role" else rest.rsplit("/", 1)[-1]


def _by_password(s: SignIn) -> bool:
    return s.event_name == "ConsoleLogin" and s.success == "true" and s.type in ("IAMUser", "Root") and bool(s.principal_id)


def _login(s: SignIn) -> Call:
    name = s.arn.rsplit("/", 1)[-1] if s.type == "IAMUser" else ""
    return Call("login", s.at, s.partition, ids.session_id(s.partition, s.principal_id, s.at), s.principal_id, s.type,
                ("", "", name), "", False, None, s, (event_ref(s.at, s.event_id),), False, "", 0)  # fmt: skip


def _same_key(u: CredentialUse, call: Call) -> bool:
    return bool(call.key) and u.access_key_id == call.key


def _compatible(c: Caller, call: Call) -> bool:
    if c.partition != call.partition:
        return False
    if call.principal:
        return c.principal_id == call.principal and c.type == call.type
    return c.type == "AssumedRole" and (c.account, *_session_of(c.arn)) == call.role


def _session_of(arn: str) -> tuple[str, str]:
    """Role name and session name of an assumed-role ARN."""
    _, role, name = arn.split(":", 5)[5].split("/", 2) if "assumed-role/" in arn else ("", "", "")
    return role, name


def _agrees(c: Caller, call: Call) -> bool:
    return _compatible(c, call) and (not c.created or abs(c.created - call.at) <= LATE)


def _by_name(c: Caller, call: Call, several: bool) -> Fit:
    if call.login:
        rule, confidence = "J6", 0.95
    elif several:
        rule, confidence = "J2m", 0.6
    elif c.created != call.at:
        rule, confidence = "J4", 0.8
    elif call.family == "session_token":
        rule, confidence = "J5", 0.95
    else:
        rule, confidence = ("J2", 0.95) if call.principal else ("J3", 0.92)
    if call.placeholder:
        confidence = min(confidence, 0.5)
    return Fit(call, rule, confidence, (c.first_at, c.first_event), call.placeholder)


def _with_source_identity(fit: Fit, c: Caller) -> Fit:
    """Equal +0.03 up to 0.99; absent on one side nothing; changed: J1 0.95, all else 0.40."""
    was, is_ = fit.call.source_identity, c.source_identity
    if not was or not is_:
        return fit
    if was == is_:
        proved = fit.confidence >= 1.0 or fit.conflict
        return fit if proved else fit._replace(confidence=min(0.99, round(fit.confidence + 0.03, 2)))
    return fit._replace(confidence=min(fit.confidence, 0.95 if fit.rule == "J1" else 0.4), conflict=True)


def _surest(joins: Iterable[Join]) -> set[Join]:
    """Of two that say the same, the surer."""
    best: dict[tuple[str, ...], Join] = {}
    for join in sorted(joins, key=lambda j: (-j.confidence, j.evidence)):
        best.setdefault(join[:5], join)
    return set(best.values())


def _detail(text: str) -> dict[str, Any]:
    return json.loads(text) if text else {}
