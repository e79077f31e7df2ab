// ends
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Identity
RETURN s.id, s {.roleArn, .roleName, .name, .account, .partition, .detail}

// led_already
// What has led somewhere and is no identity yet: whatever it led to was linked before it.
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE NOT s:Identity AND EXISTS { (s)-[:ASSUMED|FEDERATED|SWITCHED|DELIVERED]->() }
RETURN s.id

// edges_around
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]-()
USING INDEX s:Subject(id)
RETURN DISTINCT type(e), startNode(e).id, endNode(e).id, properties(e)

// count_up
UNWIND $rows AS r
MERGE (p:AWSPrincipal {arn: r.principal})
MERGE (c:AWSPrincipal {arn: r.role})
SET c:AWSRole
MERGE (p)-[a:ASSUMED_ROLE]->(c)
SET a.count = coalesce(a.count, 0) + r.count,
    a.first = CASE WHEN a.first IS NULL OR r.first < a.first THEN r.first ELSE a.first END,
    a.last = CASE WHEN a.last IS NULL OR r.last > a.last THEN r.last ELSE a.last END

// count_down
// What is left, and whether the first or the last of them went.
UNWIND $rows AS r
MATCH (p:AWSPrincipal {arn: r.principal})-[a:ASSUMED_ROLE]->(:AWSPrincipal {arn: r.role})
USING INDEX p:AWSPrincipal(arn)
SET a.count = a.count - r.count
RETURN r.principal, r.role, a.count, r.first <= a.first OR r.last >= a.last

// drop_counts
UNWIND $rows AS r
MATCH (p:AWSPrincipal {arn: r.principal})-[a:ASSUMED_ROLE]->(:AWSPrincipal {arn: r.role})
USING INDEX p:AWSPrincipal(arn)
DELETE a

// measure
// The first and the last of what is left: passes over all sessions of the role.
UNWIND $rows AS r
MATCH (c:Identity)<-[e:ASSUMED|FEDERATED|SWITCHED|DELIVERED]-(p:Subject)
USING INDEX c:Identity(roleArn, lastSeen)
WHERE c.roleArn = r.role AND c.lastSeen >= 0 AND coalesce(p.roleArn, p.arn) = r.principal
WITH r, min(e.at) AS first, max(e.at) AS last WHERE first IS NOT NULL
MATCH (q:AWSPrincipal {arn: r.principal})-[a:ASSUMED_ROLE]->(:AWSPrincipal {arn: r.role})
USING INDEX q:AWSPrincipal(arn)
SET a.first = first, a.last = last
