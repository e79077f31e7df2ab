"""Steps of generated logs for the rows of the semantics' table of issuances that need more than one record, or a rare service.

`logs.STEPS` has the common ones. Every step takes the writer of a log and returns the credential it made, if any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import identities, sign_in, workloads
from tests.support.cloudtrail import role_session
from tests.support.identities import Credential, Role

if TYPE_CHECKING:
    from tests.support.logs import Writer

CLUSTER = "arn:aws:eks:eu-central-1:111111111111:cluster/shop"
INSTANCE = "i-0aaaaaaaaaaaaaaa1"
STORE = "arn:aws:identitystore::333333333333:identitystore/d-0123456789"
_ADDRESS = "198.51.100.77"
_SERVICE_LINKED = Role("111111111111", "AWSServiceRoleForRDS", "AROAEXAMPLELINKEDRDS1", "/aws-service-role/rds.amazonaws.com/")
_CHINESE = Role("444444444444", "A", "AROAEXAMPLECHINAROLE1", partition="aws-cn")


def pod(w: Writer) -> Credential:
    """EKS Pod Identity (2.16): the node asks eks-auth, then the service gets the pod its credentials."""
    w.trail.call(w.anyone(), w.now, "eks-auth", "AssumeRoleForPodIdentity", {"clusterName": "shop"})
    tags = [{"key": "eks-cluster-arn", "value": CLUSTER}, {"key": "kubernetes-namespace", "value": "shop"}]
    asked = {"tags": tags, "transitiveTagKeys": ["eks-cluster-arn", "kubernetes-namespace"]}
    name = "eks-shop-orders-" + w.random.choice(("11111111", "22222222"))
    return workloads.deliver(w.trail, w.now, "pods.eks", w.role(), name, key=w.key(), knows_role=True, request=asked)


def certificate(w: Writer) -> Credential:
    """Roles Anywhere (2.17): CreateSession by a certificate, then the service assumes the role for it."""
    asked = {
        "cert": "REDACTED",
        "roleArn": w.roles[0].arn,
        "profileArn": "arn:aws:rolesanywhere:eu-central-1:111111111111:profile/p",
    }
    w.trail.record(w.now, "rolesanywhere.amazonaws.com", "CreateSession", {"type": "Unknown", "accountId": "111111111111"},
                   account="111111111111", address=_ADDRESS, agent="CredHelper/1.1.1", request=asked)  # fmt: skip
    return workloads.deliver(w.trail, w.now, "rolesanywhere", w.roles[0], "0a1b2c", key=w.key(), knows_role=True)


def service_linked(w: Writer) -> None:
    """A service-linked role at work (F8): several issuances of one name and second, calls without a key."""
    calls = [("ec2", "DescribeSubnets")]
    workloads.service_linked(w.trail, w.now, "rds", _SERVICE_LINKED, "housekeeping", calls, copies=w.random.choice((1, 3)))


def service(w: Writer) -> Credential:
    """A service without a workload of its own, and Lambda's control plane, whose session names are no functions (2.2)."""
    name, session = w.random.choice((("inspector2", "scan"), ("lambda", "awslambda_7_20261102101500000"), ("glue", "GlueJob")))
    return workloads.deliver(w.trail, w.now, name, w.role(), session, key=w.key(), knows_role=w.random.random() < 0.5)


def command_line(w: Writer) -> Credential:
    """`aws login` (2.12): a token grant by a console session, whose creation date the command line's keys carry."""
    console = sign_in.console_session(w.trail, w.now, w.random.choice(w.users), address=_ADDRESS, key=w.key())
    w.use(console)
    return sign_in.aws_login(w.trail, w.now + 18, console, key=w.key())


def portal_tokens(w: Writer) -> Credential:
    """Identity Center (2.13): CreateToken by its user, CreateTokenWithIAM by an application's own role."""
    person = identities.identity_center_user("333333333333", "976710cc5d-1", STORE, w.trail.ids.request())
    fields = {"account": "333333333333", "address": _ADDRESS, "agent": sign_in.BROWSER, "eventType": "AwsServiceEvent"}
    w.trail.record(w.now, "sso.amazonaws.com", "CreateToken", person, **fields)
    w.trail.call(
        w.anyone(), w.now, "sso-oauth", "CreateTokenWithIAM", additionalEventData={"identitystore:UserId": "976710cc5d-1"}
    )
    reserved = sign_in.reserved_role("111111111111", "Readers", "AROAEXAMPLERESERVED2", "0123456789abcdef")
    directory = sign_in.Directory("333333333333", "d-0123456789")
    return sign_in.identity_center(w.trail, w.now, directory, "976710cc5d-1", "alice@example.com", reserved,
                                   address=_ADDRESS, issued=w.key(), used=w.key())  # fmt: skip


def across_partitions(w: Writer) -> Credential:
    """GetWebIdentityToken in one partition, AssumeRoleWithWebIdentity in another (2.15)."""
    token = "token-" + w.key()
    asker = w.anyone()
    w.trail.call(asker, w.now, "sts", "GetWebIdentityToken", response={"webIdentityTokenId": token})
    issuer = "outbound.sts.amazonaws.com/444444444444"
    child = sign_in.web_identity(w.trail, w.now, _CHINESE, issuer, "sts.amazonaws.com.cn", "arn:aws:iam::111111111111:role/A",
                                 w.name(), address=_ADDRESS, key=w.key(), agent="aws-cli/2")  # fmt: skip
    w.trail.records[-1]["requestParameters"]["webIdentityTokenId"] = token
    said = w.random.choice((asker.identity["arn"], "arn:aws:iam::444444444444:role/other", ""))
    if said:
        w.trail.records[-1]["additionalEventData"] = {
            "crossPartitionData": {"sourcePrincipalArn": said, "sourceRegion": "us-east-1"}
        }
    return child


def managed_instance(w: Writer) -> Credential:
    """Default host management (2.18): the instance's own identity asks Systems Manager for a role's token."""
    identity = {
        "type": "AssumedRole", "principalId": f"111111111111:aws:ec2-instance:{INSTANCE}", "accountId": "111111111111",
        "arn": f"arn:aws:sts::111111111111:assumed-role/aws:ec2-instance/{INSTANCE}", "accessKeyId": w.trail.ids.unique("ASIA", "", w.key()),
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "111111111111:aws:ec2-instance",
                                             "arn": "arn:aws:iam::111111111111:role/aws:ec2-instance", "accountId": "111111111111",
                                             "userName": "aws:ec2-instance"},
                           "attributes": identities.attributes(w.now), "ec2RoleDelivery": "2.0"},
    }  # fmt: skip
    itself = Credential(identity, "111111111111", "10.0.1.5", workloads.SSM_AGENT)
    w.trail.call(itself, w.now, "ssm", "RequestManagedInstanceRoleToken", eventCategory="Data", managementEvent=False)
    return workloads.deliver(w.trail, w.now, "ssm", w.roles[0], INSTANCE, key=w.key(), address="10.0.1.5")


def identity_pool(w: Writer) -> Credential:
    """Cognito (2.19): an identity of a pool gets credentials through AssumeRoleWithWebIdentity."""
    asked = {"identityId": "eu-central-1:aaaaaaaa-0000-4000-8000-000000000001"}
    w.trail.record(w.now, "cognito-identity.amazonaws.com", "GetCredentialsForIdentity", {"type": "Unknown", "accountId": "111111111111"},
                   account="111111111111", address=_ADDRESS, agent="app", request=asked, managementEvent=False, eventCategory="Data")  # fmt: skip
    return sign_in.web_identity(w.trail, w.now, w.roles[0], "cognito-identity.amazonaws.com", "eu-central-1:pool", asked["identityId"],
                                "CognitoIdentityCredentials", address="cognito-identity.amazonaws.com", key=w.key(), agent="cognito")  # fmt: skip


def role_in_the_console(w: Writer) -> Credential | None:
    """A role session signs in to the console (2.9), through a link (2.10) or straight from its identity provider."""
    by = w.anyone()
    if by.identity["type"] != "AssumedRole":
        return None
    if w.random.random() < 0.5:
        sign_in.get_signin_token(w.trail, w.now, by, w.random.choice(("python-requests/2.32.3", "Jersey/2.46")))
        opened = w.now + w.random.choice((4, 4, 895, 1000))
        sign_in.console_login(w.trail, opened, by.identity, by.account, address=_ADDRESS)
        return by.using(w.trail.ids.unique("ASIA", by.account, w.key())).with_context(attributes=identities.attributes(opened))
    provider = f"arn:aws:iam::{by.account}:saml-provider/corp"
    sign_in.console_login(
        w.trail, w.now, by.identity, by.account, address=_ADDRESS, additionalEventData={"SamlProviderArn": provider}
    )
    return by.using(w.trail.ids.unique("ASIA", by.account, w.key()))


def root_in_the_console(w: Writer) -> Credential:
    """Root signs in with a password (2.8); half the time its keys come a second late."""
    root = identities.root("222222222222", "")
    sign_in.console_login(w.trail, w.now, root, "222222222222", address=_ADDRESS)
    key = w.trail.ids.unique("ASIA", "222222222222", w.key())
    return Credential(identities.root("222222222222", key, w.now + w.random.choice((0, 1))), "222222222222", _ADDRESS)


def own_key(w: Writer) -> None:
    """A record that says parent and child share one access key, as AWS's samples do (F17)."""
    by = w.anyone()
    w.trail.assume(by, w.now, w.role(), w.name(), copies="caller",
                   response={"credentials": {"accessKeyId": by.key, "expiration": "Nov 2, 2026, 12:00:00 PM"}})  # fmt: skip


def stolen_label(w: Writer) -> Credential:
    """A key issued to one session and used under another name: reuse, tampering or careless anonymisation (J1x)."""
    child = w.trail.assume(w.users[0], w.now, w.roles[0], w.name(), key=w.key())
    return role_session(w.roles[w.random.choice((1, 2))], "other", child.key, w.now, child)


def unnamed_service(w: Writer) -> None:
    """A forward access session whose service is not said ('AWS Internal', F7)."""
    by = w.anyone()
    created = w.now if by.key.startswith("AKIA") else 0
    w.trail.call(by, w.now, "ssm", "PutParameter")
    workloads.forward_access(w.trail, by, w.now, "ssm", "kms", "Decrypt", key=w.key(), created=created, invoked_by="AWS Internal")


def renewed_hourly(w: Writer) -> Credential:
    """Two roles take turns (juggling), starting from whoever comes by."""
    session = w.anyone()
    for turn in range(4):
        session = w.trail.assume(session, w.now, w.roles[turn % 2], w.name(), key=w.key())
        w.use(session)
        w.now += w.random.choice((0, 1, 3000))
    return session


def source_identity(w: Writer) -> Credential:
    """A source identity set by the issuance, kept by the use, changed by it, or said by neither side."""
    child = w.trail.assume(w.anyone(), w.now, w.role(), w.name(), key=w.key(), source_identity=w.random.choice(("alice", "bob")))
    if w.random.random() < 0.4:
        child = child.with_context(sourceIdentity=w.random.choice(("alice", "mallory", None)))
    if w.random.random() < 0.5:
        child = child.using(w.trail.ids.unique("ASIA", child.account, w.key()))
    return child


def one_name_for_two(w: Writer) -> Credential:
    """Two users assume one role under one name in one second (T25); one of the keys, or a third, is used."""
    role, name = w.role(), w.name()
    first = w.trail.assume(w.users[0], w.now, role, name, key=w.key())
    second = w.trail.assume(w.users[1], w.now, role, name, key=w.key())
    return w.random.choice((first, second, second.using(w.trail.ids.unique("ASIA", role.account, w.key()))))


def vendor(w: Writer) -> Credential:
    """A caller whose own trail is not loaded (J10): of a session these logs know, or of a stranger."""
    by = w.anyone()
    if w.random.random() < 0.3:
        stranger = Role("999999999999", "Vendor", "AROAEXAMPLEVENDORROLE")
        by = role_session(stranger, "scan", w.trail.ids.unique("ASIA", "", w.key()), w.now - 60, w.users[0])
    home = w.random.choice([role for role in w.roles if role.account != by.account])
    if w.random.random() < 0.4:
        policy = (
            f'{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{w.random.choice((by.account, "*", "333333333333"))}"}}}}]}}'
        )
        owner = Credential(identities.root(home.account, f"AKIAEXAMPLEROOT{home.account[:5]}"), home.account)
        w.trail.call(owner, w.now - 30, "iam", "UpdateAssumeRolePolicy", {"roleName": home.name, "policyDocument": policy})
    return w.trail.assume(by, w.now, home, w.name(), key=w.key(), copies="role", external_id=w.random.choice(("", "x-17")))


def handed_over(w: Writer) -> Credential:
    """A service is handed a role and soon uses it; half the time it had another session of the role as well."""
    role, by = w.roles[w.random.choice((0, 1))], w.anyone()
    kind = w.random.choice(("task", "build", "anywhere", "set"))
    if kind == "task":
        w.trail.call(by, w.now - 60, "ecs", "RegisterTaskDefinition", {"family": "orders", "taskRoleArn": role.arn})
        if w.random.random() < 0.5:
            workloads.deliver(w.trail, w.now - 20, "ecs-tasks", role, "fedcba9876543210fedcba9876543210", key=w.key())
        return workloads.deliver(w.trail, w.now, "ecs-tasks", role, "0123456789abcdef0123456789abcdef", key=w.key())
    if kind == "build":
        w.trail.call(by, w.now - 60, "codebuild", "CreateProject", {"name": "release", "serviceRole": role.arn})
        return workloads.deliver(w.trail, w.now, "codebuild", role, "AWSCodeBuild-release-1", key=w.key())
    if kind == "anywhere":
        asked = {"name": "laptops", "roleArns": [role.arn]}
        w.trail.call(by, w.now - 60, "rolesanywhere", "CreateProfile", asked)
        return workloads.deliver(w.trail, w.now, "rolesanywhere", role, "0a1b2c", key=w.key(), knows_role=True)
    w.trail.call(by, w.now - 60, "sso", "CreatePermissionSet", {"name": "Readers"})
    return portal_tokens(w)


def password_set(w: Writer) -> Credential:
    """Somebody gives a user a password, who then signs in with it."""
    user = w.random.choice(w.users)
    name = {"userName": user.identity["userName"]}
    by = w.random.choice([one for one in w.crowd if one.account == user.account])
    w.trail.call(by, w.now - 90, "iam", w.random.choice(("CreateLoginProfile", "UpdateLoginProfile")), name)
    return sign_in.console_session(w.trail, w.now, user, address=_ADDRESS, key=w.key())


def undated(w: Writer) -> Credential:
    """Records that lost their creationDate, of a session of its own name (J11) and of one whose name others bear."""
    name = w.random.choice((w.name(), "lone" + w.key()))
    role = w.role()
    child = w.trail.assume(w.anyone(), w.now, role, name, key=w.key())
    if w.random.random() < 0.5:
        w.use(child)
    if w.random.random() < 0.4:
        w.trail.assume(w.anyone(), w.now + 300, role, name, key=w.key())
    other = child.using(w.trail.ids.unique("ASIA", child.account, w.key()))
    return other.with_context(attributes={"mfaAuthenticated": "false"})


def shifted(w: Writer) -> Credential:
    """Uses whose creationDate is a second or two off their issuance (J4), and GetSessionToken's keys used as others (J5)."""
    user = w.random.choice(w.users)
    if w.random.random() < 0.5:
        child = w.trail.get_session_token(user, w.now, key=w.key())
        return child.using(w.trail.ids.unique("ASIA", child.account, w.key()))
    role, name = w.role(), "late" + w.key()
    child = w.trail.assume(user, w.now, role, name, key=w.key())
    key = w.trail.ids.unique("ASIA", role.account, w.key())
    return role_session(role, name, key, w.now + w.random.choice((-3, -2, -1, 1, 2, 3)), child)


def itself(w: Writer) -> Credential:
    """A role session assumes its own role under its own name, in the second it began or later."""
    role, name = w.role(), w.name()
    child = w.trail.assume(w.anyone(), w.now, role, name, key=w.key())
    return w.trail.assume(child, w.now + w.random.choice((0, 0, 1, 60)), role, name, key=w.key())
