// Which principals assumed which roles, how often, first and last: the map of the estate. In one database with Cartography the
// same nodes carry its policies, so that what may be done and what was done meet.
MATCH (p:AWSPrincipal)-[a:ASSUMED_ROLE]->(r:AWSRole)
RETURN p.arn AS principal, r.arn AS role, a.count AS sessions,
  datetime({epochSeconds: a.first}) AS first, datetime({epochSeconds: a.last}) AS last
ORDER BY sessions DESC, principal, role LIMIT $limit
