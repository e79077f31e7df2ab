"""What calls do to data: read, shared out, destroyed, spent (semantics 6b). One table; pure.

Counted calls are data events, folded by resource; the others are kept one by one.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, cast

from roletrail.lineage.model import Action

SECTIONS = ("read", "shared", "destroyed", "spent")


class Counted(NamedTuple):
    section: str
    kind: str  # of the resource
    member: str  # of requestParameters that names it, or "resources"


_COUNTED_ROWS = """
s3 | read bucket bucketName | GetObject GetObjectTorrent SelectObjectContent GetObjectVersion
s3 | destroyed bucket bucketName | DeleteObject DeleteObjects DeleteObjectVersion
dynamodb | read table tableName | GetItem Query Scan ExportTableToPointInTime
dynamodb | destroyed table tableName | DeleteItem
kms | read key resources | Decrypt ReEncrypt
ecr | read repository repositoryName | GetDownloadUrlForLayer
bedrock | spent model modelId | InvokeModel InvokeModelWithResponseStream Converse ConverseStream
"""

_KEPT_ROWS = """
secretsmanager | read secret | GetSecretValue BatchGetSecretValue
ssm | read parameter | GetParameter GetParameters GetParametersByPath GetParameterHistory
ec2 | read volume | CreateSnapshot CreateSnapshots CreateImage
rds | read database | CreateDBSnapshot CreateDBClusterSnapshot StartExportTask
ec2 | shared image | ModifyImageAttribute ModifySnapshotAttribute
rds | shared snapshot | ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute
s3 | shared bucket | PutBucketPolicy PutBucketAcl PutObjectAcl PutBucketReplication PutBucketPublicAccessBlock DeletePublicAccessBlock DeleteBucketPublicAccessBlock
kms | shared key | PutKeyPolicy CreateGrant
lambda | shared function | AddPermission AddLayerVersionPermission CreateFunctionUrlConfig UpdateFunctionUrlConfig
ram | shared share | CreateResourceShare AssociateResourceShare
secretsmanager | shared secret | PutResourcePolicy ReplicateSecretToRegions
dynamodb | shared table | PutResourcePolicy
ecr | shared repository | SetRepositoryPolicy PutReplicationConfiguration
sns | shared topic | AddPermission
sqs | shared queue | AddPermission
s3 | destroyed bucket | DeleteBucket PutBucketLifecycle PutBucketLifecycleConfiguration
kms | destroyed key | ScheduleKeyDeletion DisableKey DeleteImportedKeyMaterial
secretsmanager | destroyed secret | DeleteSecret
ssm | destroyed parameter | DeleteParameter DeleteParameters
rds | destroyed database | DeleteDBInstance DeleteDBCluster DeleteDBSnapshot DeleteDBClusterSnapshot
dynamodb | destroyed table | DeleteTable DeleteBackup
ec2 | destroyed image | DeleteSnapshot DeleteVolume DeregisterImage TerminateInstances
backup | destroyed backup | DeleteRecoveryPoint DeleteBackupVault
elasticfilesystem | destroyed file_system | DeleteFileSystem
redshift | destroyed cluster | DeleteCluster DeleteClusterSnapshot
ecr | destroyed repository | DeleteRepository BatchDeleteImage
logs | destroyed log_group | DeleteLogGroup DeleteLogStream
ec2 | spent instance | RunInstances StartInstances RequestSpotInstances RequestSpotFleet
sagemaker | spent notebook | CreateNotebookInstance CreateTrainingJob CreateProcessingJob
"""


def _counted() -> dict[tuple[str, str], Counted]:
    table: dict[tuple[str, str], Counted] = {}
    for row in _COUNTED_ROWS.strip().splitlines():
        service, nature, names = (cell.strip() for cell in row.split("|"))
        counted = Counted(*nature.split())
        table.update(dict.fromkeys(((f"{service}.amazonaws.com", name) for name in names.split()), counted))
    return table


def _kept() -> dict[tuple[str, str], str]:
    table: dict[tuple[str, str], str] = {}
    for row in _KEPT_ROWS.strip().splitlines():
        service, nature, names = (cell.strip() for cell in row.split("|"))
        table.update(dict.fromkeys(((f"{service}.amazonaws.com", name) for name in names.split()), nature.split()[0]))
    return table


COUNTED = _counted()
KEPT = _kept()

EVERYBODY = "everybody"
_API_DATE = re.compile(r"20[0-9]{6}(?:v[0-9]+)?$")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_PUBLIC_ACL = ("public-read", "public-read-write", "authenticated-read", "AllUsers", "AuthenticatedUsers")


def section_of(action: Action) -> str:
    """What an action that is kept one by one did to data; "" when nothing of that kind."""
    source = action.event_source.removesuffix(".cn")
    return KEPT.get((source, action.event_name)) or KEPT.get((source, _API_DATE.sub("", action.event_name)), "")


def receivers(action: Action) -> tuple[str, ...]:
    """Who was let in by an action that shares: other accounts, services, or everybody; in order."""
    try:
        detail: dict[str, Any] = json.loads(action.detail) if action.detail else {}
    except ValueError:
        return ()
    said: set[str] = set()
    for name in ("accounts", "principal", "grantee", "groups"):
        said.update(_named(detail.get(name)))
    said.update(_principals(detail.get("policy")))
    said.update(_of_acl(detail))
    return tuple(sorted(said - {action.account, ""}))


def _named(value: Any) -> set[str]:
    """Accounts within principals; `all` and `*` are everybody."""
    found: set[str] = set()
    for one in _listed(value):
        if isinstance(one, str) and one:
            accounts = _ACCOUNT.findall(one)
            found.update(accounts or [EVERYBODY if one in ("*", "all") else one[:200]])
    return found


def _of_acl(detail: dict[str, Any]) -> set[str]:
    text = f"{detail.get('canned', '')} {detail.get('acl', '')}"
    return {EVERYBODY} if any(word in text for word in _PUBLIC_ACL) else set()


def _principals(policy: Any) -> set[str]:
    """Principals that a policy document allows."""
    try:
        document: Any = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:  # cut, or no JSON: what it names it names
        return set(_ACCOUNT.findall(policy))
    found: set[str] = set()
    for statement in _listed(_member(document, "Statement")):
        if _member(statement, "Effect") == "Allow":
            principal = _member(statement, "Principal")
            for one in principal.values() if hasattr(principal, "values") else [principal]:
                found |= _named(one)
    return found


def _member(value: Any, name: str) -> Any:
    return value.get(name) if hasattr(value, "get") else None


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]
