// Chains that cross account borders, with the accounts of their path.
MATCH (last:Chain) WHERE last.crossing CONTAINS ' '
RETURN last.id AS session, last.label AS role, split(last.crossing, ' ') AS accounts, last.sessions AS sessions,
  datetime({epochSeconds: last.lastSeen}) AS lastSeen
ORDER BY last.lastSeen DESC LIMIT $limit
