// Role juggling: a role that is obtained again from a session of itself, so that access never ends. Longest first.
MATCH (last:Chain) WHERE last.sessions >= 3
WITH last ORDER BY last.sessions DESC LIMIT 1000
MATCH path = (:Identity {id: last.root})-[:LED_TO*1..1000]->(last)
WITH last, [step IN nodes(path) WHERE step.roleArn IS NOT NULL | step.roleArn] AS roles, nodes(path) AS steps
UNWIND roles AS role
WITH last, steps, role, count(*) AS times WHERE times >= 3
RETURN last.id AS session, role, times,
  datetime({epochSeconds: head(steps).firstSeen}) AS since, datetime({epochSeconds: last.lastSeen}) AS until
ORDER BY times DESC, session LIMIT $limit
