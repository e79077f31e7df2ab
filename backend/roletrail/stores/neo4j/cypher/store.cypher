// lease
MERGE (w:WriterLease {id: 1}) SET w.turn = coalesce(w.turn, 0) + 1
RETURN properties(w)

// counters
MATCH (w:WriterLease {id: 1}) RETURN properties(w)

// set_counters
MATCH (w:WriterLease {id: 1}) SET w += $counters

// applied
MATCH (m:Migration) RETURN m.number, m.checksum ORDER BY m.number

// apply
MERGE (m:Migration {number: $number}) ON CREATE SET m.name = $name, m.checksum = $checksum, m.appliedAt = datetime()

// is_empty
RETURN NOT EXISTS { MATCH (n) WHERE NOT n:Migration } AS empty
