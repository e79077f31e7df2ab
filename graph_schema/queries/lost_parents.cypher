// Sessions whose parent is not in the logs, the last seen first. Why it is not, Roletrail says on the session's page.
MATCH (s:Lost)
RETURN s.id AS session, s.label AS label, s.account AS account, s.sessions AS sessions, datetime({epochSeconds: s.lastSeen}) AS lastSeen
ORDER BY s.lastSeen DESC, session LIMIT $limit
