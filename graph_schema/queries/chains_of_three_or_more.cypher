// Chains of three or more role sessions, the last seen first: each row is one chain with its path from the root.
// Confidence is the weakest join of the path; it grades the join, never a person.
MATCH (last:Chain) WHERE last.sessions >= 3
WITH last ORDER BY last.lastSeen DESC LIMIT $limit
MATCH path = (root:Identity {id: last.root})-[:LED_TO*0..100]->(last)
RETURN last.id AS session, last.sessions AS sessions, last.confidence AS confidence,
  [step IN nodes(path) | step.label] AS path, datetime({epochSeconds: last.lastSeen}) AS lastSeen
ORDER BY last.lastSeen DESC
