// callers
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Caller
RETURN s.id, s.facts, s.internal, s.count, s.errors, s.firstAt, s.firstEvent, s.lastAt, s.lastEvent

// known
// What there is of these already: their caller, and where they stand in lists when they are linked.
UNWIND $rows AS id
MATCH (s:Subject {id: id})
RETURN s.id, s.facts, s.internal, s.count, s.errors, s.firstAt, s.firstEvent, s.lastAt, s.lastEvent,
  s.firstSeen, s.lastSeen, s.band

// uses
UNWIND $rows AS id
MATCH (s:Subject {id: id})-[u:USED]->(c:Credential)
USING INDEX s:Subject(id)
RETURN s.id, c.accessKeyId, properties(u)

// write_callers
UNWIND $rows AS r
MERGE (s:Subject {id: r.id})
SET s:Caller:Unjudged, s.touched = $turn, s += r.properties

// move_up
UNWIND $rows AS r
MATCH (s:Subject {id: r.id}) SET s += r.properties

// write_uses
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})
MERGE (c:Credential {accessKeyId: r.key})
MERGE (s)-[u:USED]->(c)
SET u = r.properties

// mark_pending
UNWIND $rows AS id
MERGE (s:Subject {id: id}) SET s:Pending

// write_activities
UNWIND $rows AS r
CREATE (a:Activity) SET a = r

// write_resources
UNWIND $rows AS r
CREATE (a:ResourceUse) SET a = r

// write_issuances
UNWIND $rows AS r
CREATE (a:Issuance) SET a = r

// write_sign_ins
UNWIND $rows AS r
CREATE (a:SignIn) SET a = r

// write_actions
UNWIND $rows AS r
CREATE (a:Action) SET a = r
WITH a WHERE a.identity IS NOT NULL
MERGE (s:Subject {id: a.identity})
CREATE (s)-[:DID]->(a)

// write_attempts
UNWIND $rows AS r
CREATE (a:Attempt) SET a = r
WITH a WHERE a.identity IS NOT NULL
MERGE (s:Subject {id: a.identity})
CREATE (s)-[:TRIED]->(a)

// write_addresses
UNWIND $rows AS r
MERGE (s:Subject {id: r.id})
MERGE (a:SourceAddress {address: r.address})
MERGE (s)-[f:USED_FROM]->(a)
SET f.count = coalesce(f.count, 0) + r.count,
    f.firstAt = CASE WHEN f.firstAt IS NULL OR r.firstAt < f.firstAt THEN r.firstAt ELSE f.firstAt END,
    f.lastAt = CASE WHEN f.lastAt IS NULL OR r.lastAt > f.lastAt THEN r.lastAt ELSE f.lastAt END

// named_by_strangers
// Other accounts' copies of calls name these.
UNWIND $rows AS a
MATCH (x:Anchor {a: a}) WHERE x.ref STARTS WITH 'i'
RETURN DISTINCT a

// acted_for
UNWIND $rows AS a
MATCH (x:Anchor {a: a}) WHERE x.ref STARTS WITH 'c'
RETURN DISTINCT substring(x.ref, 1)

// touch
UNWIND $rows AS id
MATCH (s:Subject {id: id}) SET s:Unjudged, s.touched = $turn

// write_anchors
UNWIND $rows AS r
CREATE (a:Anchor {a: r[0], ref: r[1]})

// drop_anchors
UNWIND $rows AS r
MATCH (a:Anchor {a: r[0]}) WHERE a.ref = r[1]
DELETE a

// meet_addresses
UNWIND $rows AS r
MERGE (e:SourceAddress {address: r.value})
SET e:Entity, e.entityId = r.id, e.entityKind = 'address'

// meet_accounts
UNWIND $rows AS r
MERGE (e:Account {account: r.value})
SET e:Entity, e.entityId = r.id, e.entityKind = 'account'

// meet_instances
UNWIND $rows AS r
MERGE (e:Instance {instanceId: r.value})
SET e:Entity, e.entityId = r.id, e.entityKind = 'instance'

// meet_roles
UNWIND $rows AS r
MERGE (e:AWSPrincipal {arn: r.value})
SET e:AWSRole:Entity, e.entityId = r.id, e.entityKind = 'role'

// meet_users
UNWIND $rows AS r
MERGE (e:AWSPrincipal {arn: r.value})
SET e:AWSUser:Entity, e.entityId = r.id, e.entityKind = 'user'

// cells
UNWIND $rows AS r
MATCH (c:Cell {account: r[0], region: r[1], hour: r[2]})
RETURN c.number, c.account, c.region, c.hour, c.categories, c.counts, c.firstAt, c.lastAt

// hashes
UNWIND $rows AS c
MATCH (h:CellHashes {cell: c})
RETURN h.cell, h.hashes

// write_cells
UNWIND $rows AS r
MERGE (c:Cell {number: r.number}) SET c = r

// write_hashes
UNWIND $rows AS r
CREATE (h:CellHashes {cell: r[0], hashes: r[1]})

// all_hashes
MATCH (h:CellHashes) MATCH (c:Cell {number: h.cell})
RETURN c.hour, h.hashes
