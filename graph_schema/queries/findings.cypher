// What rules found, the worst first, and the chain each is about.
MATCH (f:Finding)-[:ABOUT]->(s:Identity)
RETURN f.rule AS rule, f.severity AS severity, f.title AS title, s.id AS session, s.label AS label, s.sessions AS sessions,
  datetime({epochSeconds: f.firstSeen}) AS first
ORDER BY f.score DESC, f.lastSeen DESC LIMIT $limit
