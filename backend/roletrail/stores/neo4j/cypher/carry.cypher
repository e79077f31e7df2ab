// objects
MATCH (o:Object) RETURN o.locator ORDER BY o.number

// parts
MATCH (p:Part) MATCH (o:Object {number: p.object})
RETURN o.locator, p.k, p.attempt, p.current ORDER BY o.number, p.k

// quarantined
MATCH (q:Quarantined) MATCH (o:Object {number: q.object})
RETURN o.locator, q.record, q.reason, coalesce(q.detail, '') ORDER BY q.number

// counts
CALL () {
  MATCH (n:Caller) RETURN 'callers' AS field, count(n) AS total
  UNION MATCH (:Subject)-[n:USED]->() RETURN 'credentials' AS field, count(n) AS total
  UNION MATCH (n:Activity) RETURN 'activities' AS field, count(n) AS total
  UNION MATCH (n:ResourceUse) RETURN 'resources' AS field, count(n) AS total
  UNION MATCH (n:Addendum) RETURN 'addenda' AS field, count(n) AS total
  UNION MATCH (n:Cell) RETURN 'cells' AS field, count(n) AS total
}
RETURN field, total

// callers
MATCH (s:Caller)
RETURN s.id, s.facts, s.internal, s.count, s.errors, s.firstAt, s.firstEvent, s.lastAt, s.lastEvent

// credentials
MATCH (s:Subject)-[u:USED]->(c:Credential) RETURN s.id, c.accessKeyId, properties(u)

// activities
MATCH (n:Activity) RETURN properties(n)

// resources
MATCH (n:ResourceUse) RETURN properties(n)

// addenda
MATCH (n:Addendum) RETURN properties(n)

// issuances
MATCH (n:Issuance) WHERE NOT EXISTS { MATCH (v:Version {versionOf: n.eventId, kind: 'issuances'}) }
RETURN properties(n) ORDER BY n.number

// sign_ins
MATCH (n:SignIn) WHERE NOT EXISTS { MATCH (v:Version {versionOf: n.eventId, kind: 'sign_ins'}) }
RETURN properties(n) ORDER BY n.number

// actions
MATCH (n:Action) WHERE NOT EXISTS { MATCH (v:Version {versionOf: n.eventId, kind: 'actions'}) }
RETURN properties(n) ORDER BY n.number

// attempts
MATCH (n:Attempt) WHERE NOT EXISTS { MATCH (v:Version {versionOf: n.eventId, kind: 'attempts'}) }
RETURN properties(n) ORDER BY n.number

// versions
MATCH (v:Version) WHERE v.kind = $kind RETURN properties(v)

// cells
MATCH (c:Cell)
RETURN c.number, c.account, c.region, c.hour, c.categories, c.counts, c.firstAt, c.lastAt ORDER BY c.number

// digests
MATCH (d:Digest) RETURN properties(d) ORDER BY d.name
