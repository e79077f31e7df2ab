"""What is known around the identities being linked, indexed by what rules ask for. Built once per round of linking."""

from __future__ import annotations

from collections.abc import Mapping

from roletrail.lineage import arn
from roletrail.lineage.link import anchors, touch
from roletrail.lineage.link.anchors import SLACK
from roletrail.lineage.link.grant import Grant, logins, merged
from roletrail.lineage.model import Action, Caller, CredentialUse, Providers, Seen, SignIn

_MAX_HOLDERS = 16
"""A key that more grants than this hand out is a placeholder: no key match across different sessions."""

Second = tuple[str, str, int]


class Known:
    def __init__(self, seen: Mapping[str, Seen], providers: Providers) -> None:
        self.seen = seen
        self.grants = [*merged(providers.issuances), *logins(providers.sign_ins)]
        self._grants_at: dict[Second, list[Grant]] = {}
        self._grants_of_key: dict[str, list[Grant]] = {}
        self.grants_of_child: dict[str, list[Grant]] = {}
        for g in self.grants:
            self._grants_at.setdefault((*g.group, g.told.at), []).append(g)
            self.grants_of_child.setdefault(g.told.child, []).append(g)
            if g.issued_key:
                self._grants_of_key.setdefault(g.issued_key, []).append(g)
        self._callers_at: dict[Second, list[Caller]] = {}
        self._holders: dict[str, list[Caller]] = {}
        for one in seen.values():
            self._index_caller(one)
        self.others: list[Grant] = []
        self.portal_calls: dict[tuple[str, str], list[SignIn]] = {}
        self.switches: dict[tuple[str, str], list[SignIn]] = {}
        self.console_logins: dict[str, list[SignIn]] = {}
        self.sign_in_tokens: dict[str, list[SignIn]] = {}
        self.web_tokens: dict[str, list[SignIn]] = {}
        self.touching: dict[touch.Touch, list[Action]] = {}
        self.written: dict[str, list[Action]] = {}
        self.learn(Providers((), providers.sign_ins, providers.actions))

    def learn(self, more: Providers) -> None:
        """What rules ask beside names and keys. Issuances learned late are other sessions': they make no new joins."""
        self.others += merged(more.issuances)
        for s in more.sign_ins:
            self._index_sign_in(s)
        for action in more.actions:
            for t in touch.touches(action):
                self.touching.setdefault(t, []).append(action)
            if action.event_source == "iam.amazonaws.com" and not action.error_code:
                self.written.setdefault(action.identity, []).append(action)

    def _index_caller(self, one: Seen) -> None:
        c = one.caller
        if c.kind != "session":
            return
        if c.created:
            self._callers_at.setdefault((*anchors.caller_group(c), c.created), []).append(c)
        for use in one.credentials:
            if use.access_key_id in self._grants_of_key and _may_match(use, c):
                self._holders.setdefault(use.access_key_id, []).append(c)

    def _index_sign_in(self, s: SignIn) -> None:
        if s.success == "false":
            return
        if s.event_name == "SwitchRole":
            self.switches.setdefault(anchors.sign_in_group(s), []).append(s)
        elif s.event_name == "ConsoleLogin":
            self.console_logins.setdefault(s.principal_id, []).append(s)
        elif s.event_name == "GetRoleCredentials":
            self.portal_calls.setdefault(anchors.asked_at_portal(s), []).append(s)
        elif s.event_name == "GetSigninToken":
            self.sign_in_tokens.setdefault(s.principal_id, []).append(s)
        elif s.event_name == anchors.OUTBOUND:
            self.web_tokens.setdefault(anchors.token_of(s.detail), []).append(s)

    def exact(self, c: Caller) -> list[Grant]:
        """Grants of this session by name and second."""
        found = self._grants_at.get((*anchors.caller_group(c), c.created))
        if not found:
            return []
        return found if len(found) == 1 and compatible(c, found[0]) else [g for g in found if compatible(c, g)]

    def by_key(self, one: Seen) -> list[tuple[Grant, bool]]:
        """Grants of a key this session used, and whether they agree with it in everything else."""
        found: list[tuple[Grant, bool]] = []
        for use in one.credentials:
            grants = self._grants_of_key.get(use.access_key_id)
            if grants is None or not _may_match(use, one.caller):
                continue
            if len(grants) == 1 and agrees(one.caller, grants[0]):
                found.append((grants[0], True))
                continue
            agreeing = [g for g in grants if agrees(one.caller, g)]
            if agreeing:
                found += [(g, True) for g in agreeing]
            elif len(grants) <= _MAX_HOLDERS and use.kind != "forward":
                found += [(g, False) for g in grants]
        return found

    def near(self, c: Caller) -> list[Grant]:
        """Grants a second or two away, of a session that has none of its own second, that nobody else fits better."""
        group = anchors.caller_group(c)
        around = [self._grants_at.get((*group, c.created + d)) for d in (-2, -1, 1, 2)]
        return [g for found in around if found for g in found if compatible(c, g) and self.is_orphan(g)]

    def is_orphan(self, g: Grant) -> bool:
        """True when no session fits this grant by its very second, or by its key."""
        if any(compatible(c, g) for c in self._callers_at.get((*g.group, g.told.at), ())):
            return False
        return not any(agrees(c, g) for c in self._holders.get(g.issued_key, ()))

    def claimants(self, g: Grant) -> list[str]:
        """Ids of the sessions this grant made, best first; the first one answers for the grant's own id."""
        found: dict[str, int] = {}
        for c in self._callers_at.get((*g.group, g.told.at), ()):
            if compatible(c, g):
                found[c.id] = 0
        for c in self._holders.get(g.issued_key, ()):
            if agrees(c, g):
                found.setdefault(c.id, abs(c.created - g.told.at) if c.created else SLACK + 1)
        if not found:
            for d in (-2, -1, 1, 2):
                for c in self._callers_at.get((*g.group, g.told.at + d), ()):
                    if compatible(c, g) and self._has_none(c):
                        found[c.id] = abs(d)
        return sorted(found, key=lambda id_: (found[id_], id_))

    def _has_none(self, c: Caller) -> bool:
        return not self.exact(c) and not any(agreed for _, agreed in self.by_key(self.seen[c.id]))


def _may_match(use: CredentialUse, c: Caller) -> bool:
    """A key seen only in services' calls joins by its moment alone: such keys are too many to be looked up."""
    return use.kind != "forward" or c.created > 0


def agrees(c: Caller, g: Grant) -> bool:
    """The session fits the grant's principal and time: what rule J1 asks beside the key."""
    return compatible(c, g) and (not c.created or abs(c.created - g.told.at) <= SLACK)


def compatible(c: Caller, g: Grant) -> bool:
    """Same partition and principal: the unique id when the record has it, else role account, role name and session name."""
    i = g.told
    if c.partition != i.partition:
        return False
    if i.child_principal:
        return c.principal_id == i.child_principal and (c.type == i.child_type or not i.child_type)
    return (
        c.type == "AssumedRole"
        and c.account == i.role_account
        and c.name == i.session_name
        and (arn.role_name(c.role_arn) or arn.role_name(c.arn)) == i.role_name
    )
