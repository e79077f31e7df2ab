"""Credentials that services deliver, and calls that services make in somebody's name."""

from __future__ import annotations

from tests.scenarios.recipes import DATA, DAY, ELSEWHERE, HOME, OFFICE, PROD, Files, named_role, new_trail, scenario
from tests.support import sign_in, workloads
from tests.support.cloudtrail import Record, at, role_session
from tests.support.identities import Credential

LINKED = named_role(PROD, "AWSServiceRoleForRDS", path="/aws-service-role/rds.amazonaws.com/")


@scenario("t10-forward-access-of-a-key")
def forward_access_of_a_key() -> Files:
    """Secrets Manager decrypts in the caller's name with a key nothing ever issued (F7)."""
    trail = new_trail()
    key = trail.user_key(HOME, "alice", key="AKIA1")
    trail.call(key, at(DAY, "12:07:57"), "secretsmanager", "GetSecretValue", {"secretId": "db"})
    workloads.forward_access(
        trail, key, at(DAY, "12:07:57"), "secretsmanager", "kms", "Decrypt", key="ASIA9", created=at(DAY, "12:07:57")
    )
    return {"events.json": trail.records, "unnamed.json": _assumed_by_an_unnamed_service()}


def _assumed_by_an_unnamed_service() -> list[Record]:
    """A service that is not named assumes a role for a key that called twice around then, and read the whole quarter of an hour."""
    trail = new_trail(series=1)
    key = trail.user_key(HOME, "bob", key="AKIA2")
    for time in ("12:20:00", "12:21:09", "12:29:00"):
        trail.call(key, at(DAY, time), "states", "StartExecution", {"name": "run"})
    forwarded = workloads.forwarded(trail, key, "states", key="ASIA8", created=at(DAY, "12:21:10"), invoked_by="AWS Internal")
    worker = trail.assume(forwarded, at(DAY, "12:21:11"), named_role(HOME, "worker"), "run", key="K8")
    trail.call(worker, at(DAY, "12:22:00"), "s3", "ListBuckets")
    return trail.records


@scenario("t11-forward-access-fan-out")
def forward_access_fan_out() -> Files:
    trail = new_trail()
    session = trail.assume(
        trail.user_key(HOME, "alice", key="AKIA1"), at(DAY, "10:00:00"), named_role(HOME, "deploy"), "run", key="K1"
    )
    trail.call(session, at(DAY, "10:01:00"), "cloudformation", "CreateStack", {"stackName": "shop"})
    calls = (("ec2", "DescribeSubnets"), ("iam", "GetRole"), ("lambda", "GetFunction20150331v2"), ("s3", "ListBuckets"))
    for number in range(200):
        service, name = calls[number % 4]
        workloads.forward_access(
            trail, session, at(DAY, "10:01:02") + number, "cloudformation", service, name, key=f"F{number:03d}"
        )
    return {"events.json": trail.records}


@scenario("t12-service-linked-role")
def service_linked_role() -> Files:
    """Three issuances of one role, name and second: any of them has the same parent (F8)."""
    trail = new_trail()
    for number in range(3):
        workloads.deliver(
            trail, at(DAY, "01:05:00"), "rds", LINKED, "housekeeping", key=f"K{number + 1}", seconds=900, knows_role=True
        )
    host = "rds.amazonaws.com"
    worker = role_session(LINKED, "housekeeping", "", at(DAY, "01:05:00"), Credential({}, PROD, host, host))
    trail.call(worker.with_identity(invokedBy=host), at(DAY, "01:05:03"), "ec2", "DescribeSecurityGroups")
    return {"events.json": trail.records}


@scenario("t29-pod-and-node")
def pod_and_node() -> Files:
    """A pod speaks with its service account's role and, through the metadata service, with its node's role."""
    trail = new_trail()
    issuer = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE0123456789"
    agent = workloads.BOTO_ON_LINUX
    pod = sign_in.web_identity(
        trail, at(DAY, "10:00:00"), named_role(PROD, "orders-sa"), issuer, "sts.amazonaws.com",
        "system:serviceaccount:shop:orders", "botocore-session-1", address="10.30.4.17", agent=agent, key="K1",
    )  # fmt: skip
    trail.call(pod, at(DAY, "10:00:10"), "sqs", "ListQueues")
    node = workloads.deliver(
        trail, at(DAY, "09:10:00"), "ec2", named_role(PROD, "eks-node"), "i-0aaaaaaaaaaaaaaa1", key="K2", address="10.30.4.17",
        context={"ec2RoleDelivery": "2.0"},
    )  # fmt: skip
    trail.call(node, at(DAY, "10:00:20"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t30-pod-identity")
def pod_identity() -> Files:
    trail = new_trail()
    tags = [
        {"key": "eks-cluster-arn", "value": f"arn:aws:eks:eu-central-1:{PROD}:cluster/shop"},
        {"key": "kubernetes-namespace", "value": "shop"},
        {"key": "kubernetes-service-account", "value": "orders"},
        {"key": "kubernetes-pod-name", "value": "orders-7d9f"},
    ]
    pod = workloads.deliver(
        trail, at(DAY, "10:00:00"), "pods.eks", named_role(PROD, "orders-pod"), "eks-shop-orders-7d9f-0f0e0d0c", key="K1",
        address="10.30.4.18", knows_role=True,
        request={"tags": tags, "transitiveTagKeys": [tag["key"] for tag in tags]},
    )  # fmt: skip
    trail.call(pod, at(DAY, "10:00:08"), "sqs", "ListQueues")
    inherited = {tag["key"]: tag["value"] for tag in tags}
    child = trail.assume(pod, at(DAY, "10:02:00"), named_role(DATA, "reports"), "orders", key="K2",
                         request={"incomingTransitiveTags": inherited})  # fmt: skip
    trail.call(child, at(DAY, "10:02:09"), "s3", "ListBuckets")
    return {"events.json": trail.records}


@scenario("t39-instance-identity")
def instance_identity() -> Files:
    """The instance's own identity: a principal id with four colons, split on the last (F13)."""
    trail = new_trail()
    principal = f"{HOME}:aws:ec2-instance"
    identity = {
        "type": "AssumedRole",
        "principalId": f"{principal}:i-02854e4b",
        "arn": f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-instance/i-02854e4b",
        "accountId": HOME,
        "accessKeyId": trail.ids.unique("ASIA", HOME, "K1"),
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": principal, "arn": f"arn:aws:iam::{HOME}:role/aws:ec2-instance",
                              "accountId": HOME, "userName": "aws:ec2-instance"},
            "attributes": {"creationDate": f"{DAY}T09:00:00Z", "mfaAuthenticated": "false"},
            "ec2RoleDelivery": "2.0",
        },
    }  # fmt: skip
    agent = Credential(identity, HOME, OFFICE, workloads.SSM_AGENT)
    trail.call(agent, at(DAY, "09:10:00"), "ssm", "RequestManagedInstanceRoleToken")
    trail.call(agent, at(DAY, "09:15:00"), "ssm", "UpdateInstanceInformation", {"instanceId": "i-02854e4b"})
    return {"events.json": trail.records}


DARWIN = "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.8 Darwin/23.6.0"


@scenario("t43-function-key-elsewhere")
def function_key_elsewhere() -> Files:
    trail = new_trail()
    fn = workloads.function(
        trail, at(DAY, "10:00:00"), named_role(PROD, "orders-fn"), "orders", address="198.51.100.30", key="K1"
    )
    for second in range(5):
        trail.call(fn, at(DAY, "10:00:05") + 4 * second, "dynamodb", "DescribeTable", {"tableName": "orders"})
    thief = fn.at("203.0.113.221", DARWIN)
    for offset, (service, name) in enumerate(
        (("sts", "GetCallerIdentity"), ("s3", "ListBuckets"), ("dynamodb", "ListTables"), ("iam", "ListRoles"))
    ):
        trail.call(thief, at(DAY, "10:01:25") + 20 * offset, service, name)
    return {"events.json": trail.records}


@scenario("t44-task-key-elsewhere")
def task_key_elsewhere() -> Files:
    trail = new_trail()
    task = workloads.deliver(
        trail, at(DAY, "10:00:00"), "ecs-tasks", named_role(PROD, "orders-task"), "0123456789abcdef0123456789abcdef", key="K2",
        address="203.0.113.221", agent=DARWIN,
    )  # fmt: skip
    for offset, name in enumerate(("ListBuckets", "ListObjects")):
        trail.call(task, at(DAY, "10:05:00") + 30 * offset, "s3", name)
    return {"events.json": trail.records}


@scenario("t45-workload-to-console")
def workload_to_console() -> Files:
    trail = new_trail()
    fn = workloads.function(
        trail, at(DAY, "10:00:00"), named_role(PROD, "orders-fn"), "orders", address="198.51.100.30", key="K1"
    )
    trail.call(fn, at(DAY, "10:00:05"), "dynamodb", "DescribeTable", {"tableName": "orders"})
    sign_in.get_signin_token(trail, at(DAY, "10:20:00"), fn.at(ELSEWHERE))
    return {"events.json": trail.records}
