// What a session created, changed or destroyed: its notable calls, and the identities that came of them.
// $session is a session's id.
MATCH (s:Identity {id: $session})-[:DID]->(a:Action)
OPTIONAL MATCH (s)-[made:CREATED]->(child:Identity)
  WHERE any(proof IN made.evidence WHERE proof ENDS WITH a.eventId)
RETURN datetime({epochSeconds: a.at}) AS at, a.eventName AS event, a.category AS category, a.target AS target,
  a.errorCode AS error, collect(child.id) AS ledTo
ORDER BY at LIMIT $limit
