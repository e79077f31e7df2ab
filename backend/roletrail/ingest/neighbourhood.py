"""Whom new observations concern, and what the rules must know of them: look-ups by anchor, in a fixed number of rounds.

A session's joins depend on everything of its name within a few seconds: whether a late join is allowed depends on
whether somebody else fits better (rule J4). News therefore touches what lies within `TOUCHED` seconds of it, and what
is touched is judged with everything within `anchors.AROUND` seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from operator import attrgetter

from roletrail.lineage import link
from roletrail.lineage.link import anchors
from roletrail.lineage.link.grant import is_login, login
from roletrail.lineage.link.known import Known
from roletrail.lineage.model import Action, Issuance, Linked, Providers, Seen, SignIn
from roletrail.stores.port import LinkWriter, Pending

TOUCHED = 4
_by_age = attrgetter("at", "event_id")
News = set[tuple[str, str, int]]
"""Who, and the second in which something about them is new."""


class Neighbourhood:
    """Gathered once per batch: the cases to resolve, with everything the rules ask about them in `known`."""

    def __init__(
        self,
        writer: LinkWriter,
        pending: Pending,
        also: Collection[str] = (),
        *,
        eras: Collection[int] = (),
        done: Collection[str] = (),
    ) -> None:
        """`also` are ids to resolve although nothing of theirs is new. `done` are resolved already: their own names are
        looked for in `eras`, and nothing more is said of them."""
        self._writer = writer
        self._done = done
        self._eras = eras
        self._seen: dict[str, Seen] = {}
        self._issuances: dict[str, Issuance] = {}
        self._sign_ins: dict[str, SignIn] = {}
        self._actions: dict[str, Action] = {}
        self._asked_callers: set[int] = set()
        self._asked_providers: set[int] = set()
        self._asked_issuances: set[str] = set()
        self._touched: dict[str, None] = {}
        self._afar: set[str] = set()
        self._unused_keys: set[str] = set()
        self._in_eras: set[str] = set()
        self._gather(pending, also)
        self.known = Known(self._seen, self._providers())
        self._touch_claimants()
        if self._touch_undated():
            self.known = Known(self._seen, self._providers())
        self.cases = link.cases(self._touched, self.known)
        self._look_beside()

    def created_keys(self, pending: Pending) -> list[Linked]:
        """Keys that new actions made and nobody was seen using."""
        made = {link.created_key_id(a) for a in pending.actions} - {""}
        missing = made.difference(self._seen)
        unused = missing - self._writer.seen(missing).keys() if missing else set[str]()
        return link.created_keys(unused | self._unused_keys, self._seen, self._actions.values())

    # --- rounds ---

    def _gather(self, pending: Pending, also: Collection[str]) -> None:
        self._take_callers({*pending.callers, *also})
        self._take(Providers(pending.issuances, pending.sign_ins, pending.actions))
        self._take_unused(id_ for id_ in also if id_ not in self._seen)
        fresh = list(self._seen.values())
        self._touched.update(dict.fromkeys(self._seen))
        self._touched.update(dict.fromkeys(i.child for i in pending.issuances))
        news = self._ask_around(fresh, pending)
        self._touch_near(news)
        self._follow(self._dependents(pending))
        self._ask_around_touched({one.caller.id for one in fresh})

    def _ask_around(self, fresh: Iterable[Seen], pending: Pending) -> News:
        """Everything of the same names within seconds, and the seconds in which something is new."""
        news: News = set()
        moments: set[int] = set()
        keys: set[int] = set()
        for one in fresh:
            c = one.caller
            if c.created:
                group = anchors.caller_group(c)
                news.add((*group, c.created))
                moments.update(anchors.around(group, c.created))
            keys.update(anchors.keys_of(one))
        self._asked_issuances.update([i.event_id for i in pending.issuances])
        issued: set[int] = set()
        for i in pending.issuances:
            group, at = anchors.issuance_group(i), i.at
            moment = (*group, at)
            if moment not in news:
                news.add(moment)
                moments.update(anchors.around(group, at))
            if i.child_key:
                issued.add(anchors.key(i.child_key))
        for s in pending.sign_ins:
            if s.event_name in anchors.AT_A_MOMENT:
                news.add((*anchors.sign_in_group(s), s.at))
                moments.update(anchors.explains(s))
        self._ask(moments | issued, moments | keys)
        return news

    def _touch_near(self, news: News) -> None:
        """Touch what is near the news, and whoever holds a key that was issued there."""
        keys: set[str] = set()
        for i in self._issuances.values():
            if i.child in self._touched or _near(news, anchors.issuance_group(i), i.at):
                self._touched[i.child] = None
                keys.add(i.child_key)
        keys.discard("")
        self._ask({anchors.key(key) for key in keys}, set())
        for id_, one in self._seen.items():
            c = one.caller
            if id_ not in self._touched and (_near(news, anchors.caller_group(c), c.created) or _shares(one, keys)):
                self._touched[id_] = None
        for s in self._sign_ins.values():
            if is_login(s) and _near(news, anchors.sign_in_group(s), s.at):
                self._touched[login(s).told.child] = None

    def _dependents(self, pending: Pending) -> Providers:
        """Issuances and sign-ins that news concerns from afar: through a principal's name or through a pivot.

        What is touched may appear, vanish, or turn out to live longer: strangers of its name are looked at again.
        """
        self._in_eras = set(self._touched)
        eras = self._eras_of(self._in_eras).union(self._eras)
        for s in self._sign_ins.values():
            if is_login(s):
                eras.update(anchors.eras(s.partition, s.principal_id, s.at))
        afar = [*pending.actions, *(s for s in pending.sign_ins if s.event_name not in anchors.AT_A_MOMENT)]
        concerned = self._writer.callers_at(eras.union(*map(anchors.explains, afar))).difference(self._done)
        self._take_callers(concerned)
        self._touched.update(dict.fromkeys(id_ for id_ in concerned if id_ in self._seen))
        delivered = [i for i in pending.issuances if i.family == "service"]
        return self._writer.providers_at(eras.union(*map(anchors.revisits, (*afar, *delivered))))

    def _follow(self, dependents: Providers) -> None:
        """Touch what depends on the news, and whoever claims it."""
        known = self._issuances.keys() | self._sign_ins.keys()
        dependents = dependents._replace(issuances=tuple([i for i in dependents.issuances if i.child not in self._done]))
        far = [i for i in dependents.issuances if i.event_id not in known]
        logins = [s for s in dependents.sign_ins if s.event_id not in known]
        self._take(dependents)
        self._afar.update(i.child for i in dependents.issuances)
        self._touched.update(dict.fromkeys(self._afar))
        self._touched.update(dict.fromkeys(login(s).told.child for s in dependents.sign_ins if is_login(s)))
        callers = {a for i in far for a in anchors.explains(i)} | {a for s in logins for a in anchors.explains(s)}
        self._ask(callers, set(callers))

    def _ask_around_touched(self, asked: set[str]) -> None:
        """Whoever was reached by a key or from afar is judged with its own neighbours."""
        callers: set[int] = set()
        providers: set[int] = set()
        for id_ in self._touched.keys() - asked:
            one = self._seen.get(id_)
            if one is not None:
                callers.update(anchors.around_caller(one.caller))
                providers.update(anchors.needs(one))
        self._ask(callers, providers)
        # Whose a grant is that was found from afar is known from those around it, and from who holds its key.
        far = [self._issuances[id_] for id_ in self._issuances.keys() - self._asked_issuances]
        self._asked_issuances.update(i.event_id for i in far)
        undated = [one for id_ in self._touched if (one := self._seen.get(id_)) is not None and not one.caller.created]
        held = {u.access_key_id for one in undated for u in one.credentials}
        self._touched.update(dict.fromkeys(i.child for i in far if i.child_key in held))
        moments = {a for i in far for a in anchors.around(anchors.issuance_group(i), i.at)}
        self._ask({a for i in far for a in anchors.explains(i)}, moments)

    def _touch_claimants(self) -> None:
        """An issuance that was touched touches the sessions it made, whose aliases and edges depend on it."""
        for id_ in [*self._afar, *(id_ for id_ in self._touched if id_ not in self._seen)]:
            for g in self.known.grants_of_child.get(id_, ()):
                self._touched.update(dict.fromkeys(self.known.claimants(g)))

    def _eras_of(self, ids: Collection[str]) -> set[int]:
        eras: set[int] = set()
        for id_ in ids:
            one = self._seen.get(id_)
            if one is not None:
                eras.update(anchors.eras_of_caller(one.caller))
        for i in self._issuances.values():
            if i.child not in self._seen and i.child_principal and i.child in ids:
                eras.update(anchors.eras(i.partition, i.child_principal, i.at))
        return eras

    def _touch_undated(self) -> bool:
        """Undated sessions follow the edges of dated ones that were touched from afar; True when there are some."""
        late = self._touched.keys() - self._in_eras
        concerned = self._writer.callers_at(self._eras_of(late)).difference(self._touched) if late else set[str]()
        if not concerned:
            return False
        self._take_callers(concerned)
        self._touched.update(dict.fromkeys(sorted(concerned)))
        self._ask_around_touched(set(self._touched) - concerned)
        return True

    def _look_beside(self) -> None:
        """Fetch what some rules ask about some cases beyond names and keys: pivots, sign-in links, portal calls."""
        wanted = {a for case in self.cases for a in link.more(case)}
        more = self._writer.providers_at(wanted) if wanted else Providers((), (), ())
        new = [a for a in more.actions if a.event_id not in self._actions]
        signs = [s for s in more.sign_ins if s.event_id not in self._sign_ins]
        others = [i for i in more.issuances if i.event_id not in self._issuances]
        self.known.learn(Providers(tuple(others), tuple(signs), tuple(new)))

    # --- asking, each anchor once ---

    def _ask(self, callers: set[int], providers: set[int]) -> None:
        callers -= self._asked_callers
        providers -= self._asked_providers
        self._asked_callers |= callers
        self._asked_providers |= providers
        if providers:
            self._take(self._writer.providers_at(providers))
        if callers:
            self._take_callers(self._writer.callers_at(callers))

    def _take_callers(self, ids: Collection[str]) -> None:
        missing = [id_ for id_ in ids if id_ not in self._seen]
        if missing:
            self._seen.update(self._writer.seen(missing))

    def _take_unused(self, ids: Iterable[str]) -> None:
        """Nodes that nobody was seen using, with what made them."""
        found: set[int] = set()
        for id_, node in self._writer.nodes(list(ids)).items():
            self._touched[id_] = None
            if node.kind == "key":
                self._unused_keys.add(id_)
                found.update(anchors.key(key) for key in node.access_key_ids)
            else:
                found.update(anchors.around(anchors.node_group(node), node.issued_at))
        self._ask(set(found), found)

    def _take(self, found: Providers) -> None:
        for i in found.issuances:
            self._issuances[i.event_id] = i
        for s in found.sign_ins:
            self._sign_ins[s.event_id] = s
        for a in found.actions:
            self._actions[a.event_id] = a

    def _providers(self) -> Providers:
        return Providers(
            tuple(sorted(self._issuances.values(), key=_by_age)),
            tuple(sorted(self._sign_ins.values(), key=_by_age)),
            tuple(sorted(self._actions.values(), key=_by_age)),
        )


def _near(news: News, group: tuple[str, str], at: int) -> bool:
    return any((*group, at + d) in news for d in range(-TOUCHED, TOUCHED + 1))


def _shares(one: Seen, keys: set[str]) -> bool:
    return bool(keys) and any(u.access_key_id in keys for u in one.credentials)
