"""EC2 instances: keep their disks (phase 0), cut them off and give them an empty profile (phase 1), before their role is revoked.

With a shell on the host the attacker reads every new credential as it is delivered, so the delivery stops first. A role is never
taken out of its instance profile for that: credentials are served for up to six more hours.
"""

from __future__ import annotations

from roletrail.detect.containment import documents
from roletrail.detect.containment.case import Case, Subject, usable, usable_name, usable_region, workloads
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Alternative, Check, Document, Joined, Step, Var, aws

EMPTY = "roletrail-empty"
_EVERYWHERE = '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
_FIRST = "Reservations[0].Instances[0]"


def steps(case: Case) -> list[Step]:
    found: list[Step] = []
    for one in workloads(case):
        if one.node.workload != "instance" or not one.node.workload_id.startswith("i-"):
            continue
        found += [_disks(one), _isolate(one, case.groups.get(one.node.workload_id, "")), _swap(one)]
    return found


def _disks(one: Subject) -> Step:
    id_, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    return Step(
        phase=0,
        name="keep the instance's disks",
        target=id_,
        account=account,
        title=f"Snapshot the disks of {id_} in {account}",
        why="What ran on the instance is on its disks. Take memory, too, if you can, before it is stopped.",
        console=("EC2", "Instances", id_, "Storage", "each volume", "Create snapshot"),
        does=(
            aws(
                account, "ec2", "create-snapshots", "--instance-specification", f"InstanceId={id_}",
                "--description", f"Evidence of {id_}", region=region,
            ),
            aws(account, "ec2", "describe-instances", "--instance-ids", id_, region=region, file=f"evidence-{account}-{id_}.json"),
            aws(account, "autoscaling", "describe-auto-scaling-instances", "--instance-ids", id_, region=region, file=f"group-of-{id_}.json"),
        ),
        permissions=("ec2:CreateSnapshots", "ec2:DescribeInstances", "autoscaling:DescribeAutoScalingInstances"),
        breaks="Nothing.",
        undo_text="Delete the snapshots when the case is closed.",
        checks=(Check(account, ("CreateSnapshots",), id_),),
    )  # fmt: skip


def _leave(one: Subject, group: str) -> tuple[Does, ...]:
    """Out of its auto scaling group, which takes it out of the group's load balancers, too, and would else replace it and end it for
    failing its health checks, with what is in its memory. The group's capacity goes down by one: a replacement would start from the
    same image, with the same role, and have the same hole (Auto Scaling: DetachInstances)."""
    if not usable(group):
        return ()
    words = ("autoscaling", "detach-instances", "--instance-ids", one.node.workload_id, "--auto-scaling-group-name", group)
    return (aws(one.node.account, *words, "--should-decrement-desired-capacity", region=usable_region(one.region)),)


def _rejoin(one: Subject, group: str) -> tuple[Does, ...]:
    words = ("autoscaling", "attach-instances", "--instance-ids", one.node.workload_id, "--auto-scaling-group-name", group)
    return (aws(one.node.account, *words, region=usable_region(one.region)),) if usable(group) else ()


def _of_group(id_: str, group: str) -> str:
    if not group:
        return (
            f"Nothing in these logs, nor in the inventory, says that it is in an auto scaling group. If group-of-{id_}.json names one, "
            "detach it first, or the group ends it for failing its health checks."
        )
    return (
        f"It is detached from {group} with --should-decrement-desired-capacity: no replacement starts from the same image with the same "
        "role. Refused at the group's minimum size: lower that first. To keep capacity, say --no-should-decrement-desired-capacity "
        "once the image is mended."
    )


def _isolate(one: Subject, scaling: str) -> Step:
    id_, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    vpc, group, subnet, acl, old = (Var(name) for name in ("VPC", "GROUP", "SUBNET", "ACL", "OLD_ACL_ASSOCIATION"))
    described = ("ec2", "describe-instances", "--instance-ids", id_, "--output", "text", "--query")
    does: tuple[Does, ...] = (
        *_leave(one, scaling),
        aws(account, *described, f"{_FIRST}.SecurityGroups[].GroupId", region=region, file=f"groups-of-{id_}.txt"),
        aws(account, *described, f"{_FIRST}.VpcId", region=region, into=vpc.name),
        aws(
            account, "ec2", "create-security-group", "--group-name", f"isolated-{id_}", "--description", "Containment: nothing in or out",
            "--vpc-id", vpc, "--query", "GroupId", "--output", "text", region=region, into=group.name,
        ),
        aws(account, "ec2", "revoke-security-group-egress", "--group-id", group, "--ip-permissions", _EVERYWHERE, region=region),
        aws(account, "ec2", "modify-instance-attribute", "--instance-id", id_, "--groups", group, region=region),
        aws(account, *described, f"{_FIRST}.SubnetId", region=region, into=subnet.name),
        aws(
            account, "ec2", "describe-network-acls", "--filters", Joined("Name=association.subnet-id,Values=", subnet.name),
            region=region, file=f"acl-of-{id_}.json",
        ),
        aws(
            account, "ec2", "describe-network-acls", "--filters", Joined("Name=association.subnet-id,Values=", subnet.name),
            "--query", Joined("NetworkAcls[0].Associations[?SubnetId=='", subnet.name, "'].NetworkAclAssociationId | [0]"),
            "--output", "text", region=region, into=old.name,
        ),
        aws(
            account, "ec2", "create-network-acl", "--vpc-id", vpc, "--query", "NetworkAcl.NetworkAclId", "--output", "text",
            region=region, into=acl.name,
        ),
        aws(
            account, "ec2", "replace-network-acl-association", "--association-id", old, "--network-acl-id", acl, region=region,
        ),
    )  # fmt: skip
    return Step(
        phase=1,
        name="isolate the instance",
        target=id_,
        account=account,
        title=f"Isolate {id_} in {account}",
        why="Credentials leave through the instance. A change of its security group does not cut connections that are already open; "
        "a network ACL that allows nothing does, for its whole subnet.",
        console=(
            *(("EC2", "Auto Scaling Groups", scaling, "Instance management", id_, "Actions, Detach, without a replacement", "then EC2") if scaling else ("EC2",)),
            "Instances", id_, "Actions, Security, Change security groups", "a group without rules",
        ),
        does=does,
        breaks="Whatever the instance serves, and everything else in its subnet while the network ACL is on it.",
        permissions=(
            *(("autoscaling:DetachInstances",) if scaling else ()),
            "ec2:CreateSecurityGroup",
            "ec2:ModifyInstanceAttribute",
            "ec2:CreateNetworkAcl",
            "ec2:ReplaceNetworkAclAssociation",
        ),
        undo=_rejoin(one, scaling),
        undo_text=f"Give it back the groups in groups-of-{id_}.txt, and its subnet the network ACL in acl-of-{id_}.json"
        f"{f'; once it is clean, {scaling} may have it back' if scaling else ''}.",
        survives="The metadata address: neither group nor ACL stops the instance from getting new credentials, and what was carried away "
        "works from anywhere until the role is revoked.",
        enough=False,
        notes=(_of_group(id_, scaling),),
        checks=(Check(account, ("ModifyInstanceAttribute", "StopInstances"), id_),),
        alternative=Alternative(
            "Stops it instead, once its disks are kept: memory is lost, the subnet is spared.",
            (*_leave(one, scaling), aws(account, "ec2", "stop-instances", "--instance-ids", id_, region=region)),
        ),
    )  # fmt: skip


def _swap(one: Subject) -> Step:
    id_, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    association = Var("PROFILE_ASSOCIATION")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Ec2", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
        ],
    }
    associated = ("ec2", "describe-iam-instance-profile-associations", "--filters", f"Name=instance-id,Values={id_}")
    does: tuple[Does, ...] = (
        Document(f"trust-{EMPTY}.json", trust, "trust"),
        aws(account, "iam", "create-role", "--role-name", EMPTY, "--assume-role-policy-document", f"file://trust-{EMPTY}.json"),
        aws(account, "iam", "create-instance-profile", "--instance-profile-name", EMPTY),
        aws(account, "iam", "add-role-to-instance-profile", "--instance-profile-name", EMPTY, "--role-name", EMPTY),
        aws(account, *associated, region=region, file=f"profile-of-{id_}.json"),
        aws(
            account, *associated, "--query", "IamInstanceProfileAssociations[0].AssociationId", "--output", "text",
            region=region, into=association.name,
        ),
        aws(
            account, "ec2", "replace-iam-instance-profile-association", "--association-id", association,
            "--iam-instance-profile", f"Name={EMPTY}", region=region,
        ),
        aws(account, "ec2", "modify-instance-metadata-options", "--instance-id", id_, "--http-tokens", "required", region=region),
    )  # fmt: skip
    return Step(
        phase=1,
        name="stop the instance's credentials",
        target=id_,
        account=account,
        roles=(one.node.role_name,) if one.node.role_name else (),
        title=f"Give {id_} an empty profile, so that it gets no more credentials of {one.node.role_name or 'its role'}",
        why="The instance gets new credentials before the old ones end: revoking its role without this hands the next ones over, too. "
        "Wait for a new AssumeRole by EC2 for this instance before the role is revoked in phase 2.",
        console=("EC2", "Instances", id_, "Actions, Security, Modify IAM role", EMPTY),
        does=does,
        breaks="Whatever the instance calls AWS for.",
        permissions=(
            "iam:CreateRole", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:PassRole",
            "ec2:ReplaceIamInstanceProfileAssociation", "ec2:ModifyInstanceMetadataOptions",
        ),
        undo_text=f"Replace the profile again with the one in profile-of-{id_}.json. Its sessions stay denied until it has newer ones.",
        survives="Credentials already handed out, both twins of them: they work for up to six and a half hours, until the role is revoked.",
        enough=False,
        notes=(
            f"If {EMPTY} is there from an earlier step, the first four lines say so and may be left out.",
            "Never take the role out of its instance profile for this: credentials are served for up to six more hours.",
        ),
        checks=(Check(account, ("ReplaceIamInstanceProfileAssociation",), id_),),
        alternative=_with_a_shell(account, one.node.role_name),
    )  # fmt: skip


def _with_a_shell(account: str, role: str) -> Alternative | None:
    """Semantics 7.9: whoever reads the metadata address reads each new credential, too, until the host is gone."""
    if not usable_name(role):
        return None
    file = f"deny-all-{account}-{role}.json"
    return Alternative(
        f"Where somebody has a shell on the host and its profile cannot be replaced: denies {role} everything until the host is rebuilt, "
        "on every instance of it.",
        (
            Document(file, documents.deny_all()),
            aws(
                account, "iam", "put-role-policy", "--role-name", role, "--policy-name", documents.QUARANTINE,
                "--policy-document", f"file://{file}",
            ),
        ),
    )  # fmt: skip
