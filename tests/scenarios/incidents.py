"""The three sample incidents. Each returns the records of its own folder; the noise of the company is in `noise`."""

from __future__ import annotations

from tests.scenarios import estate
from tests.support import sign_in, workloads
from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Record, Trail, at

KALI = "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 lang/python#3.11.9 md/distrib#kali.2024"
MAC = "aws-cli/2.15.30 md/awscrt#0.19.19 ua/2.0 os/macos#23.6.0 md/arch#arm64 lang/python#3.11.8 Darwin/23.6.0"
SCRIPT = "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.5.0 md/arch#x86_64 lang/python#3.11.6"


def key_to_persistence() -> list[Record]:
    """A leaked long-term key assumes three roles in a row, across three accounts, and leaves a key of its own behind."""
    trail = Trail(SeededIds("key-to-persistence"))
    _nightly_copy(trail, "2026-11-07")
    stolen = estate.backup_key().at("198.51.100.77", KALI)
    trail.call(stolen, at("2026-11-07", "02:11:04"), "sts", "GetCallerIdentity")
    trail.denied(stolen, at("2026-11-07", "02:11:31"), "iam", "ListAttachedUserPolicies", {"userName": "backup-sync"})
    trail.denied(stolen, at("2026-11-07", "02:12:02"), "iam", "ListRoles")
    trail.denied_assume(stolen, at("2026-11-07", "02:13:20"), estate.CI_RELEASE)

    reader = trail.assume(stolen, at("2026-11-07", "02:14:10"), estate.ARTIFACT_READER, "backup-sync")
    trail.call(reader, at("2026-11-07", "02:14:41"), "s3", "ListBuckets")
    for offset, key in enumerate(("shop/terraform.tfstate", "shop/outputs.json", "release/config.yaml")):
        trail.call(
            reader, at("2026-11-07", "02:15:07") + 9 * offset, "s3", "GetObject", {"bucketName": "hl-artifacts", "key": key}
        )

    deploy = trail.assume(reader, at("2026-11-07", "02:19:33"), estate.DEPLOY_SHOP, "release-2291")
    trail.call(deploy, at("2026-11-07", "02:20:02"), "sts", "GetCallerIdentity")
    trail.call(deploy, at("2026-11-07", "02:20:40"), "iam", "GetAccountAuthorizationDetails", {"filter": ["Role"]})
    trail.call(deploy, at("2026-11-07", "02:22:15"), "secretsmanager", "ListSecrets")
    trail.denied(deploy, at("2026-11-07", "02:23:01"), "secretsmanager", "GetSecretValue", {"secretId": "shop/payments"})
    trail.call(deploy, at("2026-11-07", "02:24:18"), "ec2", "DescribeInstances", {"maxResults": 1000})
    trail.denied_assume(deploy, at("2026-11-07", "02:27:45"), estate.PLATFORM_OPERATOR)

    admin = trail.assume(deploy, at("2026-11-07", "02:31:09"), estate.DATA_PLATFORM_ADMIN, "botocore-session-1794018669")
    trail.call(admin, at("2026-11-07", "02:31:30"), "iam", "ListUsers")
    name = "svc-metrics-export"
    user_id = trail.create_user(admin, at("2026-11-07", "02:33:12"), name)
    policy = {"userName": name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    trail.call(admin, at("2026-11-07", "02:33:29"), "iam", "AttachUserPolicy", policy)
    left = trail.create_access_key(admin, at("2026-11-07", "02:33:50"), name, user_id)
    trail.denied(admin, at("2026-11-07", "02:34:22"), "cloudtrail", "StopLogging", {"name": "hl-organisation-trail"})

    trail.call(left, at("2026-11-07", "02:36:40"), "sts", "GetCallerIdentity")
    trail.call(left, at("2026-11-07", "02:37:02"), "secretsmanager", "ListSecrets")
    trail.call(left, at("2026-11-07", "02:37:30"), "secretsmanager", "GetSecretValue", {"secretId": "warehouse/redshift-owner"})
    later = left.at("192.0.2.146", SCRIPT)
    trail.call(later, at("2026-11-07", "09:20:11"), "sts", "GetCallerIdentity")
    for number in range(12):
        key = f"exports/customers/part-{number:05d}.parquet"
        trail.call(
            later, at("2026-11-07", "09:21:00") + 4 * number, "s3", "GetObject", {"bucketName": "hl-warehouse", "key": key}
        )
    return trail.records


def ssrf_instance() -> list[Record]:
    """A request forgery makes a web server hand out its role's credentials; they go on to two more roles."""
    trail = Trail(SeededIds("ssrf-instance"))
    began = at("2026-11-08", "00:04:11")
    agent_key, twin = workloads.instance(
        trail, began, estate.STOREFRONT_WEB, estate.STOREFRONT_INSTANCE, address=estate.STOREFRONT_ADDRESS
    )
    agent = agent_key.at(estate.SHOP_EGRESS, workloads.SSM_AGENT)
    for hour in range(5):
        request = {"instanceId": estate.STOREFRONT_INSTANCE, "agentVersion": "3.3.859.0"}
        trail.call(agent, began + 60 + 3600 * hour, "ssm", "UpdateInstanceInformation", request)
        trail.call(agent_key, began + 300 + 3600 * hour, "s3", "GetObject",
                   {"bucketName": "hl-shop-assets", "key": f"banner/{hour}.webp"}, **estate.SHOP_ENDPOINT)  # fmt: skip

    thief = twin.at("198.51.100.23", SCRIPT)
    trail.call(thief, at("2026-11-08", "01:12:09"), "sts", "GetCallerIdentity")
    trail.call(thief, at("2026-11-08", "01:12:44"), "s3", "ListBuckets")
    trail.denied(thief, at("2026-11-08", "01:13:20"), "iam", "ListRoles")
    trail.denied_assume(thief, at("2026-11-08", "01:14:02"), estate.PLATFORM_OPERATOR)
    trail.call(thief, at("2026-11-08", "01:16:31"), "ssm", "GetParametersByPath", {"path": "/shop/", "withDecryption": True})

    sync = trail.assume(thief, at("2026-11-08", "01:21:57"), estate.INVENTORY_SYNC, "inventory")
    trail.call(sync, at("2026-11-08", "01:22:20"), "sts", "GetCallerIdentity")
    trail.call(sync, at("2026-11-08", "01:23:05"), "dynamodb", "ListTables")
    trail.call(sync, at("2026-11-08", "01:23:40"), "dynamodb", "Scan", {"tableName": "shop-stock"})

    loader = trail.assume(sync, at("2026-11-08", "01:30:12"), estate.WAREHOUSE_LOADER, "nightly-load", external_id="stock-feed")
    trail.call(loader, at("2026-11-08", "01:30:40"), "glue", "GetTables", {"databaseName": "sales"})
    for number in range(9):
        key = f"sales/orders/2026/11/{number + 1:02d}.parquet"
        trail.call(
            loader, at("2026-11-08", "01:33:00") + 11 * number, "s3", "GetObject", {"bucketName": "hl-warehouse", "key": key}
        )
    replication = {"bucketName": "hl-warehouse", "ReplicationConfiguration": {"Role": estate.WAREHOUSE_LOADER.arn}}
    trail.denied(loader, at("2026-11-08", "01:36:30"), "s3", "PutBucketReplication", replication)
    return trail.records


def instance_key_elsewhere() -> list[Record]:
    """An instance's credentials, seen first where they belong and then from a laptop. CloudTrail itself proves the egress."""
    trail = Trail(SeededIds("instance-key-elsewhere"))
    _egress_facts(trail)
    began = at("2026-11-06", "20:01:17")
    agent_key, twin = workloads.instance(
        trail, began, estate.METRICS_COLLECTOR, estate.METRICS_INSTANCE, address=estate.METRICS_ADDRESS
    )
    agent = agent_key.at(estate.WAREHOUSE_EGRESS, workloads.SSM_AGENT)
    for hour in range(5):
        request = {"instanceId": estate.METRICS_INSTANCE, "agentVersion": "3.3.859.0"}
        trail.call(agent, began + 45 + 3600 * hour, "ssm", "UpdateInstanceInformation", request)
        trail.call(agent_key, began + 600 + 3600 * hour, "monitoring", "PutMetricData", {"namespace": "Warehouse"},
                   **estate.WAREHOUSE_ENDPOINT)  # fmt: skip
    laptop = twin.at("198.51.100.201", MAC)
    trail.call(laptop, at("2026-11-06", "22:15:03"), "sts", "GetCallerIdentity")
    trail.call(laptop, at("2026-11-06", "22:15:51"), "s3", "ListBuckets")
    trail.denied(laptop, at("2026-11-06", "22:16:30"), "iam", "ListUsers")
    trail.call(laptop, at("2026-11-06", "22:18:12"), "ec2", "DescribeSnapshots", {"ownersSet": {"items": [{"owner": "self"}]}})
    for number in range(6):
        key = f"metrics/raw/{number:04d}.json.gz"
        trail.call(laptop, at("2026-11-06", "22:20:00") + 7 * number, "s3", "GetObject", {"bucketName": "hl-metrics", "key": key})
    return trail.records


def _nightly_copy(trail: Trail, day: str) -> None:
    """What the stolen key does on every other night too."""
    usual = estate.backup_key()
    trail.call(usual, at(day, "01:30:00"), "s3", "ListObjects", {"bucketName": "hl-artifacts"})
    for number in range(3):
        key = f"release/2026-11-06/{number}.tar.zst"
        trail.call(usual, at(day, "01:30:08") + 12 * number, "s3", "GetObject", {"bucketName": "hl-artifacts", "key": key})


def _egress_facts(trail: Trail) -> None:
    """How the collector's subnet reaches the internet, as its builder's own calls tell it."""
    builder = sign_in.identity_center(
        trail, at("2026-11-06", "08:12:40"), estate.DIRECTORY, estate.PEOPLE["farid.haddad"], "farid.haddad@example.com",
        estate.PLATFORM[estate.WAREHOUSE], address=estate.OFFICE, agent=estate.TERRAFORM_AGENT,
    )  # fmt: skip
    subnet, gateway, allocation = "subnet-0d1c2b3a495867f01", "nat-0a9b8c7d6e5f40312", "eipalloc-0123abcd4567ef890"
    begin = at("2026-11-06", "08:20:00")
    trail.call(builder, begin, "ec2", "AllocateAddress", {"domain": "vpc"},
               response={"publicIp": estate.WAREHOUSE_EGRESS, "domain": "vpc", "allocationId": allocation})  # fmt: skip
    trail.call(builder, begin + 20, "ec2", "CreateNatGateway", {"CreateNatGatewayRequest": {"SubnetId": subnet, "AllocationId": allocation}},
               response={"CreateNatGatewayResponse": {"natGateway": {"natGatewayId": gateway, "subnetId": subnet}}})  # fmt: skip
    route = {"routeTableId": "rtb-01234567890abcdef", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": gateway}
    trail.call(builder, begin + 95, "ec2", "CreateRoute", route, response={"_return": True})
    associated = {"routeTableId": "rtb-01234567890abcdef", "subnetId": "subnet-0aa11bb22cc33dd44"}
    trail.call(
        builder, begin + 110, "ec2", "AssociateRouteTable", associated, response={"associationId": "rtbassoc-0f0e0d0c0b0a09080"}
    )


INCIDENTS = {
    "key-to-persistence": key_to_persistence,
    "ssrf-instance": ssrf_instance,
    "instance-key-elsewhere": instance_key_elsewhere,
}
