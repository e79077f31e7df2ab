// Who tried to obtain credentials and was refused, and of which role.
MATCH (s:Identity)-[:TRIED]->(t:Attempt)
RETURN s.id AS session, s.label AS label, t.target AS role, t.errorCode AS error, count(*) AS times,
  datetime({epochSeconds: max(t.at)}) AS last
ORDER BY times DESC, session LIMIT $limit
