"""The same extraction and aggregation in DuckDB SQL, in its fastest known form; it links nothing.

One `from_json` over `read_json_objects` (the typed `read_json` is six times slower), event rows to Parquet, then the
aggregates over those rows: callers, activities by the same key as ingest's, credentials and issuances.
`python -m tests.bench.duckdb_sql FOLDER THREADS TARGET` prints the number of records.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

_STRUCTURE = """{"Records":[{
 "eventTime":"VARCHAR","eventID":"VARCHAR","eventSource":"VARCHAR","eventName":"VARCHAR","awsRegion":"VARCHAR",
 "sourceIPAddress":"VARCHAR","userAgent":"VARCHAR","errorCode":"VARCHAR","errorMessage":"VARCHAR","requestID":"VARCHAR",
 "sharedEventID":"VARCHAR","eventType":"VARCHAR","recipientAccountId":"VARCHAR","vpcEndpointId":"VARCHAR",
 "vpcEndpointAccountId":"VARCHAR","sessionCredentialFromConsole":"VARCHAR","readOnly":"BOOLEAN","managementEvent":"BOOLEAN",
 "userIdentity":{"type":"VARCHAR","principalId":"VARCHAR","arn":"VARCHAR","accountId":"VARCHAR","accessKeyId":"VARCHAR",
  "userName":"VARCHAR","invokedBy":"VARCHAR","identityProvider":"VARCHAR",
  "sessionContext":{"sourceIdentity":"VARCHAR","ec2RoleDelivery":"VARCHAR",
   "sessionIssuer":{"type":"VARCHAR","principalId":"VARCHAR","arn":"VARCHAR","accountId":"VARCHAR","userName":"VARCHAR"},
   "attributes":{"creationDate":"VARCHAR","mfaAuthenticated":"VARCHAR"}},
  "inScopeOf":{"issuerType":"VARCHAR","credentialsIssuedTo":"VARCHAR"},"onBehalfOf":{"userId":"VARCHAR"}},
 "requestParameters":{"roleArn":"VARCHAR","roleSessionName":"VARCHAR","externalId":"VARCHAR","sourceIdentity":"VARCHAR",
  "serialNumber":"VARCHAR","principalArn":"VARCHAR"},
 "responseElements":{"credentials":{"accessKeyId":"VARCHAR","expiration":"VARCHAR"},
  "assumedRoleUser":{"assumedRoleId":"VARCHAR","arn":"VARCHAR"},"subjectFromWebIdentityToken":"VARCHAR","provider":"VARCHAR"}
}]}"""

_ROWS = """
COPY (
  SELECT e.eventID AS event_id, epoch(e.eventTime::TIMESTAMP)::BIGINT AS event_time, e.eventSource AS event_source,
    e.eventName AS event_name, e.awsRegion AS region, e.recipientAccountId AS account, e.sourceIPAddress AS address,
    e.userAgent[:256] AS agent, e.errorCode AS error_code, e.readOnly AS read_only, e.vpcEndpointId AS vpce_id,
    e.vpcEndpointAccountId AS vpce_account, e.requestID AS request_id, e.sharedEventID AS shared_event_id,
    e.userIdentity.type AS type, e.userIdentity.principalId AS principal_id, e.userIdentity.arn AS arn,
    e.userIdentity.accessKeyId AS access_key_id, e.userIdentity.accountId AS identity_account,
    e.userIdentity.invokedBy AS invoked_by, e.userIdentity.sessionContext.attributes.creationDate AS created,
    e.userIdentity.sessionContext.attributes.mfaAuthenticated AS mfa, e.userIdentity.sessionContext.ec2RoleDelivery AS delivery,
    e.userIdentity.sessionContext.sourceIdentity AS source_identity, e.userIdentity.sessionContext.sessionIssuer.arn AS role_arn,
    e.userIdentity.inScopeOf.credentialsIssuedTo AS in_scope_of, e.requestParameters.roleArn AS asked_role,
    e.requestParameters.roleSessionName AS session_name, e.responseElements.credentials.accessKeyId AS child_key,
    e.responseElements.assumedRoleUser.assumedRoleId AS child_principal
  FROM (SELECT unnest(from_json(json, '{structure}').Records) AS e
        FROM read_json_objects('{folder}/**/*.json.gz', format='unstructured', maximum_object_size=268435456))
) TO '{target}/rows.parquet' (FORMAT parquet, COMPRESSION zstd)
"""

_AGGREGATES = """
CREATE TABLE callers AS SELECT principal_id, created, type, max(arn) AS arn, max(role_arn) AS role_arn, max(mfa) AS mfa,
  max(source_identity) AS source_identity, max(in_scope_of) AS in_scope_of, count(*) AS count, count(error_code) AS errors,
  min((event_time, event_id)) AS first_use, max((event_time, event_id)) AS last_use FROM rows WHERE type NOT IN ('AWSAccount', 'AWSService') GROUP BY ALL;
CREATE TABLE credentials AS SELECT principal_id, created, access_key_id, max(delivery) AS delivery, min((event_time, event_id)) AS first_use,
  max((event_time, event_id)) AS last_use FROM rows WHERE access_key_id IS NOT NULL GROUP BY ALL;
CREATE TABLE activities AS SELECT principal_id, created, event_time // 900 AS cell,
  CASE WHEN invoked_by IS NULL THEN access_key_id END AS access_key_id, address, vpce_id, vpce_account, delivery, invoked_by,
  split_part(agent, '/', 1) AS agent, source_identity, mfa, count(*) AS count, count(error_code) AS errors,
  histogram(event_source) AS sources, min((event_time, event_id, event_name)) AS first_use, max((event_time, event_id, event_name)) AS last_use
  FROM rows WHERE principal_id IS NOT NULL GROUP BY ALL;
CREATE TABLE issuances AS SELECT * FROM rows WHERE child_key IS NOT NULL;
"""


def main() -> None:
    folder, threads, target = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    target.mkdir(parents=True)
    with duckdb.connect(str(target / "aggregates.duckdb"), config={"threads": threads, "preserve_insertion_order": False}) as db:
        db.execute(_ROWS.format(structure=_STRUCTURE.replace("\n", ""), folder=folder, target=target))
        db.execute(f"CREATE VIEW rows AS FROM read_parquet('{target}/rows.parquet')")
        db.execute(_AGGREGATES)
        found = db.execute("SELECT count(*) FROM rows").fetchone()
        print(found[0] if found else 0)


if __name__ == "__main__":
    main()
