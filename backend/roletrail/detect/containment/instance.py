"""EC2 instances: keep their disks (phase 0), cut them off and give them an empty profile (phase 1), before their role is revoked.

With a shell on the host the attacker reads every new credential as it is delivered, so the delivery stops first. A role is never
taken out of its instance profile for that: credentials are served for up to six more hours.
"""

from __future__ import annotations

from roletrail.detect.containment.case import Case, Subject, usable_account, usable_name, usable_region
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Alternative, Check, Document, Joined, Step, Var, aws

EMPTY = "roletrail-empty"
_EVERYWHERE = '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]'
_FIRST = "Reservations[0].Instances[0]"


def steps(case: Case) -> list[Step]:
    found: list[Step] = []
    for one in _instances(case).values():
        found += [_disks(one), _isolate(one), _swap(one)]
    return found


def _instances(case: Case) -> dict[str, Subject]:
    """Instances that credentials in the plan were delivered to: a session's own facts first, they have its region."""
    found: dict[str, Subject] = {}
    for one in case.attackers:
        id_ = one.node.workload_id
        if one.node.workload == "instance" and id_.startswith("i-") and usable_name(id_) and usable_account(one.node.account):
            known = found.get(id_)
            found[id_] = one if known is None or not known.region else known
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
        ),
        permissions=("ec2:CreateSnapshots", "ec2:DescribeInstances"),
        breaks="Nothing.",
        undo_text="Delete the snapshots when the case is closed.",
        checks=(Check(account, ("CreateSnapshots",), id_),),
    )  # fmt: skip


def _isolate(one: Subject) -> Step:
    id_, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    vpc, group, subnet, acl, old = (Var(name) for name in ("VPC", "GROUP", "SUBNET", "ACL", "OLD_ACL_ASSOCIATION"))
    described = ("ec2", "describe-instances", "--instance-ids", id_, "--output", "text", "--query")
    does = (
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
        console=("EC2", "Instances", id_, "Actions, Security, Change security groups", "a group without rules"),
        does=does,
        breaks="Whatever the instance serves, and everything else in its subnet while the network ACL is on it. Take it out of its "
        "auto scaling group and load balancer first, so that it is neither replaced nor stopped for you.",
        permissions=(
            "ec2:CreateSecurityGroup",
            "ec2:ModifyInstanceAttribute",
            "ec2:CreateNetworkAcl",
            "ec2:ReplaceNetworkAclAssociation",
        ),
        undo_text=f"Give it back the groups in groups-of-{id_}.txt and its subnet the network ACL it had.",
        survives="The metadata address: neither group nor ACL stops the instance from getting new credentials, and what was carried away "
        "works from anywhere until the role is revoked.",
        enough=False,
        checks=(Check(account, ("ModifyInstanceAttribute", "StopInstances"), id_),),
        alternative=Alternative(
            "Stops it instead, once its disks are kept: memory is lost, the subnet is spared.",
            (aws(account, "ec2", "stop-instances", "--instance-ids", id_, region=region),),
        ),
    )


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
    )  # fmt: skip
