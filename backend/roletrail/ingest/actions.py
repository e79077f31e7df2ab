"""The table of notable calls, as data: what an investigation must be able to name one by one.

`Q.` paths start at requestParameters, `S.` at responseElements; alternatives are parted by spaces, the first present wins,
and a list counts by its first entry for a target and whole for a detail. Source: semantics of pivots (IAM, EC2, Lambda,
SSM, ... API references); Lambda's event names carry API dates, which are cut off before look-up.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import msgspec

from roletrail.ingest.members import items_at, text
from roletrail.ingest.record import Record


class Path(NamedTuple):
    """Where a value stands: in requestParameters or else in responseElements, under these names."""

    in_request: bool
    names: tuple[str, ...]


class Notable(NamedTuple):
    """How one call is kept. `detail` maps names of Action.detail to paths (what joins read of it: `lineage.link.touch`)."""

    category: str
    target_kind: str
    target: tuple[Path, ...]
    detail: tuple[tuple[str, tuple[Path, ...]], ...]


_API_DATE = re.compile(r"20\d{6}(?:v\d+)?$")
_encode = msgspec.json.Encoder(order="sorted").encode
MOST_LIST = 50
"""Entries of a list kept in a detail; the evidence record has all of them."""

_ROWS = """
iam CreateAccessKey | persistence access_key | S.accessKey.accessKeyId | user_name=S.accessKey.userName,Q.userName access_key_id=S.accessKey.accessKeyId status=S.accessKey.status
iam UpdateAccessKey | persistence access_key | Q.accessKeyId | user_name=Q.userName access_key_id=Q.accessKeyId status=Q.status
iam DeleteAccessKey | evasion access_key | Q.accessKeyId | user_name=Q.userName access_key_id=Q.accessKeyId
iam CreateUser | persistence user | Q.userName | user_name=Q.userName user_id=S.user.userId user_arn=S.user.arn
iam DeleteUser | evasion user | Q.userName | user_name=Q.userName
iam CreateLoginProfile UpdateLoginProfile ChangePassword | persistence user | Q.userName S.loginProfile.userName | user_name=Q.userName,S.loginProfile.userName
iam DeleteLoginProfile | evasion user | Q.userName | user_name=Q.userName
iam CreateVirtualMFADevice EnableMFADevice DeactivateMFADevice | persistence mfa_device | Q.serialNumber Q.virtualMFADeviceName | user_name=Q.userName serial=Q.serialNumber,S.virtualMFADevice.serialNumber
iam CreateServiceSpecificCredential UploadSSHPublicKey UploadSigningCertificate | persistence user | Q.userName | user_name=Q.userName
iam AddUserToGroup | privilege user | Q.userName | user_name=Q.userName group_name=Q.groupName
iam AttachUserPolicy PutUserPolicy DetachUserPolicy DeleteUserPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary | privilege user | Q.userName | user_name=Q.userName policy_arn=Q.policyArn policy_name=Q.policyName policy=Q.policyDocument
iam AttachRolePolicy PutRolePolicy DetachRolePolicy DeleteRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary | privilege role | Q.roleName | role_name=Q.roleName policy_arn=Q.policyArn policy_name=Q.policyName policy=Q.policyDocument
iam AttachGroupPolicy PutGroupPolicy | privilege group | Q.groupName | group_name=Q.groupName policy_arn=Q.policyArn policy_name=Q.policyName policy=Q.policyDocument
iam CreatePolicyVersion SetDefaultPolicyVersion CreatePolicy | privilege policy | Q.policyArn S.policy.arn | policy_arn=Q.policyArn,S.policy.arn policy_name=Q.policyName policy=Q.policyDocument set_as_default=Q.setAsDefault version=Q.versionId,S.policyVersion.versionId
iam CreateRole | trust role | Q.roleName | role_name=Q.roleName role_arn=S.role.arn role_id=S.role.roleId policy=Q.assumeRolePolicyDocument
iam UpdateAssumeRolePolicy | trust role | Q.roleName | role_name=Q.roleName policy=Q.policyDocument
iam DeleteRole | evasion role | Q.roleName | role_name=Q.roleName
iam CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider | trust saml_provider | S.sAMLProviderArn Q.sAMLProviderArn Q.name | provider_arn=S.sAMLProviderArn,Q.sAMLProviderArn name=Q.name
iam CreateOpenIDConnectProvider AddClientIDToOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint DeleteOpenIDConnectProvider | trust oidc_provider | S.openIDConnectProviderArn Q.openIDConnectProviderArn Q.url | provider_arn=S.openIDConnectProviderArn,Q.openIDConnectProviderArn url=Q.url client_id=Q.clientID
iam CreateInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile | workload instance_profile | Q.instanceProfileName | instance_profile=Q.instanceProfileName role_name=Q.roleName
iam CreateServiceLinkedRole | trust role | S.role.roleName Q.aWSServiceName | role_name=S.role.roleName role_arn=S.role.arn role_id=S.role.roleId
rolesanywhere CreateTrustAnchor UpdateTrustAnchor EnableTrustAnchor DisableTrustAnchor DeleteTrustAnchor | trust trust_anchor | S.trustAnchor.trustAnchorArn Q.trustAnchorId Q.name | trust_anchor=S.trustAnchor.trustAnchorArn name=Q.name
rolesanywhere CreateProfile UpdateProfile EnableProfile | trust rolesanywhere_profile | S.profile.profileArn Q.profileId Q.name | profile_arn=S.profile.profileArn passed_roles=S.profile.roleArns,Q.roleArns name=Q.name
rolesanywhere DisableProfile DeleteProfile | containment rolesanywhere_profile | S.profile.profileArn Q.profileId | profile_arn=S.profile.profileArn
rolesanywhere ImportCrl | trust crl | S.crl.crlId Q.name | trust_anchor=Q.trustAnchorArn
sso CreatePermissionSet AttachManagedPolicyToPermissionSet PutInlinePolicyToPermissionSet | trust permission_set | Q.name S.permissionSet.name Q.permissionSetArn | permission_set=S.permissionSet.permissionSetArn,Q.permissionSetArn name=Q.name,S.permissionSet.name policy_arn=Q.managedPolicyArn
sso CreateAccountAssignment DeleteAccountAssignment | trust account_assignment | Q.permissionSetArn | permission_set=Q.permissionSetArn account_id=Q.targetId principal_id=Q.principalId principal_type=Q.principalType
identitystore CreateUser DeleteUser | persistence idc_user | S.userId Q.userId Q.userName | user_id=S.userId,Q.userId user_name=Q.userName
identitystore CreateGroupMembership | privilege idc_user | Q.memberId.userId | user_id=Q.memberId.userId group_id=Q.groupId
sso-directory CreateUser UpdatePassword AddMemberToGroup | persistence idc_user | Q.userId S.user.userId Q.userName | user_id=Q.userId,S.user.userId user_name=Q.userName
ec2 RunInstances | workload instance | S.instancesSet.instanceId Q.instancesSet.imageId | instances=S.instancesSet.instanceId instance_profile=Q.iamInstanceProfile.arn,Q.iamInstanceProfile.name,S.instancesSet.iamInstanceProfile.arn private_addresses=S.instancesSet.privateIpAddress image_id=Q.instancesSet.imageId subnet_id=S.instancesSet.subnetId vpc_id=S.instancesSet.vpcId count=Q.instancesSet.maxCount instance_type=Q.instanceType launch_template=Q.launchTemplate.launchTemplateId tags=S.instancesSet.tagSet,Q.tagSpecificationSet.tags
ec2 AssociateIamInstanceProfile | workload instance | Q.AssociateIamInstanceProfileRequest.InstanceId Q.instanceId | instances=Q.AssociateIamInstanceProfileRequest.InstanceId,Q.instanceId instance_profile=Q.AssociateIamInstanceProfileRequest.IamInstanceProfile.Arn,Q.AssociateIamInstanceProfileRequest.IamInstanceProfile.Name,Q.iamInstanceProfile.arn,Q.iamInstanceProfile.name association_id=S.AssociateIamInstanceProfileResponse.iamInstanceProfileAssociation.associationId
ec2 ReplaceIamInstanceProfileAssociation | workload instance | S.ReplaceIamInstanceProfileAssociationResponse.iamInstanceProfileAssociation.instanceId Q.ReplaceIamInstanceProfileAssociationRequest.AssociationId | instances=S.ReplaceIamInstanceProfileAssociationResponse.iamInstanceProfileAssociation.instanceId instance_profile=Q.ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile.Arn,Q.ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile.Name association_id=Q.ReplaceIamInstanceProfileAssociationRequest.AssociationId
ec2 DisassociateIamInstanceProfile | workload instance | S.DisassociateIamInstanceProfileResponse.iamInstanceProfileAssociation.instanceId Q.DisassociateIamInstanceProfileRequest.AssociationId | instances=S.DisassociateIamInstanceProfileResponse.iamInstanceProfileAssociation.instanceId
ec2 StartInstances StopInstances TerminateInstances RebootInstances | network instance | Q.instancesSet.instanceId | instances=Q.instancesSet.instanceId
ec2 ModifyInstanceAttribute | lateral instance | Q.instanceId | instances=Q.instanceId attribute=Q.attribute user_data=Q.userData
ec2 ModifyInstanceMetadataOptions | evasion instance | Q.ModifyInstanceMetadataOptionsRequest.InstanceId Q.instanceId | instances=Q.ModifyInstanceMetadataOptionsRequest.InstanceId,Q.instanceId http_tokens=Q.ModifyInstanceMetadataOptionsRequest.HttpTokens,Q.httpTokens
ec2 GetPasswordData GetConsoleScreenshot EnableSerialConsoleAccess | lateral instance | Q.instanceId | instances=Q.instanceId
ec2-instance-connect SendSSHPublicKey SendSerialConsoleSSHPublicKey OpenTunnel | lateral instance | Q.instanceId | instances=Q.instanceId os_user=Q.instanceOSUser
ssm SendCommand | lateral instance | Q.instanceIds | instances=Q.instanceIds document=Q.documentName command_id=S.command.commandId targets=Q.targets
ssm StartSession ResumeSession | lateral instance | Q.target | instances=Q.target document=Q.documentName session_id=S.sessionId
ssm CreateAssociation StartAutomationExecution CreateDocument UpdateDocument | lateral document | Q.instanceId Q.documentName Q.name | instances=Q.instanceId document=Q.documentName,Q.name targets=Q.targets passed_role=Q.parameters.AutomationAssumeRole
lambda CreateFunction | workload function | Q.functionName | function_name=Q.functionName function_arn=S.functionArn passed_role=Q.role,S.role
lambda UpdateFunctionCode UpdateFunctionConfiguration | workload function | Q.functionName | function_name=Q.functionName function_arn=S.functionArn passed_role=Q.role,S.role layers=Q.layers
lambda AddPermission CreateFunctionUrlConfig UpdateFunctionUrlConfig AddLayerVersionPermission | trust function | Q.functionName Q.layerName | function_name=Q.functionName principal=Q.principal auth_type=Q.authType
lambda CreateEventSourceMapping | persistence function | Q.functionName | function_name=Q.functionName
ecs RegisterTaskDefinition | workload task_definition | S.taskDefinition.taskDefinitionArn Q.family | task_definition=S.taskDefinition.taskDefinitionArn passed_role=Q.taskRoleArn execution_role_arn=Q.executionRoleArn
ecs RunTask StartTask CreateService UpdateService | workload task | S.tasks.taskArn Q.taskDefinition Q.serviceName | task_arns=S.tasks.taskArn task_definition=Q.taskDefinition,S.tasks.taskDefinitionArn cluster=Q.cluster passed_role=Q.overrides.taskRoleArn
ecs ExecuteCommand | lateral task | Q.task | task_arns=S.taskArn,Q.task cluster=Q.cluster
codebuild CreateProject UpdateProject | workload build | Q.name | name=Q.name passed_role=Q.serviceRole
codebuild StartBuild | workload build | Q.projectName | name=Q.projectName build_id=S.build.id passed_role=Q.serviceRoleOverride,S.build.serviceRole
glue CreateDevEndpoint UpdateDevEndpoint CreateJob UpdateJob StartJobRun | workload job | Q.endpointName Q.name Q.jobName | name=Q.endpointName,Q.name,Q.jobName passed_role=Q.roleArn,Q.role,Q.jobUpdate.role
sagemaker CreateNotebookInstance CreateTrainingJob CreateProcessingJob CreatePresignedNotebookInstanceUrl CreateDomain | workload notebook | Q.notebookInstanceName Q.trainingJobName Q.processingJobName Q.domainName | name=Q.notebookInstanceName,Q.trainingJobName,Q.processingJobName passed_role=Q.roleArn
cloudformation CreateStack UpdateStack CreateChangeSet CreateStackSet ExecuteChangeSet | workload stack | Q.stackName Q.stackSetName | stack_name=Q.stackName,Q.stackSetName stack_id=S.stackId passed_role=Q.roleARN,Q.administrationRoleARN
states CreateStateMachine UpdateStateMachine | workload state_machine | S.stateMachineArn Q.stateMachineArn Q.name | name=Q.name passed_role=Q.roleArn
batch RegisterJobDefinition SubmitJob | workload job | Q.jobDefinitionName Q.jobName | name=Q.jobDefinitionName,Q.jobName passed_role=Q.containerProperties.jobRoleArn
datapipeline CreatePipeline PutPipelineDefinition | workload pipeline | Q.pipelineId Q.name | name=Q.name
autoscaling AttachInstances | workload instance | Q.instanceIds | instances=Q.instanceIds group=Q.autoScalingGroupName
autoscaling DetachInstances EnterStandby | containment instance | Q.instanceIds | instances=Q.instanceIds group=Q.autoScalingGroupName
autoscaling CreateLaunchConfiguration CreateAutoScalingGroup | workload instance_profile | Q.iamInstanceProfile Q.autoScalingGroupName | instance_profile=Q.iamInstanceProfile
scheduler CreateSchedule | persistence schedule | Q.name | name=Q.name passed_role=Q.target.roleArn
eks CreateAccessEntry AssociateAccessPolicy UpdateAccessEntry | trust cluster | Q.name Q.clusterName | principal=Q.principalArn policy_arn=Q.policyArn cluster=Q.name,Q.clusterName
eks CreatePodIdentityAssociation UpdatePodIdentityAssociation | trust cluster | Q.clusterName Q.name | passed_role=Q.roleArn namespace=Q.namespace service_account=Q.serviceAccount cluster=Q.clusterName,Q.name
cloudtrail StopLogging StartLogging DeleteTrail UpdateTrail PutEventSelectors CreateTrail DeleteEventDataStore StopEventDataStoreIngestion | evasion trail | Q.name Q.trailName Q.eventDataStore | trail=Q.name,Q.trailName,Q.eventDataStore selectors=Q.eventSelectors advanced_selectors=Q.advancedEventSelectors
guardduty DeleteDetector UpdateDetector DisassociateFromMasterAccount DisassociateFromAdministratorAccount StopMonitoringMembers CreateIPSet UpdateIPSet | evasion detector | Q.detectorId | detector=Q.detectorId enabled=Q.enable
organizations LeaveOrganization InviteAccountToOrganization CreateAccount RemoveAccountFromOrganization AttachPolicy DetachPolicy DisablePolicyType | evasion account | Q.accountId Q.targetId Q.target.id | account_id=Q.accountId,Q.targetId,Q.target.id policy_id=Q.policyId
config StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel | evasion recorder | Q.configurationRecorderName Q.deliveryChannelName |
securityhub DisableSecurityHub | evasion hub | |
ec2 DeleteFlowLogs | evasion flow_log | Q.DeleteFlowLogsRequest.FlowLogId.content Q.DeleteFlowLogsRequest.FlowLogId | flow_logs=Q.DeleteFlowLogsRequest.FlowLogId.content,Q.DeleteFlowLogsRequest.FlowLogId
route53resolver DeleteResolverQueryLogConfig DisassociateResolverQueryLogConfig | evasion query_log | Q.resolverQueryLogConfigId |
logs DeleteLogGroup DeleteLogStream | evasion log_group | Q.logGroupName |
secretsmanager GetSecretValue | impact secret | Q.secretId | secret=Q.secretId
secretsmanager ReplicateSecretToRegions | impact secret | Q.secretId | regions=Q.addReplicaRegions.region
secretsmanager BatchGetSecretValue | impact secret | Q.secretIdList | secret=Q.secretIdList
ssm GetParameter GetParameterHistory | impact parameter | Q.name | decrypted=Q.withDecryption
ssm DeleteParameter DeleteParameters | impact parameter | Q.name Q.names |
ssm GetParameters GetParametersByPath | impact parameter | Q.names Q.path | decrypted=Q.withDecryption
ec2 ModifyImageAttribute ModifySnapshotAttribute | impact image | Q.imageId Q.snapshotId | accounts=Q.launchPermission.add.userId,Q.createVolumePermission.add.userId groups=Q.launchPermission.add.group,Q.createVolumePermission.add.group
rds ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute | impact snapshot | Q.dBSnapshotIdentifier Q.dBClusterSnapshotIdentifier | accounts=Q.valuesToAdd
ec2 CreateSnapshot CreateImage CreateSnapshots | impact image | Q.volumeId Q.instanceId Q.CreateSnapshotsRequest.InstanceSpecification.InstanceId |
rds CreateDBSnapshot CreateDBClusterSnapshot ModifyDBInstance StartExportTask | impact database | Q.dBInstanceIdentifier Q.dBClusterIdentifier Q.sourceArn | bucket=Q.s3BucketName
s3 PutBucketAcl PutObjectAcl | impact bucket | Q.bucketName | bucket=Q.bucketName canned=Q.x-amz-acl acl=Q.AccessControlPolicy
s3 PutBucketReplication | impact bucket | Q.bucketName | bucket=Q.bucketName accounts=Q.ReplicationConfiguration.Rule.Destination.Account destinations=Q.ReplicationConfiguration.Rule.Destination.Bucket
s3 PutBucketPolicy DeleteBucketPolicy DeleteBucketPublicAccessBlock PutBucketLifecycle PutBucketLifecycleConfiguration PutBucketPublicAccessBlock DeletePublicAccessBlock PutBucketVersioning DeleteBucket PutBucketLogging | impact bucket | Q.bucketName | bucket=Q.bucketName policy=Q.bucketPolicy
kms PutKeyPolicy CreateGrant ScheduleKeyDeletion DisableKey DeleteImportedKeyMaterial | impact key | Q.keyId | grantee=Q.granteePrincipal policy=Q.policy
ram CreateResourceShare AssociateResourceShare | impact share | Q.name Q.resourceShareArn | accounts=Q.principals resources=Q.resourceArns
secretsmanager PutResourcePolicy DeleteSecret | impact secret | Q.secretId | policy=Q.resourcePolicy
rds DeleteDBInstance DeleteDBCluster DeleteDBSnapshot DeleteDBClusterSnapshot | impact database | Q.dBInstanceIdentifier Q.dBClusterIdentifier Q.dBSnapshotIdentifier Q.dBClusterSnapshotIdentifier |
dynamodb PutResourcePolicy | impact table | Q.resourceArn | policy=Q.policy
ecr SetRepositoryPolicy PutReplicationConfiguration DeleteRepository BatchDeleteImage | impact repository | Q.repositoryName | policy=Q.policyText
sns AddPermission | impact topic | Q.topicArn | accounts=Q.aWSAccountId,Q.aWSAccountIds
sqs AddPermission | impact queue | Q.queueUrl | accounts=Q.aWSAccountIds,Q.aWSAccountId
backup DeleteRecoveryPoint DeleteBackupVault | impact backup | Q.recoveryPointArn Q.backupVaultName |
elasticfilesystem DeleteFileSystem | impact file_system | Q.fileSystemId |
redshift DeleteCluster DeleteClusterSnapshot | impact cluster | Q.clusterIdentifier Q.snapshotIdentifier |
ec2 RequestSpotInstances RequestSpotFleet | impact instance | Q.instanceType Q.launchSpecification.instanceType | instance_type=Q.launchSpecification.instanceType
dynamodb DeleteTable DeleteBackup | impact table | Q.tableName Q.backupArn |
ec2 DeleteSnapshot DeleteVolume DeregisterImage | impact image | Q.snapshotId Q.volumeId Q.imageId |
ses PutAccountDetails UpdateAccountSendingEnabled VerifyEmailIdentity CreateEmailIdentity | impact sender | Q.emailAddress Q.emailIdentity |
bedrock PutFoundationModelEntitlement CreateFoundationModelAgreement PutUseCaseForModelAccess | impact model | Q.modelId |
ec2 AllocateAddress | network address | S.publicIp | public_ip=S.publicIp allocation_id=S.allocationId
ec2 ReleaseAddress | network address | Q.publicIp Q.allocationId | public_ip=Q.publicIp allocation_id=Q.allocationId
ec2 AssociateAddress | network address | Q.publicIp Q.allocationId | public_ip=Q.publicIp allocation_id=Q.allocationId instances=Q.instanceId interface_id=Q.networkInterfaceId private_addresses=Q.privateIpAddress association_id=S.associationId
ec2 DisassociateAddress | network address | Q.publicIp Q.associationId | public_ip=Q.publicIp association_id=Q.associationId
ec2 CreateNatGateway | network nat_gateway | S.CreateNatGatewayResponse.natGateway.natGatewayId | nat_gateway=S.CreateNatGatewayResponse.natGateway.natGatewayId subnet_id=Q.CreateNatGatewayRequest.SubnetId allocation_id=Q.CreateNatGatewayRequest.AllocationId vpc_id=S.CreateNatGatewayResponse.natGateway.vpcId
ec2 DeleteNatGateway | network nat_gateway | Q.DeleteNatGatewayRequest.NatGatewayId |
ec2 CreateRoute ReplaceRoute DeleteRoute | network route_table | Q.routeTableId | destination=Q.destinationCidrBlock,Q.destinationIpv6CidrBlock gateway=Q.gatewayId nat_gateway=Q.natGatewayId transit_gateway=Q.transitGatewayId interface_id=Q.networkInterfaceId instances=Q.instanceId
ec2 AssociateRouteTable DisassociateRouteTable | network route_table | Q.routeTableId Q.associationId | subnet_id=Q.subnetId association_id=S.associationId,Q.associationId
ec2 CreateSubnet | network subnet | S.subnet.subnetId | subnet_id=S.subnet.subnetId vpc_id=Q.vpcId cidr=Q.cidrBlock
ec2 CreateVpcEndpoint | network vpc_endpoint | S.CreateVpcEndpointResponse.vpcEndpoint.vpcEndpointId | vpc_id=Q.CreateVpcEndpointRequest.VpcId service=Q.CreateVpcEndpointRequest.ServiceName
ec2 AttachNetworkInterface DetachNetworkInterface AssignPrivateIpAddresses AssignIpv6Addresses | network interface | Q.networkInterfaceId | interface_id=Q.networkInterfaceId instances=Q.instanceId
ec2 AuthorizeSecurityGroupIngress | network security_group | Q.groupId | ports=Q.ipPermissions
iam RemoveUserFromGroup | containment user | Q.userName | user_name=Q.userName group_name=Q.groupName
iam DetachGroupPolicy DeleteGroupPolicy | containment group | Q.groupName | group_name=Q.groupName policy_arn=Q.policyArn policy_name=Q.policyName
iam DeletePolicy | containment policy | Q.policyArn | policy_arn=Q.policyArn
sso-directory DisableUser | containment idc_user | Q.userId | user_id=Q.userId
lambda PutFunctionConcurrency | containment function | Q.functionName | function_name=Q.functionName
lambda DeleteFunction DeleteFunctionUrlConfig | containment function | Q.functionName | function_name=Q.functionName
ecs StopTask | containment task | Q.task | task_arns=Q.task cluster=Q.cluster
codebuild StopBuild | containment build | Q.id | build_id=Q.id
scheduler DeleteSchedule | containment schedule | Q.name | name=Q.name
cloudformation DeleteStack | containment stack | Q.stackName | stack_name=Q.stackName
cognito-identity SetIdentityPoolRoles | trust identity_pool | Q.identityPoolId | role_arns=Q.roles
"""


def _path(text_: str) -> Path:
    root, *names = text_.split(".")
    return Path(root == "Q", tuple(names))


def _table() -> dict[tuple[str, str], Notable]:
    table: dict[tuple[str, str], Notable] = {}
    for row in _ROWS.strip().splitlines():
        call, nature, target, detail = (cell.strip() for cell in row.split("|"))
        service, *names = call.split()
        category, target_kind = nature.split()
        pairs = (pair.partition("=") for pair in detail.split())
        details = tuple((name, tuple(map(_path, paths.split(",")))) for name, _, paths in pairs)
        notable = Notable(category, target_kind, tuple(map(_path, target.split())), details)
        table.update(dict.fromkeys(((f"{service}.amazonaws.com", name) for name in names), notable))
    return table


NOTABLE = _table()
NAMES = frozenset(name for _, name in NOTABLE)


def notable(event_source: str, event_name: str) -> Notable | None:
    """The row of a call, or None for an ordinary one."""
    source = event_source.removesuffix(".cn") if event_source.endswith(".cn") else event_source
    return NOTABLE.get((source, event_name)) or NOTABLE.get((source, _API_DATE.sub("", event_name)))


def target_of(row: Notable, request: dict[str, Any], response: dict[str, Any]) -> str:
    """What the call was about, cut at 512."""
    for path in row.target:
        found = values_at(path, request, response)
        if found:
            return text(found[0])[:512]
    return ""


def detail_of(row: Notable, record: Record, request: dict[str, Any], response: dict[str, Any]) -> str:
    """JSON of what rules and pages need beside the target; texts cut at 4,096 so that a policy still fits."""
    detail: dict[str, Any] = {}
    for name, paths in row.detail:
        for path in paths:
            if found := values_at(path, request, response):
                detail[name] = found if name.endswith("s") and name != "status" else found[0]
                break
    if record.error_message:
        detail["error_message"] = record.error_message[:512]
    if record.shared_event_id:
        detail["shared_event_id"] = record.shared_event_id
    return _encode(detail).decode() if detail else ""


def values_at(path: Path, request: dict[str, Any], response: dict[str, Any]) -> list[str]:
    """Every value at a path as a text, lists flattened on the way, objects as their JSON; nothing for what was taken out."""
    current: list[Any] = [request if path.in_request else response]
    for name in path.names:
        found: list[Any] = []
        for holder in current:
            value = holder.get(name) if type(holder) is dict else None
            if type(value) is str:
                found.append(value)
            elif value is not None:
                found.extend(_entries(value))
        if not found:
            return found
        current = found[:MOST_LIST]
    return [kept for kept in map(_plain, current) if kept]


def _entries(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    wrapped = items_at(value)
    return wrapped or ([value] if value not in ("", {}) else [])


def _plain(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))[:4096]
    return text(value)[:4096]
