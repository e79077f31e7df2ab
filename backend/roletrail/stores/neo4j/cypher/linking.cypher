// pending
MATCH (s:Pending) RETURN s.id ORDER BY s.id LIMIT $limit

// pending_among
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Pending RETURN s.id

// linked
UNWIND $rows AS id
MATCH (s:Subject {id: id}) REMOVE s:Pending

// new_issuances
MATCH (a:Issuance) WHERE a.number > $mark RETURN a.number ORDER BY a.number LIMIT $limit

// new_sign_ins
MATCH (a:SignIn) WHERE a.number > $mark RETURN a.number ORDER BY a.number LIMIT $limit

// new_actions
MATCH (a:Action) WHERE a.number > $mark RETURN a.number ORDER BY a.number LIMIT $limit

// issuances
UNWIND $rows AS number
MATCH (a:Issuance {number: number}) RETURN number, properties(a)

// sign_ins
UNWIND $rows AS number
MATCH (a:SignIn {number: number}) RETURN number, properties(a)

// actions
UNWIND $rows AS number
MATCH (a:Action {number: number}) RETURN number, properties(a)

// refs
UNWIND $rows AS a
MATCH (x:Anchor {a: a}) RETURN a, x.ref

// nodes
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Identity
RETURN s.id, properties(s)

// edges_into
UNWIND $rows AS id
MATCH (s:Subject {id: id})<-[e:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED|ATTEMPTED]-(p:Subject)
USING INDEX s:Subject(id)
RETURN s.id, type(e), p.id, properties(e) ORDER BY e.rank

// children
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED|ATTEMPTED]->(c:Subject)
USING INDEX s:Subject(id)
RETURN DISTINCT s.id, c.id

// is_identity
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Identity RETURN s.id

// put_nodes
UNWIND $rows AS r
MERGE (s:Subject {id: r.id})
SET s:Identity, s:$(r.label), s += r.properties

// drop_labels
UNWIND $rows AS r
MATCH (s:Subject {id: r.id}) REMOVE s:$(r.labels)

// put_edges
UNWIND $rows AS r
MERGE (p:Subject {id: r.parent})
MERGE (s:Subject {id: r.child})
CREATE (p)-[e:$(r.kind)]->(s) SET e = r.properties

// drop_edges
UNWIND $rows AS id
MATCH (s:Subject {id: id})<-[e:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED|ATTEMPTED]-()
USING INDEX s:Subject(id)
DELETE e

// put_principals
// Whose session or key it is, and the instance it was delivered to.
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
OPTIONAL MATCH (s)-[old:OF|ON]->()
DELETE old

// put_roles
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
MERGE (p:AWSPrincipal {arn: r.arn}) ON CREATE SET p:AWSRole
CREATE (s)-[:OF]->(p)

// put_instances
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
MERGE (i:Instance {instanceId: r.instance})
CREATE (s)-[:ON]->(i)

// loose_origins
// Origins among these that no edge comes from any more.
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s.heldByEdges
  AND NOT EXISTS { (s)-[:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED|ATTEMPTED]->() }
RETURN s.id

// remove_nodes
// What is left is what records say of the id, if anything.
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
SET s += r.nulls
REMOVE s:Identity:Session:Key:Origin:Unknown:Chain:Lost
WITH s
OPTIONAL MATCH (s)-[o:OF|ON]->()
DELETE o
WITH DISTINCT s
OPTIONAL MATCH (s)<-[l:LED_TO]-()
DELETE l

// end_aliases
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[a:ALIAS_OF]->()
USING INDEX s:Subject(id)
DELETE a

// claimed
// Callers that are aliases say so themselves; the others are ids of issuances that these claim.
UNWIND $rows AS id
MATCH (s:Subject {id: id})<-[:ALIAS_OF]-(a:Subject)
USING INDEX s:Subject(id)
WHERE NOT a:Caller
RETURN a.id, s.id

// drop_aliases
UNWIND $rows AS r
MATCH (a:Subject {id: r[0]})-[x:ALIAS_OF]->(s:Subject {id: r[1]})
USING INDEX a:Subject(id)
DELETE x

// put_aliases
UNWIND $rows AS r
MERGE (a:Subject {id: r[0]})
MERGE (s:Subject {id: r[1]})
MERGE (a)-[x:ALIAS_OF]->(s)
SET x += r[2]

// aliases
UNWIND $rows AS id
MATCH (a:Subject {id: id})-[x:ALIAS_OF]->(s:Subject)
USING INDEX a:Subject(id)
RETURN id, s.id, properties(x) ORDER BY s.id

// named
UNWIND $rows AS principal
MATCH (s:Identity {principalId: principal})
RETURN principal, s.id ORDER BY s.id

// standings
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s.root IS NOT NULL
RETURN s.id, properties(s)

// places
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s.root IS NOT NULL
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  coalesce(s.counts, false), coalesce(s.account, ''), s.firstSeen, s.lastSeen, s.above, s.crossing, s.band

// seen_times
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Caller
RETURN s.id, s.firstAt, s.lastAt

// primary_children
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[:LED_TO]->(c:Subject)
USING INDEX s:Subject(id)
RETURN c.id

// continued
// Counting sessions below these in their segment: none of these ends a chain.
UNWIND $rows AS id
MATCH (s:Identity {above: id}) WHERE s.counts
RETURN id, s.id

// put_places
// Rules look again at whatever changed.
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
SET s:Unjudged, s.touched = $turn, s += r.properties

// list_chains
UNWIND $rows AS id
MATCH (s:Subject {id: id}) SET s:Chain

// unlist_chains
UNWIND $rows AS id
MATCH (s:Subject {id: id}) REMOVE s:Chain

// lose
UNWIND $rows AS id
MATCH (s:Subject {id: id}) SET s:Lost

// find
UNWIND $rows AS id
MATCH (s:Subject {id: id}) REMOVE s:Lost

// part_ways
UNWIND $rows AS id
MATCH (s:Subject {id: id})<-[l:LED_TO]-()
USING INDEX s:Subject(id)
DELETE l

// lead
UNWIND $rows AS r
MERGE (p:Subject {id: r.parent})
MERGE (s:Subject {id: r.id})
CREATE (p)-[:LED_TO]->(s)

// put_crossings
UNWIND $rows AS r
MERGE (c:Crossing {crossing: r.crossing}) ON CREATE SET c.accounts = r.accounts
