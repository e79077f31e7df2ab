"""The sample company: an online shop with five accounts. Names, ids and addresses are shared by its noise and its incidents.

Everything is invented. Addresses are documentation ranges: the office is 203.0.113.0/28, its AWS egress 203.0.113.64/26,
strangers speak from 198.51.100.0/24 and 192.0.2.0/24.
"""

from __future__ import annotations

from tests.support.aws_ids import SeededIds
from tests.support.cloudtrail import Trail
from tests.support.identities import Credential, Role
from tests.support.sign_in import Directory, reserved_role
from tests.support.workloads import SERVICE_LINKED_PATH

ORGANISATION = "111111111111"
TOOLING = "222222222222"
SHOP = "333333333333"
WAREHOUSE = "444444444444"
SANDBOX = "123456789012"
VENDOR = "999999999999"

FIRST_DAY = "2026-10-05"
"""A Monday. The noise lasts 35 days, to Sunday 2026-11-08; the incidents lie in its last three."""
DAYS = 35

_ids = SeededIds("sample company")
_trail = Trail(_ids)


def _role(account: str, name: str, path: str = "/") -> Role:
    return Role(account, name, _ids.unique("AROA", account, f"role {name}"), path)


def _reserved(account: str, name: str) -> Role:
    suffix = f"{sum(map(ord, account + name)) * 2654435761 % 2**64:016x}"
    return reserved_role(account, name, _ids.unique("AROA", account, f"sso {name}"), suffix)


def _service_linked(account: str, service: str, name: str) -> Role:
    return _role(account, f"AWSServiceRoleFor{name}", f"{SERVICE_LINKED_PATH}{service}.amazonaws.com/")


# continuous delivery
CI_BUILD = _role(TOOLING, "ci-build", "/pipeline/")
CI_RELEASE = _role(TOOLING, "ci-release", "/pipeline/")
DEPLOY_SHOP = _role(SHOP, "deploy-shop", "/pipeline/")
ARTIFACT_READER = _role(TOOLING, "artifact-reader")

# workloads
STOREFRONT_WEB = _role(SHOP, "storefront-web")
INVENTORY_SYNC = _role(SHOP, "inventory-sync")
ORDER_EVENTS = _role(SHOP, "order-events-fn", "/service-role/")
CHECKOUT_TASK = _role(SHOP, "checkout-task")
METRICS_COLLECTOR = _role(WAREHOUSE, "metrics-collector")
WAREHOUSE_LOADER = _role(WAREHOUSE, "warehouse-loader")
ETL_START = _role(WAREHOUSE, "etl-start-fn", "/service-role/")
RDS_LINKED = _service_linked(SHOP, "rds", "RDS")
SCALING_LINKED = _service_linked(SHOP, "autoscaling", "AutoScaling")
CONFIG_LINKED = _service_linked(WAREHOUSE, "config", "Config")

# people's roles
DATA_PLATFORM_ADMIN = _role(WAREHOUSE, "data-platform-admin")
DATA_ANALYST = _role(WAREHOUSE, "data-analyst")
PLATFORM_OPERATOR = _role(SHOP, "platform-operator")
ORG_AUDIT = _role(ORGANISATION, "org-audit")
VENDOR_SCANS = {account: _role(account, "posture-vendor-scan") for account in (ORGANISATION, TOOLING, SHOP, WAREHOUSE)}
READ_ONLY = {account: _reserved(account, "ReadOnly") for account in (ORGANISATION, TOOLING, SHOP, WAREHOUSE, SANDBOX)}
DEVELOPER = {account: _reserved(account, "Developer") for account in (SHOP, WAREHOUSE, SANDBOX)}
PLATFORM = {account: _reserved(account, "PlatformAdmin") for account in (TOOLING, SHOP, WAREHOUSE)}

DIRECTORY = Directory(ORGANISATION, "d-9967012345")
PEOPLE = {
    name: f"{index:02d}f4a8b2-30c1-70{index:02d}-9e51-4c1d2b7a90{index:02d}"
    for index, name in enumerate(
        ("anna.keller", "ben.ortiz", "chiara.rossi", "dmitri.novak", "eva.lindqvist", "farid.haddad"), start=11
    )
}

OFFICE = "203.0.113.10"
HOME_OFFICES = {"anna.keller": "203.0.113.11", "ben.ortiz": "203.0.113.12", "eva.lindqvist": "203.0.113.13"}
BACKUP_HOST = "203.0.113.40"
SHOP_EGRESS = "203.0.113.80"
WAREHOUSE_EGRESS = "203.0.113.90"
SHOP_ENDPOINT = {"vpcEndpointId": "vpce-0a1b2c3d4e5f60718", "vpcEndpointAccountId": SHOP}
WAREHOUSE_ENDPOINT = {"vpcEndpointId": "vpce-0f9e8d7c6b5a43210", "vpcEndpointAccountId": WAREHOUSE}
STOREFRONT_INSTANCE = "i-0b7e51c2f9a4d8836"
STOREFRONT_ADDRESS = "10.30.1.15"
METRICS_INSTANCE = "i-0c4d2e8f61a7b9350"
METRICS_ADDRESS = "10.40.2.21"
RUNNER_ADDRESSES = ("192.0.2.61", "192.0.2.62", "192.0.2.63", "192.0.2.64")
VENDOR_ADDRESS = "192.0.2.200"

BACKUP_AGENT = "Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.10.12"
RUNNER_AGENT = (
    "aws-sdk-js/3.637.0 ua/2.0 os/linux#6.8.0-1014-azure lang/js md/nodejs#20.16.0 api/sts#3.637.0 configure-aws-credentials"
)
TERRAFORM_AGENT = (
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 terraform-provider-aws/5.65.0 aws-sdk-go-v2/1.30.4 os/linux lang/go#1.22.6"
)


def backup_key() -> Credential:
    """The long-term key of a user that no person is: copies build artifacts to the office every night."""
    return _trail.user_key(TOOLING, "backup-sync", path="/service/", address=BACKUP_HOST, agent=BACKUP_AGENT)


def operator_key() -> Credential:
    """A long-term key whose owner goes through GetSessionToken with MFA."""
    return _trail.user_key(SHOP, "dmitri.novak", address=OFFICE)


def console_user() -> Credential:
    """An IAM user of the time before Identity Center, who signs in with a password."""
    return _trail.user_key(ORGANISATION, "eva.lindqvist", address=OFFICE)
