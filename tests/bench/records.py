"""Puts words to a plan: one event of the plan to the JSON text of one CloudTrail record of about 1.5 KB.

Texts are cut from templates, because a million records through `json.dumps` take minutes; the builder of the tests
(`tests.support.cloudtrail`) is the readable account of the same fields.
"""

from __future__ import annotations

import base64
import hashlib
import time

import numpy as np

from tests.bench.plan import (
    ACCOUNTS,
    BY_KEY,
    BY_SERVICE,
    EC2,
    FORWARD,
    ISSUE,
    LAMBDA,
    REGIONS,
    ROLE_COPY,
    SAML,
    SSO,
    TOKEN,
    TWIN,
    WEB,
    Plan,
)  # fmt: skip

_SCRAMBLE = 0x2545F4914F6CDD1D
_CALLS = (
    ("ec2", "DescribeInstances", '{"maxResults":100,"instancesSet":{},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"}]}},{"name":"tag:Service","valueSet":{"items":[{"value":"checkout-%s"}]}}]}}', "null"),
    ("s3", "GetBucketLocation", '{"bucketName":"company-artifacts-%s","location":"","Host":"company-artifacts.s3.eu-central-1.amazonaws.com"}', "null"),
    ("sts", "GetCallerIdentity", "null", "null"),
    ("ecs", "DescribeServices", '{"cluster":"arn:aws:ecs:eu-central-1:111111111111:cluster/shop-%s","services":["checkout","basket","search"],"include":["TAGS"]}', "null"),
    ("logs", "CreateLogStream", '{"logGroupName":"/aws/lambda/order-events","logStreamName":"2026/11/03/[$LATEST]%s"}', "null"),
    ("kms", "GenerateDataKey", '{"keyId":"arn:aws:kms:eu-central-1:111111111111:key/0f0e0d0c-0b0a-4908-8706-050403020100","keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::company-archive/%s"}}', "null"),
    ("dynamodb", "DescribeTable", '{"tableName":"orders-%s"}', "null"),
    ("ssm", "GetParameters", '{"names":["/shop/flags/%s","/shop/database/host","/shop/database/port"],"withDecryption":true}', "null"),
    ("secretsmanager", "GetSecretValue", '{"secretId":"arn:aws:secretsmanager:eu-central-1:111111111111:secret:shop/payments-%s","versionStage":"AWSCURRENT"}', "null"),
    ("elasticloadbalancing", "DescribeTargetHealth", '{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:111111111111:targetgroup/shop/%s"}', "null"),
    ("cloudformation", "DescribeStacks", '{"stackName":"shop-%s"}', "null"),
    ("iam", "GetRole", '{"roleName":"deploy-%s"}', "null"),
    ("ec2", "CreateTags", '{"resourcesSet":{"items":[{"resourceId":"vol-%s"}]},"tagSet":{"items":[{"key":"Owner","value":"platform"},{"key":"Service","value":"checkout"},{"key":"CostCenter","value":"4711"}]}}', '{"_return":true,"requestId":"3f2e1d0c-0000-4000-8000-000000000000"}'),
    ("glue", "GetTables", '{"databaseName":"sales","expression":"orders_%s","maxResults":100}', "null"),
    ("lambda", "GetFunction20150331v2", '{"functionName":"arn:aws:lambda:eu-central-1:111111111111:function:order-events-%s"}', "null"),
    ("autoscaling", "DescribeAutoScalingGroups", '{"autoScalingGroupNames":["shop-web-%s"],"maxRecords":50}', "null"),
    ("rds", "DescribeDBInstances", '{"dBInstanceIdentifier":"shop-%s"}', "null"),
    ("monitoring", "PutMetricAlarm", '{"alarmName":"shop-latency-%s","namespace":"Shop","metricName":"Latency","comparisonOperator":"GreaterThanThreshold","threshold":0.8,"period":60,"evaluationPeriods":5,"statistic":"Average","alarmActions":["arn:aws:sns:eu-central-1:111111111111:oncall"]}', "null"),
    ("sqs", "GetQueueAttributes", '{"queueUrl":"https://sqs.eu-central-1.amazonaws.com/111111111111/orders-%s","attributeNames":["All"]}', "null"),
    ("ecr", "BatchGetImage", '{"repositoryName":"shop/checkout","imageIds":[{"imageTag":"release-%s"}],"acceptedMediaTypes":["application/vnd.oci.image.manifest.v1+json","application/vnd.docker.distribution.manifest.v2+json"]}', "null"),
)  # fmt: skip
_USUAL = (0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 16, 17, 18, 19)
"""Calls by how often they are made: describing and encrypting is most of a trail, reading secrets a few in a hundred."""
_ENDPOINTS = {"s3", "kms", "sts", "ssm", "logs", "dynamodb", "ecr"}
_AGENTS = (
    "aws-cli/2.17.40 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.11.9",
    "Boto3/1.35.20 md/Botocore#1.35.20 ua/2.0 os/linux#6.1.102-108.177.amzn2023.x86_64 md/arch#x86_64 lang/python#3.12.5 cfg/retry-mode#standard",
    "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.65.0 aws-sdk-go-v2/1.30.4 os/linux lang/go#1.22.6",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
    "aws-sdk-java/2.27.21 Linux/6.1.102 OpenJDK_64-Bit_Server_VM/21.0.4+7-LTS Java/21.0.4 vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/standard",
)  # fmt: skip
_OIDC = "token.actions.githubusercontent.com"
_WRITES = ("Create", "Put")


def unique_id(prefix: str, account: str, number: int) -> str:
    """An id in today's format that encodes `account`; the same number gives the same id, another number another."""
    noise = (number * _SCRAMBLE) & 0x7FFFFFFFFF
    head = (1 << 47) | (int(account) << 7) | (noise & 0x7F)
    body = base64.b32encode(head.to_bytes(6, "big") + (noise >> 7).to_bytes(4, "big")).decode()
    return prefix + body + ("X" if prefix in ("AROA", "AIDA") else "")


def iso(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


class Writer:
    """The words of one plan. Times and roles are cached; identities are made again for each object."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.s = plan.sessions
        self._clock: dict[int, str] = {}
        self._identities: dict[int, str] = {}

    # --- names ------------------------------------------------------------------------------------------------

    def key(self, row: int, twin: int = 0) -> str:
        return unique_id("ASIA", ACCOUNTS[self.s.account[row]], row * 2 + twin + 1)

    def used_key(self, row: int, turn: int = 0) -> str:
        """Instances use both twins; Identity Center uses another key than the one issued."""
        kind = self.s.kind[row]
        return self.key(row, turn & 1 if kind == EC2 else int(kind == SSO))

    def user(self, number: int) -> tuple[str, str, str, str]:
        """Account, name, unique id and long-term key of a user."""
        account = ACCOUNTS[number % len(ACCOUNTS)]
        return (
            account,
            f"svc-{number:03d}",
            unique_id("AIDA", account, 1_000_000 + number),
            unique_id("AKIA", account, 2_000_000 + number),
        )

    def role(self, row: int) -> tuple[str, str, str]:
        """Unique id, name and ARN of a session's role."""
        account, role, kind = ACCOUNTS[self.s.account[row]], int(self.s.role[row]), self.s.kind[row]
        stem, path = ("AWSReservedSSO_Developer", "/aws-reserved/sso.amazonaws.com/") if kind == SSO else ("role", "/")
        name = f"{stem}_{role:016x}" if kind == SSO else f"{stem}-{role:02d}"
        number = int(self.s.account[row]) * 1000 + role + (500 if kind == SSO else 0)
        return unique_id("AROA", account, number), name, f"arn:aws:iam::{account}:role{path}{name}"

    def session_name(self, row: int) -> str:
        kind = self.s.kind[row]
        if kind == EC2:
            return f"i-0{row:016x}"
        if kind == LAMBDA:
            return f"orders-{row}"
        return f"person{row}@example.com" if kind in (SSO, SAML) else f"session-{row}"

    def clock(self, at: int) -> str:
        text = self._clock.get(at)
        if text is None:
            if len(self._clock) > 20000:
                self._clock.clear()
            text = self._clock[at] = iso(at)
        return text

    # --- identities ---------------------------------------------------------------------------------------------

    def identity(self, row: int, key: str, more: str = "") -> str:
        """userIdentity of a session, as every event made with `key` carries it."""
        frame = self._identities.get(row)
        if frame is None:
            if len(self._identities) > 20000:
                self._identities.clear()
            frame = self._identities[row] = self._token_frame(row) if self.s.kind[row] == TOKEN else self._role_frame(row)
        return frame.replace("%KEY%", key, 1).replace("%MORE%", more, 1)

    def _role_frame(self, row: int) -> str:
        aroa, name, arn = self.role(row)
        account, session, created = ACCOUNTS[self.s.account[row]], self.session_name(row), self.clock(int(self.s.at[row]))
        extra = ',"ec2RoleDelivery":"2.0"' if self.s.kind[row] == EC2 else ""
        scope = ""
        if self.s.kind[row] in (EC2, LAMBDA):
            kind = (
                ("AWS::EC2::Instance", "ec2", "instance/")
                if self.s.kind[row] == EC2
                else ("AWS::Lambda::Function", "lambda", "function:")
            )
            scope = f',"inScopeOf":{{"issuerType":"{kind[0]}","credentialsIssuedTo":"arn:aws:{kind[1]}:{REGIONS[0]}:{account}:{kind[2]}{session}"}}'
        return (
            f'{{"type":"AssumedRole","principalId":"{aroa}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{name}/{session}",'
            f'"accountId":"{account}","accessKeyId":"%KEY%","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{aroa}",'
            f'"arn":"{arn}","accountId":"{account}","userName":"{name}"}},"attributes":{{"creationDate":"{created}",'
            f'"mfaAuthenticated":"false"}}{extra}}}{scope}%MORE%}}'
        )

    def _token_frame(self, row: int) -> str:
        account, name, aida, _ = self.user(int(self.s.origin[row]))
        return (
            f'{{"type":"IAMUser","principalId":"{aida}","arn":"arn:aws:iam::{account}:user/{name}","accountId":"{account}",'
            f'"accessKeyId":"%KEY%","userName":"{name}","sessionContext":{{"sessionIssuer":{{}},"webIdFederationData":{{}},'
            f'"attributes":{{"creationDate":"{self.clock(int(self.s.at[row]))}","mfaAuthenticated":"true"}}}}%MORE%}}'
        )

    def user_identity(self, number: int) -> str:
        account, name, aida, akia = self.user(number)
        return (
            f'{{"type":"IAMUser","principalId":"{aida}","arn":"arn:aws:iam::{account}:user/{name}","accountId":"{account}",'
            f'"accessKeyId":"{akia}","userName":"{name}"}}'
        )

    # --- records ------------------------------------------------------------------------------------------------

    def object(self, number: int) -> list[str]:
        """Records of one object, as JSON texts."""
        events = self.plan.events
        begin, end = int(events.starts[number]), int(events.starts[number + 1])
        noise = np.random.default_rng((self.plan.seed, number)).bytes((end - begin) * 40).hex()
        cell = int(events.object[begin]) // self.plan.windows
        account, region = ACCOUNTS[cell // len(REGIONS)], REGIONS[cell % len(REGIONS)]
        rows = zip(events.at[begin:end].tolist(), events.actor[begin:end].tolist(), events.kind[begin:end].tolist(), strict=True)
        return [
            self._record(at, actor, kind, account, region, noise[80 * n : 80 * n + 80])
            for n, (at, actor, kind) in enumerate(rows)
        ]

    def _record(self, at: int, actor: int, kind: int, account: str, region: str, noise: str) -> str:
        if kind in (ISSUE, ROLE_COPY, TWIN):
            return self._issuance(at, actor, kind, account, region, noise)
        turn = int(noise[72:78], 16)
        service, name, request, response = _CALLS[_USUAL[turn % len(_USUAL)]]
        address, agent = f"203.0.113.{actor % 250}", _AGENTS[actor % len(_AGENTS)]
        if kind == BY_KEY:
            identity = self.user_identity(actor)
        elif kind == BY_SERVICE:
            identity = f'{{"type":"AWSService","invokedBy":"{service}.amazonaws.com"}}'
            address = agent = f"{service}.amazonaws.com"
        elif kind == FORWARD:
            forward = "ASIA" + base64.b32encode(bytes.fromhex(noise[40:60])).decode()
            identity = self.identity(actor, forward, ',"invokedBy":"cloudformation.amazonaws.com"')
            address = agent = "cloudformation.amazonaws.com"
        else:
            identity = self.identity(actor, self.used_key(actor, turn))
        return _frame(
            identity, self.clock(at), service, name, region, address, agent,
            request % noise[60:72] if "%s" in request else request, response, _uuid(noise[32:64]), _uuid(noise[:32]),
            account, _additional(noise, turn, actor % 4 == 0 and service in _ENDPOINTS) if address[0] == "2" else None,
        )  # fmt: skip

    def _issuance(self, at: int, row: int, kind: int, account: str, region: str, noise: str) -> str:
        s = self.s
        parent, how = int(s.parent[row]), s.kind[row]
        name, identity, address, agent = "AssumeRole", "", f"203.0.113.{row % 250}", _AGENTS[row % len(_AGENTS)]
        aroa, _, arn = self.role(row)
        session, key = self.session_name(row), self.key(row, int(kind == TWIN))
        request = f'{{"roleArn":"{arn}","roleSessionName":"{session}","durationSeconds":3600}}'
        assumed = f',"assumedRoleUser":{{"assumedRoleId":"{aroa}:{session}","arn":"arn:aws:sts::{ACCOUNTS[s.account[row]]}:assumed-role/{arn.rsplit("/", 1)[1]}/{session}"}}'
        shared = ""
        if kind == ROLE_COPY or (parent >= 0 and s.account[parent] != s.account[row]):
            shared = _uuid(f"{(self.plan.seed + 1) * (row + 1) * _SCRAMBLE:032x}"[-32:])
        if kind == ROLE_COPY:
            identity = (
                f'{{"type":"AWSAccount","principalId":"{self._caller(parent)}","accountId":"{ACCOUNTS[s.account[parent]]}"}}'
            )
        elif parent >= 0:
            identity = self.identity(parent, self.used_key(parent, row))
        elif how in (EC2, LAMBDA):
            address = agent = "ec2.amazonaws.com" if how == EC2 else "lambda.amazonaws.com"
            identity, assumed, shared = f'{{"type":"AWSService","invokedBy":"{agent}"}}', "", _uuid(noise[8:40])
        elif how in (SAML, SSO):
            name, provider = "AssumeRoleWithSAML", f"arn:aws:iam::{account}:saml-provider/company"
            identity = f'{{"type":"SAMLUser","principalId":"kQm3company:{session}","userName":"{session}","identityProvider":"{provider}"}}'
            request = request[:-1] + f',"principalArn":"{provider}","sAMLAssertionID":"_{noise[:32]}"}}'
            assumed += f',"subject":"{session}","issuer":"https://idp.example.com","nameQualifier":"kQm3company"'
        elif how == WEB:
            name, provider = "AssumeRoleWithWebIdentity", f"arn:aws:iam::{account}:oidc-provider/{_OIDC}"
            subject = f"repo:company/shop-{row % 40}:ref:refs/heads/main"
            identity = f'{{"type":"WebIdentityUser","principalId":"{provider}:sts.amazonaws.com:{subject}","userName":"{subject}","identityProvider":"{provider}"}}'
            assumed += f',"subjectFromWebIdentityToken":"{subject}","provider":"{provider}","audience":"sts.amazonaws.com"'
        else:
            identity = self.user_identity(int(s.origin[row]))
        if how == TOKEN:
            name, assumed = "GetSessionToken", ""
            request = f'{{"durationSeconds":43200,"serialNumber":"arn:aws:iam::{account}:mfa/phone"}}'
        request_id = _uuid(f"{(self.plan.seed + 7) * (row * 2 + (kind == TWIN) + 1) * _SCRAMBLE:032x}"[-32:])
        token = base64.b64encode(hashlib.shake_128(request_id.encode()).digest(420)).decode()
        answer = f'{{"credentials":{{"accessKeyId":"{key}","sessionToken":"IQoJb3JpZ2luX2VjE{token}","expiration":"{_expiration(at + 3600)}"}}{assumed}}}'
        more = f',"sharedEventID":"{shared}"' if shared else ""
        if how != TOKEN:
            more += f',"resources":[{{"accountId":"{ACCOUNTS[s.account[row]]}","type":"AWS::IAM::Role","ARN":"{arn}"}}]'
        return _frame(
            identity,
            self.clock(at),
            "sts",
            name,
            region,
            address,
            agent,
            request,
            answer,
            request_id,
            _uuid(noise[:32]),
            account,
            more,
        )

    def _caller(self, parent: int) -> str:
        if self.s.kind[parent] == TOKEN:
            return self.user(int(self.s.origin[parent]))[2]
        return f"{self.role(parent)[0]}:{self.session_name(parent)}"


def _additional(noise: str, turn: int, endpoint: bool) -> str:
    """What S3 and others add, and the VPC endpoint a workload reaches some services through."""
    more = ""
    if turn & 1:
        opaque = base64.b64encode(bytes.fromhex(noise)).decode() + noise[20:60]
        more = (
            ',"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,'
            f'"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{opaque}","bytesTransferredOut":{turn % 90000}}}'
        )
    if endpoint:
        more += ',"vpcEndpointId":"vpce-0a1b2c3d4e5f60718","vpcEndpointAccountId":"111111111111"'
    elif turn % 3:
        arn = f"arn:aws:s3:::company-archive-{turn % 50}/2026/11/03/part-{noise[66:72]}"
        more += f',"resources":[{{"accountId":"111111111111","type":"AWS::S3::Object","ARN":"{arn}"}}]'
    return more


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _expiration(at: int) -> str:
    moment = time.gmtime(at)
    return time.strftime(f"%b {moment.tm_mday}, %Y, {moment.tm_hour % 12 or 12}:%M:%S %p", moment)


def _frame(
    identity: str, at: str, service: str, name: str, region: str, address: str, agent: str, request: str, response: str,
    request_id: str, event_id: str, account: str, more: str | None,
) -> str:  # fmt: skip
    read = "false" if name.startswith(_WRITES) or name == "GetSessionToken" else "true"
    tls = (
        ""
        if more is None
        else f',"tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}'
    )
    return (
        f'{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{at}","eventSource":"{service}.amazonaws.com","eventName":"{name}",'
        f'"awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}","requestParameters":{request},"responseElements":{response},'
        f'"requestID":"{request_id}","eventID":"{event_id}","readOnly":{read},"eventType":"AwsApiCall","managementEvent":true,'
        f'"recipientAccountId":"{account}","eventCategory":"Management"{tls}{more or ""}}}'
    )
