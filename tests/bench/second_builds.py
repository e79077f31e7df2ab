"""The second company's ways to production: GitLab releases and previews, CodePipeline, Jenkins agents that come and go."""

from __future__ import annotations

import random

from tests.bench import second_estate as place
from tests.bench.second_estate import Company, moment
from tests.support import sign_in, workloads
from tests.support.identities import Credential

APPLY = (
    ("cloudformation", "CreateChangeSet"), ("cloudformation", "DescribeChangeSet"), ("cloudformation", "ExecuteChangeSet"),
    ("cloudformation", "DescribeStackEvents"), ("ssm", "GetParameter"), ("s3", "GetBucketLocation"),
)  # fmt: skip


def builds(company: Company, dice: random.Random, number: int) -> None:
    for _ in range(28):
        release(company, dice, number, dice.choice(company.projects))
    for _ in range(14):
        preview(company, dice, number, dice.choice(company.projects))
    for index in range(10):
        code_build(company, dice, number, index)
    for index in range(6):
        jenkins(company, dice, number, index)


def work(company: Company, who: Credential, at_: int, dice: random.Random, menu: tuple[tuple[str, str], ...], count: int) -> None:
    for turn in range(count):
        company.trail.call(who, at_ + 4 + turn * dice.randrange(2, 40), *dice.choice(menu))


def token(company: Company, at_: int, project: str, ref: str, address: str, role: str, name: str) -> Credential:
    """A GitLab job exchanges its token in the tools account."""
    kind = "tag" if ref.startswith("v") else "branch"
    subject = f"project_path:{project}:ref_type:{kind}:ref:{ref}"
    return sign_in.web_identity(
        company.trail, at_, company.role(place.TOOLS, role), place.GITLAB, "https://gitlab.example.com", subject, name,
        address=address, agent=place.NODE,
    )  # fmt: skip


def release(company: Company, dice: random.Random, number: int, project: str) -> None:
    """Main branch > tools > the account's CDK role: stacks, and now and then roles and functions, in any account."""
    trail, account = company.trail, company.accounts[dice.randrange(company.known(number))]
    at_ = moment(number, dice)
    ref = f"v{number}.{dice.randrange(40)}.0" if dice.random() < 0.1 else "main"
    build = token(company, at_, project, ref, place.runner(dice), "gitlab-release", f"gitlab-{dice.randrange(10**6, 10**7)}")
    trail.call(build, at_ + 3, "sts", "GetCallerIdentity")
    deploy = trail.assume(build, at_ + 20, company.cdk(account), "aws-cdk-gitlab")
    work(company, deploy, at_ + 21, dice, APPLY, 4)
    _stack_makes(company, dice, deploy, at_ + 200, project)


def _stack_makes(company: Company, dice: random.Random, deploy: Credential, at_: int, project: str) -> None:
    """CloudFormation works in the deployer's name; what it makes is infrastructure."""
    trail, stem = company.trail, project.replace("/", "-")
    made = dice.random()
    if made < 0.25:
        name = f"{stem}-TaskRole-{company.spare()[:12].upper()}"
        trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
        workloads.forward_access(
            trail, deploy, at_, "cloudformation", "iam", "CreateRole", request={"roleName": name, "assumeRolePolicyDocument": trust},
            response={"role": {"arn": f"arn:aws:iam::{deploy.account}:role/{name}", "roleName": name,
                               "roleId": trail.ids.unique("AROA", deploy.account)}},
        )  # fmt: skip
        workloads.forward_access(
            trail, deploy, at_ + 4, "cloudformation", "iam", "PutRolePolicy",
            request={"roleName": name, "policyName": "DefaultPolicy",
                     "policyDocument": '{"Statement":[{"Effect":"Allow","Action":["sqs:*"],"Resource":"*"}]}'},
        )  # fmt: skip
    elif made < 0.5:
        workloads.forward_access(
            trail, deploy, at_, "cloudformation", "lambda", "UpdateFunctionCode20150331v2",
            request={"functionName": f"{stem}-handler"},
            response={"functionName": f"{stem}-handler", "role": f"arn:aws:iam::{deploy.account}:role/{stem}-handler"},
        )  # fmt: skip
    elif made < 0.8:
        workloads.forward_access(
            trail, deploy, at_, "cloudformation", "ecs", "RegisterTaskDefinition",
            request={"family": stem, "taskRoleArn": f"arn:aws:iam::{deploy.account}:role/{stem}-task"},
        )  # fmt: skip


def preview(company: Company, dice: random.Random, number: int, project: str) -> None:
    """Merge requests: a branch nobody has seen before each time, one role with few rights, a sandbox account."""
    at_ = moment(number, dice)
    word = dice.choice(("fix", "feature", "chore", "renovate", "hotfix"))
    ref = f"{word}/{dice.choice(('login', 'rates', 'deps', 'map', 'retry'))}-{dice.randrange(10_000)}"
    build = token(company, at_, project, ref, place.runner(dice), "gitlab-preview", f"gitlab-{dice.randrange(10**6, 10**7)}")
    sandbox = company.role(company.accounts[dice.randrange(5)], "preview-environments")
    inside = company.trail.assume(build, at_ + 9, sandbox, "preview")
    work(company, inside, at_ + 10, dice, APPLY, 2)


def code_build(company: Company, dice: random.Random, number: int, index: int) -> None:
    """CodePipeline starts a build; the build goes on into two accounts."""
    trail, at_ = company.trail, moment(number, dice)
    session = f"AWSCodeBuild-{company.spare()[:8]}-0000-4000-8000-{company.spare()[:12]}"
    build = workloads.deliver(
        trail, at_, "codebuild", company.role(place.TOOLS, f"build-service-{index}"), session,
        address=company.nat(place.TOOLS), agent=place.BOTO, seconds=3600, knows_role=True,
    )  # fmt: skip
    trail.call(build, at_ + 2, "logs", "CreateLogStream")
    for stage in ("staging", "production"):
        account = company.accounts[(index * 2 + (stage == "production")) * 11]
        work(
            company,
            trail.assume(build, at_ + 60, company.role(account, "release"), f"pipeline-{stage}"),
            at_ + 61,
            dice,
            APPLY,
            2,
        )


def jenkins(company: Company, dice: random.Random, number: int, index: int) -> None:
    """Agents scale out: an instance lives half a day, deploys with its instance role, all behind one way out."""
    trail, at_ = company.trail, moment(number, dice, 6, 10)
    instance = f"i-0{company.spare()[:16]}"
    maker = workloads.deliver(trail, at_ - 60, "autoscaling", company.role(place.TOOLS, "AWSServiceRoleForAutoScaling",
                              "/aws-service-role/autoscaling.amazonaws.com/"), "AutoScaling", knows_role=True)  # fmt: skip
    private = f"10.60.{index}.{dice.randrange(4, 250)}"
    trail.call(
        maker.at("autoscaling.amazonaws.com", "autoscaling.amazonaws.com").with_identity(invokedBy="autoscaling.amazonaws.com"),
        at_ - 40, "ec2", "RunInstances", {"instancesSet": {"items": [{"imageId": "ami-0jenkins", "minCount": 1, "maxCount": 1}]}},
        response={"instancesSet": {"items": [{"instanceId": instance, "privateIpAddress": private}]}},
    )  # fmt: skip
    agent, twin = workloads.instance(
        trail, at_, company.role(place.TOOLS, "jenkins-agent"), instance, address=company.nat(place.TOOLS)
    )
    report = agent.at(agent.address, workloads.SSM_AGENT)
    trail.call(report, at_ + 30, "ssm", "UpdateInstanceInformation", {"instanceId": instance, "agentVersion": "3.3.859.0"})
    for turn in range(3):
        start = at_ + 900 + turn * 3000
        used = twin if turn == 1 and index == 0 else agent
        account = company.accounts[(index * 13 + turn) % company.known(number)]
        deploy = trail.assume(used.at(used.address, place.JAVA), start, company.role(account, "release"), f"jenkins-{index}")
        work(company, deploy, start + 1, dice, APPLY, 3)
