// Everything that was obtained through an access key, directly or further on: sessions, keys it made, and whom those led to.
// $accessKeyId is a long-term key or a session's.
MATCH (:Credential {accessKeyId: $accessKeyId})<-[:USED]-(start:Identity)
MATCH (start)-[:LED_TO*0..50]->(behind:Identity)
WITH DISTINCT behind ORDER BY behind.firstSeen LIMIT $limit
RETURN behind.id AS id, behind.label AS label, behind.account AS account, behind.sessions AS sessions,
  datetime({epochSeconds: behind.firstSeen}) AS firstSeen, datetime({epochSeconds: behind.lastSeen}) AS lastSeen
