// Roles that were obtained from an instance's credentials, at whatever distance, with the shortest way seen.
// $instanceId is an EC2 instance's id.
MATCH (:Instance {instanceId: $instanceId})<-[:ON]-(start:Identity)
MATCH path = (start)-[:LED_TO*1..20]->(reached:Session)-[:OF]->(role:AWSRole)
RETURN role.arn AS role, count(DISTINCT reached) AS sessions, min(length(path)) AS steps,
  datetime({epochSeconds: min(reached.firstSeen)}) AS first, datetime({epochSeconds: max(reached.lastSeen)}) AS last
ORDER BY steps, role LIMIT $limit
