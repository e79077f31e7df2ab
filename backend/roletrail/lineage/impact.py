"""What calls do to data: read, shared out, destroyed, spent (semantics 6b). One table; pure.

Counted calls are data events, folded by resource; the others are kept one by one.
"""

from __future__ import annotations

from typing import NamedTuple

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
