// write_addenda
UNWIND $rows AS r
MERGE (a:Addendum {eventId: r.eventId}) SET a = r

// any_patch
RETURN EXISTS { MATCH (a:Addendum) WHERE a.original > '' }

// patches
UNWIND $rows AS id
MATCH (a:Addendum {eventId: id}) WHERE a.original > ''
RETURN id, a.original

// patched
UNWIND $rows AS id
MATCH (a:Addendum {original: id}) RETURN DISTINCT id

// versions
UNWIND $rows AS id
MATCH (v:Version {versionOf: id, kind: $kind})
RETURN id, v.patch, properties(v)

// write_versions
UNWIND $rows AS r
MERGE (v:Version {versionOf: r.versionOf, kind: r.kind, patch: r.patch}) SET v = r

// written_issuances
UNWIND $rows AS id
MATCH (a:Issuance {eventId: id}) RETURN a.number, properties(a)

// written_sign_ins
UNWIND $rows AS id
MATCH (a:SignIn {eventId: id}) RETURN a.number, properties(a)

// written_actions
UNWIND $rows AS id
MATCH (a:Action {eventId: id}) RETURN a.number, properties(a)

// written_attempts
UNWIND $rows AS id
MATCH (a:Attempt {eventId: id}) RETURN a.number, properties(a)

// drop_issuances
UNWIND $rows AS number
MATCH (a:Issuance {number: number}) DETACH DELETE a

// drop_sign_ins
UNWIND $rows AS number
MATCH (a:SignIn {number: number}) DETACH DELETE a

// drop_actions
UNWIND $rows AS number
MATCH (a:Action {number: number}) DETACH DELETE a

// drop_attempts
UNWIND $rows AS number
MATCH (a:Attempt {number: number}) DETACH DELETE a

// uncount
UNWIND $rows AS r
MATCH (s:Subject {id: r.id})-[f:USED_FROM]->(a:SourceAddress {address: r.address})
USING INDEX s:Subject(id)
SET f.count = f.count - 1

// look_again
UNWIND $rows AS id
MATCH (s:Subject {id: id}) SET s:Pending

// outages
MATCH (a:Addendum {account: $account}) WHERE a.original IS NULL
RETURN properties(a)
