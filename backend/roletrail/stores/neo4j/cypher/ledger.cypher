// objects
UNWIND $rows AS locator
MATCH (o:Object {locator: locator})
RETURN properties(o)

// parts
UNWIND $rows AS number
MATCH (p:Part {object: number}) WHERE p.current
RETURN p.object, p.k, p.attempt

// write_objects
UNWIND $rows AS r
MERGE (o:Object {number: r.number}) SET o += r

// forget_parts
// Parts of other bytes, or of another cut, under the same locator: their archive rows still name their attempts.
UNWIND $rows AS number
MATCH (p:Part {object: number}) WHERE p.current SET p.current = false

// forget_quarantined
UNWIND $rows AS number
MATCH (q:Quarantined) WHERE q.object = number AND q.record >= -1 DELETE q

// write_parts
UNWIND $rows AS r
CREATE (p:Part) SET p = r

// top_quarantined
MATCH (q:Quarantined) RETURN max(q.number)

// write_quarantined
UNWIND $rows AS r
CREATE (q:Quarantined) SET q = r

// register_files
UNWIND $rows AS r
MERGE (f:ArchiveFile {name: r.name}) SET f = r

// exclude_attempts
UNWIND $rows AS attempt
MERGE (e:ExcludedAttempt {attempt: attempt})

// named_files
UNWIND $rows AS name
MATCH (f:ArchiveFile {name: name}) RETURN name

// drop_files
UNWIND $rows AS name
MATCH (f:ArchiveFile {name: name}) DELETE f

// files
MATCH (f:ArchiveFile) RETURN f.name, f.day, f.kind, f.rows ORDER BY f.name

// excluded
MATCH (e:ExcludedAttempt) RETURN e.attempt ORDER BY e.attempt

// locators
UNWIND $rows AS attempt
MATCH (p:Part {attempt: attempt}) MATCH (o:Object {number: p.object})
RETURN attempt, o.locator

// number_of
MATCH (o:Object {locator: $locator}) RETURN o.number

// page
MATCH (o:Object) WHERE o.number < $before
RETURN properties(o) ORDER BY o.number DESC LIMIT $limit

// quarantined_of
// One object's own, behind the row of the cursor.
MATCH (q:Quarantined) WHERE q.object = $object AND q.record >= $record AND (q.record > $record OR q.number > $number)
RETURN q.object, q.record, q.number, q.reason, coalesce(q.detail, '') ORDER BY q.record, q.number LIMIT $limit

// quarantined_before
MATCH (q:Quarantined) WHERE q.object < $object AND q.record >= -1
RETURN q.object, q.record, q.number, q.reason, coalesce(q.detail, '')
ORDER BY q.object DESC, q.record, q.number LIMIT $limit

// locators_of
UNWIND $rows AS number
MATCH (o:Object {number: number}) RETURN number, o.locator

// reasons
MATCH (q:Quarantined) RETURN q.reason, count(*) ORDER BY q.reason

// coverage
MATCH (c:Cell) WHERE c.hour >= $from AND c.hour < $to AND ($account = '' OR c.account = $account)
RETURN c.account, c.region, c.hour, c.categories, c.counts, c.firstAt, c.lastAt
ORDER BY c.account, c.region, c.hour

// coverage_of
MATCH (c:Cell) WHERE c.account = $account AND c.region > '' AND c.hour >= $from AND c.hour < $to
RETURN c.account, c.region, c.hour, c.categories, c.counts, c.firstAt, c.lastAt
ORDER BY c.account, c.region, c.hour

// drop_digests
UNWIND $rows AS name
MATCH (d:Digest {name: name}) DELETE d

// write_digests
UNWIND $rows AS r
CREATE (d:Digest) SET d = r

// digests
MATCH (d:Digest) WHERE d.start >= $from AND d.start < $to AND ($account = '' OR d.account = $account)
RETURN properties(d) ORDER BY d.account, d.region, d.start, d.name

// hashes_in
UNWIND $rows AS sha256
MATCH (o:Object {sha256: sha256}) RETURN DISTINCT sha256

// names_in
UNWIND $rows AS name
MATCH (o:Object {name: name}) RETURN DISTINCT name

// span
MATCH (d:Digest) RETURN coalesce(min(d.start), 0), coalesce(max(d.end), 0)
