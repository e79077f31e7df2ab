// principals
// Role or user a role session's parent acted as, and the role it obtained.
UNWIND $rows AS r
MATCH (p:Subject {id: r.parent}) MATCH (c:Subject {id: r.child})
WITH r, coalesce(p.roleArn, p.arn) AS principal, c.roleArn AS role
WHERE principal IS NOT NULL AND role IS NOT NULL
RETURN r.parent, r.child, principal, role

// count_up
UNWIND $rows AS r
MERGE (p:AWSPrincipal {arn: r.principal})
MERGE (c:AWSPrincipal {arn: r.role})
SET c:AWSRole
MERGE (p)-[a:ASSUMED_ROLE]->(c)
SET a.count = coalesce(a.count, 0) + r.count,
    a.first = CASE WHEN a.first IS NULL OR r.first < a.first THEN r.first ELSE a.first END,
    a.last = CASE WHEN a.last IS NULL OR r.last > a.last THEN r.last ELSE a.last END

// count_again
// Something of these pairs went away: what is left says how many, the first and the last.
UNWIND $rows AS r
OPTIONAL MATCH (c:Identity {roleArn: r.role})<-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]-(p:Subject)
WHERE coalesce(p.roleArn, p.arn) = r.principal
WITH r, count(e) AS count, min(e.at) AS first, max(e.at) AS last
OPTIONAL MATCH (:AWSPrincipal {arn: r.principal})-[a:ASSUMED_ROLE]->(:AWSPrincipal {arn: r.role})
FOREACH (_ IN CASE WHEN count = 0 AND a IS NOT NULL THEN [1] ELSE [] END | DELETE a)
FOREACH (_ IN CASE WHEN count > 0 THEN [1] ELSE [] END |
  MERGE (x:AWSPrincipal {arn: r.principal})
  MERGE (y:AWSPrincipal {arn: r.role})
  SET y:AWSRole
  MERGE (x)-[n:ASSUMED_ROLE]->(y)
  SET n.count = count, n.first = first, n.last = last)
