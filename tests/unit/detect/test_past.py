"""Habits by day, shapes, and what a slow feed does to a baseline (ADR 0015)."""

from __future__ import annotations

from pathlib import Path

import pytest

from roletrail.detect import habits
from roletrail.detect import sample as s
from roletrail.detect.deeds import allows_everything, deed_of
from roletrail.detect.network import client, is_browser, network
from roletrail.detect.past import DAY, Days, Past, habit
from roletrail.detect.rule import LOUDNESS, finding_id, findings_of, severity_of, shows_news
from roletrail.detect.rules import BY_ID, RULES
from roletrail.detect.shape import fold_name, fold_role, ref_kind, shape, sub_pattern
from roletrail.detect.story import Story

KEY = habit("a habit")


@pytest.mark.parametrize(
    ("days_before", "counted"), [([0, 1, 6], 0), ([7], 1), ([30], 1), ([31], 0), ([7, 7, 8], 2), (list(range(60)), 24)]
)
def test_only_settled_days_of_the_month_before_count(days_before: list[int], counted: int) -> None:
    past = Past(1, Days({KEY: {s.T0 // DAY - before for before in days_before}}))
    assert past.days(KEY, s.T0) == counted
    assert past.new(KEY, s.T0) == (counted == 0)
    assert past.usual(KEY, s.T0) == (counted >= 10)


def test_days_may_come_as_bits() -> None:
    days = Days({KEY: [11, 9]})
    days.see_bits(KEY, 10, 0b101)
    days.see_bits(KEY, 20, 0b101)  # the same number, of other days
    days.see_bits(KEY + 1, 10, 0b101)
    assert days.of(KEY) == [9, 10, 11, 12, 20, 22]
    assert days.of(KEY + 1) == [10, 12]


@pytest.mark.parametrize(("loaded", "known"), [(13, False), (14, True), (400, True)])
def test_nothing_is_new_before_there_is_a_baseline(loaded: int, known: bool) -> None:
    past = Past(s.T0 - loaded * DAY, Days())
    assert past.known(s.T0) is known
    assert past.new(KEY, s.T0) is known
    assert not Past(0, Days()).known(s.T0)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("cdk-hnb659fds-deploy-role-111111111111-eu-central-1", "cdk-<id>-deploy-role-<acct>-<region>"),
        ("cdk-hnb659fds-deploy-role-222222222222-us-gov-west-1", "cdk-<id>-deploy-role-<acct>-<region>"),
        ("AWSReservedSSO_Developer_000003c2e59e9b36", "AWSReservedSSO_Developer_<hex>"),
        ("shop-DeployRole-1A2B3C4D5E6F", "shop-DeployRole-<id>"),
        ("stacksets-exec-0123456789abcdef0123456789abcdef", "stacksets-exec-<hex>"),
        ("job-7b9c1f52-2f8e-4c37-9d2c-3a1f6c2b7d10", "job-<uuid>"),
        ("release-2291", "release-<n>"),
        ("data-platform-admin", "data-platform-admin"),
        ("OrganizationAccountAccessRole", "OrganizationAccountAccessRole"),
        ("deploy-prod-v2", "deploy-prod-v2"),
    ],
)
def test_names_fold_to_what_stays(name: str, folded: str) -> None:
    assert fold_role(name) == folded
    assert fold_role(folded) == folded or "cdk" in name
    assert fold_name("backup") == "backup"


def test_subjects_keep_the_repository_and_fold_the_branch() -> None:
    assert sub_pattern("repo:acme/shop:ref:refs/heads/main") == sub_pattern("repo:acme/shop:ref:refs/heads/wip-7")
    assert sub_pattern("repo:acme/shop:ref:refs/heads/main") != sub_pattern("repo:mallory/shop:ref:refs/heads/main")
    assert sub_pattern("repo:acme/shop:ref:refs/tags/v1") != sub_pattern("repo:acme/shop:ref:refs/heads/v1")
    job = "project_path:acme/shop:ref_type:{}:ref:{}".format
    assert sub_pattern(job("branch", "main")) == sub_pattern(job("branch", "fix/retry-7"))
    assert sub_pattern(job("branch", "v1")) != sub_pattern(job("tag", "v1"))


@pytest.mark.parametrize(
    ("subject", "kind"),
    [("repo:acme/shop:ref:refs/heads/main", "main"), ("repo:acme/shop:environment:live", "main"), ("repo:acme/shop:ref:refs/tags/v1", "tag"),
     ("repo:acme/shop:ref:refs/heads/main-2", "branch"), ("repo:acme/shop:pull_request", "pull request"),
     ("project_path:acme/shop:ref_type:branch:ref:main", "main"), ("project_path:acme/shop:ref_type:branch:ref:fix/main", "branch"),
     ("project_path:acme/shop:ref_type:tag:ref:v1", "tag"), ("system:serviceaccount:ns:sa", "")],
)  # fmt: skip
def test_what_a_pipeline_ran_for(subject: str, kind: str) -> None:
    assert ref_kind(subject) == kind


def test_a_role_that_renews_itself_has_one_shape_for_all_its_hours() -> None:
    def hours(count: int) -> str:
        renewed = (s.role("a-role", at=s.T0 + hour * 3000) for hour in range(count))
        return shape(s.story(s.key(), *renewed, s.role("b-role")).path, s.OWN)

    assert hours(2) == hours(9) != hours(1)
    there_and_back = s.story(
        s.key(), s.role("a-role"), s.role("b-role"), s.role("a-role", at=s.T0 + 9), s.role("b-role", at=s.T0 + 99)
    )
    assert shape(there_and_back.path, s.OWN).count("a-role") == 2


def test_what_descends_from_a_role_renewing_itself_is_no_circle_of_its_own() -> None:
    hours = [s.role("a-role", at=s.T0 + hour * 3000) for hour in range(4)]
    circle, below = s.story(s.key(), *hours), s.story(s.key(), *hours, s.role("b-role", at=s.T0 + 9500))
    severities = [finding.severity for told in (circle, below) for finding in findings_of(BY_ID["role-juggling"], told, s.FRESH)]
    assert severities == ["medium", "low"]


@pytest.mark.parametrize(("apart", "found"), [(150, 1), (151, 0)])
def test_a_burst_is_five_pairs_within_ten_minutes_from_the_portal_or_from_roles(apart: int, found: int) -> None:
    taken = tuple(
        s.sign_in("GetRoleCredentials", at=s.T0 + n * apart, account_id=f"{n:012d}", role_name="Admin") for n in (4, 0, 2)
    )
    issued = tuple(s.use(f"arn:aws:iam::123456789012:role/{n}", s.T0 + n * apart) for n in (3, 1))
    told = s.story(s.origin("identity_center", "user"), sign_ins=taken)._replace(issued=issued)
    assert len(findings_of(BY_ID["many-account-roles"], told, s.FRESH)) == found


def test_a_vendor_from_another_network_weighs_more_the_longer_it_came_from_the_same() -> None:
    told = BY_ID["foreign-account"].fires[1].story
    assert told.asked
    ways = habits.foreign_keys(told.asked)
    settled = {key: range(s.T0 // DAY - 30, s.T0 // DAY - 7) for key in (ways["principal"], ways["client"])}
    account, first = habits.foreign_key(told.asked), s.T0 - 35 * DAY
    severities = [
        findings_of(
            BY_ID["foreign-account"],
            told,
            Past(first, Days({**settled, account: range(s.T0 // DAY - 8 - days, s.T0 // DAY - 8)})),
        )
        for days in (3, 12)
    ]
    assert [one.severity for found in severities for one in found] == ["low", "medium"]


def test_a_shape_is_the_same_in_every_member_account() -> None:
    own = frozenset({s.HOME, s.MEMBER, "333333333333"})

    def path(account: str) -> Story:
        return s.story(s.key(), s.role("hub-role"), s.role(f"cdk-abcdef123-deploy-role-{account}-eu-west-1", account))

    assert shape(path(s.MEMBER).path, own) == shape(path("333333333333").path, own)
    assert shape(path(s.MEMBER).path, own) != shape(path(s.STRANGER).path, own)
    assert shape(path(s.MEMBER).path, own).endswith("(member)")
    assert shape(path(s.STRANGER).path, own).endswith("(foreign)")
    back = s.story(s.key(), s.role("a-role", s.MEMBER), s.role("b-role", s.HOME))
    assert "(hub)" in shape(back.path, own)


@pytest.mark.parametrize(
    ("address", "net"),
    [("192.0.2.77", "192.0.2.0/24"), ("10.1.2.3", "private"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("ec2.amazonaws.com", "service"),
     ("AWS Internal", "service"), ("", ""), ("198.51.100.7", "198.51.100.0/24"), ("100.64.0.1", "private"), ("fd00::1", "private"),
     ("172.32.0.1", "172.32.0.0/24"), ("100.128.0.1", "100.128.0.0/24"), ("fe80::1%eth0", "fe80::/48"), ("fe80::1%", ""),
     ("2001:DB8:0:0:1::", "2001:db8::/48"), ("192.0.2.07", "service"), ("1:2", "")],
)  # fmt: skip
def test_networks(address: str, net: str) -> None:
    assert network(address) == net


def test_clients() -> None:
    assert client("aws-cli/2 linux") == client("aws-cli/1 macos") == "aws-cli"
    assert is_browser("firefox linux")
    assert not is_browser("curl")


def test_severities_are_steps_of_the_score() -> None:
    for least, severity in LOUDNESS:
        assert (severity_of(least), severity_of(least - 1) == severity) == (severity, False)
    assert severity_of(0) == "informational"


def test_a_finding_keeps_its_id_and_every_version_has_another() -> None:
    (rule, *_) = RULES
    sample = rule.fires[0]
    first, again = findings_of(rule, sample.story, sample.past), findings_of(rule, sample.story, s.month())
    assert [one.id for one in first] == [one.id for one in again]
    assert [one.score for one in first] != [one.score for one in again]
    assert finding_id("a", 1, "x") != finding_id("a", 2, "x")
    assert len({finding_id(one.meta.id, 1, "x") for one in RULES}) == len(RULES)


def test_depth_sets_the_tone_and_novelty_the_severity() -> None:
    three = s.story(s.key(), s.role("a-role"), s.role("b-role"), s.role("c-role"))
    rule = BY_ID["chain-three"]
    severities = {one.severity for past in (s.FRESH, s.month()) for one in findings_of(rule, three, past)}
    tones = {one.tone for past in (s.FRESH, s.month()) for one in findings_of(rule, three, past)}
    assert (len(severities), tones) == (2, {"alarm"})


@pytest.mark.parametrize(
    ("policy", "mighty"),
    [
        ('{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}', True),
        ('{"Statement":{"Effect":"Allow","Action":["iam:*"],"Resource":["*"]}}', True),
        ('{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}', False),
        ('{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}', False),
        ("no json", False),
        (None, False),
    ],
)
def test_policies_that_allow_everything(policy: object, mighty: bool) -> None:
    assert allows_everything(policy) is mighty


def test_a_containment_step_is_no_attack() -> None:
    revoke = s.action("PutRolePolicy", "privilege", "stolen", kind="role", policy_name="AWSRevokeOlderSessions")
    off = s.action("UpdateAccessKey", target="AKIAIEXAMPLEXXXXXXX1", kind="access_key", status="Inactive")
    assert deed_of(revoke, s.OWN) is None
    assert deed_of(off, s.OWN) is None


def test_rules_that_habit_never_quietens() -> None:
    """Persistence, privilege, evasion, impact and off-instance use weigh the same on the eleventh day as on the first."""
    for id_ in ("persistence", "trust", "evasion", "off-instance", "unfamiliar-hands", "created-credential-used"):
        rule = BY_ID[id_]
        for sample in rule.fires:
            fresh = max(one.score for one in findings_of(rule, sample.story, s.FRESH))
            known = max(one.score for one in findings_of(rule, sample.story, s.lived(habits.shown(sample.story))))
            assert known >= fresh, id_


def test_the_folder_of_rules_is_the_list_of_rules() -> None:
    folder = Path(__file__).parents[3] / "backend" / "roletrail" / "detect" / "rules"
    assert len(list(folder.glob("[a-z]*.py"))) == len(RULES)


@pytest.mark.parametrize(
    ("detail", "audience"),
    [
        ('{"audience":"sts.amazonaws.com","duration":3600}', "sts.amazonaws.com"),
        ('{"audience":"a \\"quoted\\" one"}', 'a "quoted" one'),
        ('{"duration":3600,"audience":"later"}', "later"),
        ('{"audience":["one","two"]}', "['one', 'two']"),
        ('{"audience":"cut', ""),
        ('{"audience":""}', ""),
        ("", ""),
    ],
)
def test_an_audience_is_what_the_whole_detail_says(detail: str, audience: str) -> None:
    asked = s.story(s.origin("web", "repo:acme/shop"), s.role("ci")).asked
    assert asked is not None
    assert habits.audience_of(asked._replace(detail=detail)) == audience


@pytest.mark.parametrize("name", ["deploy", "a_b", "abcdefab-abcd-abcd-abcd-abcdefabcdef", "x\0-\0y", "role-7", "CAFEBABE-"])
def test_a_name_with_nothing_to_fold_stays(name: str) -> None:
    folded = {"abcdefab-abcd-abcd-abcd-abcdefabcdef": "<uuid>", "x\0-\0y": "x_y"}
    assert fold_name(name) == folded.get(name, name)


def test_news_are_what_is_new_by_the_end_of_its_day_or_when_the_credential_was_issued() -> None:
    today = s.T0 // DAY
    assert shows_news({today: {KEY}}, s.T0, s.month())
    assert not shows_news({today: {KEY}}, s.T0, s.month(KEY))
    assert not shows_news({today: {KEY}}, s.T0, s.FRESH)
    assert shows_news({today: {KEY}}, s.T0, Past((today - 13) * DAY - 1, Days()))  # known before the day is over
    old = Past((today - 60) * DAY, Days({KEY: range(today - 50, today - 30)}))
    assert not shows_news({today - 20: {KEY}}, (today - 20) * DAY, old)
    assert shows_news({today - 20: {KEY}}, s.T0 + 7 * DAY, old)  # the time rules ask for is not the day it was shown
