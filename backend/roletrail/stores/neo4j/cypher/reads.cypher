// rows
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Identity AND s.root IS NOT NULL
RETURN s.id, properties(s), COUNT { (s)-[:LED_TO]->() }

// resolve
MATCH (s:Subject {id: $id})
OPTIONAL MATCH (s)-[:ALIAS_OF]->(t:Subject)
WITH s, min(t.id) AS target
RETURN CASE WHEN s:Identity THEN s.id ELSE target END

// resolve_all
UNWIND $rows AS id
MATCH (s:Subject {id: id})
OPTIONAL MATCH (s)-[:ALIAS_OF]->(t:Subject)
WITH s, min(t.id) AS target
RETURN CASE WHEN s:Identity THEN s.id ELSE target END

// aliases_of
MATCH (s:Subject {id: $id})<-[:ALIAS_OF]-(a:Subject)
USING INDEX s:Subject(id)
RETURN a.id ORDER BY a.id

// same_as
MATCH (s:Subject {id: $id})<-[x:ALIAS_OF]-(a:Subject)
USING INDEX s:Subject(id)
WHERE x.rule IS NOT NULL
RETURN a.id, properties(x) ORDER BY x.confidence, a.id LIMIT $limit

// paths
UNWIND $rows AS id
MATCH (leaf:Subject {id: id}) WHERE leaf:Identity AND leaf.root IS NOT NULL
MATCH path = (top:Identity)-[:LED_TO*0..]->(leaf) WHERE NOT EXISTS { (top)<-[:LED_TO]-(:Identity) }
UNWIND nodes(path) AS step
RETURN id, collect([step.id, coalesce(step.lastPivot, '') = step.id, coalesce(step.counts, false)])

// level
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[:LED_TO]->(c:Identity)
USING INDEX s:Subject(id)
RETURN c.started, c.id ORDER BY c.started, c.id LIMIT $limit

// levels
UNWIND $rows AS id
MATCH path = (s:Subject {id: id})-[:LED_TO*1..50]->(c:Identity)
USING INDEX s:Subject(id)
WITH c, length(path) AS level LIMIT $limit
RETURN level, c.started, c.id ORDER BY level, c.started, c.id

// objects
MATCH (o:Object) RETURN count(o)

// quarantined
MATCH (q:Quarantined) RETURN count(q)

// waiting
MATCH (s:Pending) RETURN count(s)

// waiting_issuances
MATCH (a:Issuance) WHERE a.number > $mark RETURN count(a)

// waiting_sign_ins
MATCH (a:SignIn) WHERE a.number > $mark RETURN count(a)

// waiting_actions
MATCH (a:Action) WHERE a.number > $mark RETURN count(a)

// lost
MATCH (s:Lost) WHERE s.lastSeen >= 0 RETURN s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// lost_total
MATCH (s:Lost) RETURN count(s)

// role_pairs
MATCH (p:Identity)-[:LED_TO]->(c:Identity)
WHERE c.counts AND coalesce(c.lastPivot, '') <> c.id
WITH coalesce(p.roleArn, '') AS above, coalesce(p.account, '') AS aboveAccount, coalesce(c.roleArn, '') AS role,
  coalesce(c.account, '') AS account, count(*) AS sessions,
  min(CASE c.firstSeen WHEN 0 THEN null ELSE c.firstSeen END) AS first, max(c.lastSeen) AS last
RETURN above, aboveAccount, role, account, sessions, coalesce(first, 0), last
ORDER BY sessions DESC, above, aboveAccount, role, account LIMIT $limit

// by_role
MATCH (s:Identity) WHERE s.roleArn = $value AND s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_account
MATCH (s:Identity) WHERE s.account = $value AND s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_address
MATCH (a:SourceAddress {address: $value})<-[:USED_FROM]-(s:Identity)
USING INDEX a:SourceAddress(address)
WHERE s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_principal
MATCH (s:Identity {principalId: $value})
WHERE s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_arn
MATCH (s:Subject {arn: $value}) WHERE s:Identity
  AND s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_instance
MATCH (s:Identity {workloadId: $value})
WHERE s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_text
MATCH (s:Identity) WHERE s.searchText CONTAINS $value
  AND s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// by_id
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Identity AND s.root IS NOT NULL
  AND s.lastSeen <= $seen AND (s.lastSeen < $seen OR s.id > $id)
RETURN DISTINCT s.lastSeen, s.id ORDER BY s.lastSeen DESC, s.id LIMIT $limit

// any_principal
RETURN EXISTS { MATCH (s:Identity {principalId: $value}) }

// named_beside_home
// A role's unique id without a session name. Its home's texts, role and account, are left out by who asks.
MATCH (s:Identity) WHERE s.searchText CONTAINS $value
RETURN s.id, s.searchText, coalesce(s.roleArn, ''), coalesce(s.account, '')

// users_of_key
MATCH (c:Credential {accessKeyId: $key})<-[:USED]-(s:Subject)
USING INDEX c:Credential(accessKeyId)
OPTIONAL MATCH (s)-[:ALIAS_OF]->(t:Subject)
RETURN s.id, t.id

// of_event
MATCH (a:Issuance {eventId: $event}) RETURN [coalesce(a.child, ''), coalesce(a.parent, '')]

// callers_of_event
CALL () {
  MATCH (a:SignIn {eventId: $event}) RETURN a.identity AS id
  UNION MATCH (a:Action {eventId: $event}) RETURN a.identity AS id
  UNION MATCH (a:Attempt {eventId: $event}) RETURN a.identity AS id
}
WITH id WHERE id IS NOT NULL
RETURN id

// entity
MATCH (e:Entity {entityId: $id})
RETURN e.entityKind, coalesce(e.address, e.account, e.instanceId, e.arn)

// activities
MATCH (a:Activity) WHERE a.identity = $id AND a.cell >= $cell
RETURN properties(a) ORDER BY a.cell LIMIT $limit

// activities_of
UNWIND $rows AS id
MATCH (a:Activity) WHERE a.identity = id AND a.cell >= $from AND a.cell < $to
RETURN properties(a)

// users_of_address
MATCH (a:SourceAddress {address: $address})<-[f:USED_FROM]-(s:Caller)
USING INDEX a:SourceAddress(address)
RETURN s.lastAt, s.id ORDER BY s.lastAt DESC, s.id SKIP $skip LIMIT $limit

// from_address
UNWIND $rows AS id
MATCH (a:Activity) WHERE a.identity = id AND a.cell >= 0 AND a.address = $address
RETURN properties(a)

// addresses
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[f:USED_FROM]->(a:SourceAddress)
USING INDEX s:Subject(id)
WHERE f.count > 0
RETURN id, a.address, f.count

// credentials
MATCH (s:Subject {id: $id})-[u:USED]->(c:Credential)
USING INDEX s:Subject(id)
RETURN c.accessKeyId, properties(u) ORDER BY c.accessKeyId LIMIT $limit

// actions
UNWIND $rows AS id
CALL (id) {
  MATCH (a:Action) WHERE a.identity = id AND a.at >= 0
  RETURN properties(a) AS row ORDER BY a.at DESC, a.eventId DESC LIMIT $limit
}
RETURN row

// attempts
UNWIND $rows AS id
CALL (id) {
  MATCH (a:Attempt) WHERE a.identity = id AND a.at >= 0
  RETURN properties(a) AS row ORDER BY a.at DESC, a.eventId DESC LIMIT $limit
}
RETURN row

// issuances_for
UNWIND $rows AS id
MATCH (a:Issuance {eventId: id}) RETURN properties(a)

// resources
UNWIND $rows AS id
MATCH (r:ResourceUse {identity: id}) RETURN properties(r)

// regions
MATCH (c:Cell) WHERE c.account = $account AND c.region > '' AND c.hour >= 0
RETURN c.region, min(c.firstAt), max(c.lastAt) ORDER BY c.region

// near
MATCH (c:Cell) WHERE c.account = $account AND c.region > '' AND c.hour >= $from AND c.hour <= $to
RETURN c.region, c.categories, c.counts

// issued_near
RETURN EXISTS {
  MATCH (s:Identity) WHERE s.account = $account AND s.lastSeen >= $from AND s.lastSeen <= $to
    AND s.counts AND s.parent IS NOT NULL
}

// accounts
MATCH (a:Account) WHERE NOT EXISTS { MATCH (c:Cell) WHERE c.account = a.account AND c.region > '' AND c.hour >= 0 }
WITH a, COUNT { MATCH (s:Identity) WHERE s.account = a.account AND s.lastSeen >= 0 } AS known
WHERE known > 0
RETURN a.account, known ORDER BY a.account

// subjects
MATCH (s:Subject) WHERE s.id > $after RETURN s.id ORDER BY s.id LIMIT $limit

// all_aliases
UNWIND $rows AS id
MATCH (a:Subject {id: id})-[x:ALIAS_OF]->(t:Subject)
USING INDEX a:Subject(id)
RETURN id, t.id, properties(x) ORDER BY t.id
