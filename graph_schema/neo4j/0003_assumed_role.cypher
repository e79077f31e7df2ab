// ASSUMED_ROLE is kept by what changes, and was not always: what is there is counted anew from the sessions' own edges, once.
// Another tool's relationships of the same name carry no count of ours and stay as they are.
MATCH (:AWSPrincipal)-[a:ASSUMED_ROLE]->() WHERE a.count IS NOT NULL
CALL (a) { SET a.count = 0 } IN TRANSACTIONS OF 10000 ROWS;

MATCH (p:Identity)-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]->(c:Identity)
WITH coalesce(p.roleArn, p.arn) AS principal, c.roleArn AS role, e WHERE principal IS NOT NULL AND role IS NOT NULL
WITH principal, role, count(e) AS count, min(e.at) AS first, max(e.at) AS last
CALL (principal, role, count, first, last) {
  MERGE (p:AWSPrincipal {arn: principal})
  MERGE (c:AWSPrincipal {arn: role})
  SET c:AWSRole
  MERGE (p)-[a:ASSUMED_ROLE]->(c)
  SET a.count = count, a.first = first, a.last = last
} IN TRANSACTIONS OF 1000 ROWS;

MATCH (:AWSPrincipal)-[a:ASSUMED_ROLE]->() WHERE a.count = 0
CALL (a) { DELETE a } IN TRANSACTIONS OF 10000 ROWS;
