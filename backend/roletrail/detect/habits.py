"""Which habits a story shows, and on which days: the one list of what novelty can be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from roletrail.detect.deeds import detail_of
from roletrail.detect.network import client, is_outside, network
from roletrail.detect.past import DAY, Shown, habit
from roletrail.detect.shape import fold_role, ref_kind, shape, sub_pattern
from roletrail.detect.story import Step, Story, services_in, who
from roletrail.lineage.model import Action, Activity, Issuance, Node

ALIVE, NETWORK, CLIENT, FAMILY = "alive", "network", "client", "family"
ROTATING = "runner"
"""Network class of callers a web identity provider vouches for: hosted runners have another address every time."""


def network_class(root: Node, asked: Issuance | None) -> str:
    if root.type == "web":
        return ROTATING
    return network(asked.address) if asked else ""


def shape_key(story: Story) -> int:
    return shape_keys(story)[0]


def shape_by_key(story: Story) -> int:
    """The shape taken by this root."""
    return shape_keys(story)[1]


def shape_in_key(story: Story) -> int:
    """The shape taken by this root, every step asked for from the same networks with the same clients."""
    return shape_keys(story)[2]


class _Same:
    """A path as itself: to compare all of it would take longer than what is remembered of it."""

    __slots__ = ("path",)

    def __init__(self, path: Sequence[Step]) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.path is self.path

    def __hash__(self) -> int:
        return id(self.path)


def shape_keys(story: Story) -> tuple[int, int, int]:
    return _shape_keys(_Same(story.path), story.own)


@lru_cache(1 << 9)  # of the chains of a case: first what they show is told, then several rules ask
def _shape_keys(same: _Same, own: frozenset[str]) -> tuple[int, int, int]:
    path = same.path
    top = path[0].node
    ours, root = shape(path, own), who_is_root(top)
    classes = [f"{network_class(top, step.asked)} {client(step.asked.agent)}" for step in path if step.asked]
    return habit("shape", ours), habit("shape by", ours, root), habit("shape in", ours, root, *dict.fromkeys(classes))


def who_is_root(root: Node) -> str:
    return sub_pattern(root.name) if root.type == "web" else root.workload or who(root)


def pair_key(above: Step, step: Step) -> int:
    node = above.node
    return _pair("" if node.role_name else caller_shape(node), node.role_name, step.node.role_name)


@lru_cache(1 << 13)
def _pair(caller: str, above: str, role: str) -> int:
    """By one look-up: every session of a role asks."""
    return habit("pair", fold_role(above) if above else caller, fold_role(role))


def caller_shape(node: Node) -> str:
    """Of what is no role."""
    if node.type == "web":
        return sub_pattern(node.name)
    if node.type in ("identity_center", "saml"):
        return node.type  # people come and go; who may enter a role is the directory's matter
    return node.workload or who(node)


class Federated(NamedTuple):
    """What is known of the ways a provider's subjects have into a role."""

    provider: int
    subject: int
    exact: int


def federated_keys(i: Issuance) -> Federated:
    return _federated(i.role_arn, i.provider, i.parent_label or i.parent_principal)


@lru_cache(1 << 13)  # pipelines run again and again
def _federated(role_arn: str, provider: str, subject: str) -> Federated:
    return Federated(
        habit("provider", role_arn, provider),
        habit("subject", role_arn, provider, sub_pattern(subject)),
        habit("exact subject", role_arn, provider, subject),
    )


def audience_key(i: Issuance, audience: str) -> int:
    return habit("audience", i.role_arn, audience)


def foreign_key(i: Issuance) -> int:
    return habit("foreign", i.parent_account)


def foreign_keys(i: Issuance) -> Mapping[str, int]:
    """What is known of a foreign account's ways into a role, in whichever account, by the word for it."""
    unique_id = i.parent_principal.rpartition(":")[0] or i.parent_principal
    return _foreign(fold_role(i.role_name), i.parent_account, unique_id, i.address, i.agent)


@lru_cache(1 << 12)
def _foreign(role: str, account: str, unique_id: str, address: str, agent: str) -> Mapping[str, int]:
    return {
        "principal": habit("foreign principal", role, account, unique_id),
        "network": habit("foreign network", role, account, network(address)),
        "client": habit("foreign client", role, account, client(agent)),
    }


def external_key(i: Issuance) -> int:
    return habit("external", fold_role(i.role_name), i.parent_account, i.external_id)


def external_used_key(i: Issuance) -> int:
    """That callers from there bring an external id at all."""
    return habit("external used", fold_role(i.role_name), i.parent_account)


def network_key(node: Node, net: str) -> int:
    return habit(NETWORK, who(node), net)


def family_key(node: Node, service: str) -> int:
    return habit(FAMILY, who(node), service)


def family_keys(node: Node, sources: str) -> tuple[int, ...]:
    """Of all services of an activity."""
    return _lived(who(node), services_in(sources))[1:]


def client_key(node: Node, agent: str) -> int:
    return habit(CLIENT, who(node), client(agent))


def alive_key(node: Node) -> int:
    """That the principal did anything at all: of one nobody knew, everything would be a first."""
    return habit(ALIVE, who(node))


BEARER_TOKENS = frozenset(
    {
        "GetWebIdentityToken",
        "CreateTokenWithIAM",
        "CreateOAuth2TokenWithIAM",
        "GetOpenIdTokenForDeveloperIdentity",
        "GetOpenIdToken",
    }
)
"""Sign-ins that habits are asked about."""


def sign_in_key(node: Node, event_name: str) -> int:
    return habit("sign-in", who(node), event_name)


def audience_of(i: Issuance) -> str:
    """Of thousands of details that are all another: where it stands in front, as it is written, nothing else is read."""
    detail = i.detail
    if detail.startswith(_AUDIENCE):
        audience, quote, _ = detail[len(_AUDIENCE) :].partition('"')
        if quote and "\\" not in audience:
            return audience
    return str(detail_of(detail).get("audience", "")) if '"audience"' in detail else ""


_AUDIENCE = '{"audience":"'


def ref_kind_key(i: Issuance, kind: str) -> int:
    """That the role is taken for tags, or for branches: one that releases from tags says nothing of branches."""
    return habit("ref kind", i.role_arn, kind)


_CLUSTER = "system:serviceaccount:"


def is_cluster(i: Issuance) -> bool:
    """Whether a cluster's service account asked: it leaves by its cluster's ways out, where hosted runners move about."""
    return i.family == "web" and (i.parent_label or i.parent_principal).startswith(_CLUSTER)


def cluster_network_key(i: Issuance) -> int:
    return habit("cluster network", i.provider, network(i.address))


def revoked_key(target: str) -> int:
    """Not a habit: times at which a role's sessions or a key were revoked. Its "days" are seconds."""
    return habit("revoked", target)


def act_key(node: Node, a: Action) -> int:
    """This principal doing this to this kind of thing, wherever: a pipeline's role is the same in every account."""
    return habit("act", fold_role(node.role_name) or who(node), a.event_name, a.target_kind)


def act_anywhere_key(a: Action) -> int:
    return habit("act anywhere", a.event_name, a.target_kind)


def shown(story: Story) -> Shown:
    """Every habit of a story that a rule may ask about."""
    node, path = story.node, story.path
    found = _of_activities(node, story.activities) if story.activities else Shown()
    if story.leaf and story.standing.sessions >= 2 and node.counts:
        _on(found, story.at, shape_keys(story))
    step = path[-1]
    if len(path) > 1 and step.edge and step.node.role_name and not step.edge.pivot:
        _on(found, step.node.issued_at or step.edge.at, (pair_key(path[-2], step),))
    asked = step.asked
    if asked is not None and (asked.copy == "foreign" or asked.family in ("web", "saml")):
        _on(found, asked.at, _of_issuance(asked))
    for a in story.actions:
        if not a.error_code:
            _on(found, a.at, (act_key(node, a), act_anywhere_key(a)))
    for sign_in in story.sign_ins:
        if sign_in.event_name in BEARER_TOKENS:
            _on(found, sign_in.at, (sign_in_key(node, sign_in.event_name),))
    return found


def asked_besides(story: Story) -> tuple[int, ...]:
    """Habits that rules ask about although the story does not show them: what others that came like it do."""
    asked = story.asked
    if asked is None:
        return ()
    if asked.copy == "foreign" and not asked.external_id:
        return (external_used_key(asked),)
    if asked.family == "web" and ref_kind(asked.parent_label or asked.parent_principal) == "main":
        return (ref_kind_key(asked, "branch"),)
    return ()


def _on(found: Shown, at: int, keys: Iterable[int]) -> None:
    held = found.get(day := at // DAY)
    if held is None:
        found[day] = set(keys)
    else:
        held.update(keys)


def _of_activities(node: Node, activities: Iterable[Activity]) -> Shown:
    """Of networks those outside, of clients a key's: nobody asks about others."""
    name, is_key = who(node), node.kind == "key"
    found = Shown()
    for activity in activities:
        lived = _lived(name, services_in(activity.sources))
        keys = found.get(day := activity.cell // DAY)
        if keys is None:
            keys = found[day] = set(lived)
        else:
            keys.update(lived)
        if is_outside(net := network(activity.address)):
            keys.add(habit(NETWORK, name, net))
        if is_key:
            keys.add(habit(CLIENT, name, client(activity.agent)))
    return found


@lru_cache(1 << 14)
def _lived(name: str, services: tuple[str, ...]) -> tuple[int, ...]:
    """That somebody did anything, and the families of these services."""
    return habit(ALIVE, name), *[habit(FAMILY, name, service) for service in services]


def _of_issuance(i: Issuance) -> list[int]:
    found: list[int] = []
    if i.family in ("web", "saml"):
        found += federated_keys(i)
        if audience := audience_of(i):
            found.append(audience_key(i, audience))
        if i.family == "web":
            found.append(ref_kind_key(i, ref_kind(i.parent_label or i.parent_principal)))
        if is_cluster(i):
            found.append(cluster_network_key(i))
    if i.copy == "foreign":
        found += (foreign_key(i), *foreign_keys(i).values())
        if i.external_id:
            found += (external_key(i), external_used_key(i))
    return found
