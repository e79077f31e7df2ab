"""A web identity or SAML subject, a provider or an audience that never took this role."""

from __future__ import annotations

from collections.abc import Iterator

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.finding import Reason
from roletrail.detect.network import network
from roletrail.detect.past import Past
from roletrail.detect.rule import Hit, Meta, Rule, Sample
from roletrail.detect.shape import ref_kind
from roletrail.detect.story import Story, called
from roletrail.detect.weigh import proof
from roletrail.lineage.model import Issuance

META = Meta(
    id="federation-subject-new",
    title="New subject, provider or audience for a role",
    group="root",
    why="A trust that names a repository and not its branch lets everybody who can push a branch take the role. The subject is where it shows.",
    attack=("T1078.004", "T1199"),
    benign=("A repository that was renamed, a first release from a new branch.",),
    runbook=("Tighten `sub` in the role's trust to what is meant.", "Read what was pushed to that branch, and by whom."),
    version=2,
)


def judge(story: Story, past: Past) -> Iterator[Hit]:
    i = story.asked
    if i is None or i.family not in ("web", "saml") or i.role_name.startswith("AWSReservedSSO_"):
        return
    reasons = tuple(_reasons(i, past, proof(story.path[-1])))
    if not reasons:
        return
    yield Hit(
        f"{i.parent_label or i.parent_principal} took {called(story.node)} for the first time", reasons, i.at, story.last_seen
    )


def _reasons(i: Issuance, past: Past, refs: tuple[str, ...]) -> Iterator[Reason]:
    keys = habits.federated_keys(i)
    if past.any_new(keys, i.at):
        if past.new(keys.provider, i.at):
            yield Reason(f"the role was never taken through {i.provider}", 45, refs)
            return  # its subjects and audiences are new because it is
        yield _of_subject(i, past, keys.subject, refs)
    if habits.is_cluster(i) and past.usual(keys.provider, i.at) and past.new(habits.cluster_network_key(i), i.at):
        yield Reason(f"a service account of this cluster never asked from {network(i.address)} before", 45, refs)
    audience = habits.audience_of(i)
    if audience and past.new(habits.audience_key(i, audience), i.at):
        yield Reason(f"the audience {audience} is new for the role", 20, refs)


def _of_subject(i: Issuance, past: Past, pattern: int, refs: tuple[str, ...]) -> Reason:
    """Of a new one: whether others like it took the role, or others of its kind."""
    if past.new(pattern, i.at):
        return Reason("nothing like this subject took the role in the month before", 40, refs)
    if i.family == "saml":  # a person: neither a repository nor of a kind
        return Reason("subjects like it took the role in the month before; this one did not", 45, refs)
    kind = ref_kind(i.parent_label or i.parent_principal)
    if past.days(habits.ref_kind_key(i, "branch" if kind == "main" else kind), i.at) >= 3:
        return Reason(f"a {kind or 'subject'} that did not take the role before; others of its kind often do", 15, refs)
    return Reason("its repository takes this role, but never from here", 45, refs)


_PROVIDER = f"arn:aws:iam::{s.HOME}:oidc-provider/token.actions.githubusercontent.com"


def _run(branch: str, repository: str = "acme/shop", provider: str = _PROVIDER) -> Story:
    told = s.story(s.origin("web", f"repo:{repository}:ref:refs/heads/{branch}"), s.role("shop-deploy"), agent="aws-sdk-js linux")
    return s.with_asked(told, lambda i: i._replace(provider=provider))


def _job(kind: str, ref: str) -> Story:
    told = s.story(s.origin("web", f"project_path:acme/shop:ref_type:{kind}:ref:{ref}"), s.role("shop-deploy"))
    return s.with_asked(told, lambda i: i._replace(provider=_PROVIDER))


def _pod(address: str) -> Story:
    told = s.story(s.origin("web", "system:serviceaccount:kube-system:dns"), s.role("dns-writer"), address=address)
    return s.with_asked(told, lambda i: i._replace(provider=_PROVIDER))


def _person(subject: str) -> Story:
    told = s.story(s.origin("saml", subject), s.role("shop-admin"))
    return s.with_asked(told, lambda i: i._replace(provider=f"arn:aws:iam::{s.HOME}:saml-provider/corp"))


_MAIN = s.lived(habits.shown(_run("main")))
_TAGS = s.lived(habits.shown(_job("branch", "main")), habits.shown(_job("tag", "v1")))
_IN_CLUSTER = s.lived(habits.shown(_pod(s.OFFICE)))

RULE = Rule(
    META,
    judge,
    fires=(
        Sample(_run("wip-1"), _MAIN),
        Sample(_run("main", "mallory/shop"), _MAIN),
        Sample(_run("main", provider="arn:other"), _MAIN),
        Sample(_job("branch", "fix/retry"), _TAGS),
        Sample(_pod(s.CAFE), _IN_CLUSTER),
        Sample(_person("p-10237"), s.lived(habits.shown(_person("p-10001")))),
    ),
    silent=(
        Sample(_run("main"), _MAIN),
        Sample(_run("main"), s.FRESH),
        Sample(_pod(s.OFFICE), _IN_CLUSTER),
        Sample(_pod(s.CAFE), s.FRESH),
        Sample(s.story(s.key(), s.role("shop-deploy")), s.month()),
        Sample(s.story(s.key()), s.month()),
        Sample(s.with_asked(_run("x"), lambda i: i._replace(role_name="AWSReservedSSO_Admin_0123456789abcdef")), s.month()),
    ),
    needs="federated",
    news=True,
)
