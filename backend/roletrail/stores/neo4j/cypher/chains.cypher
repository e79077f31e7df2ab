// walk_last_seen
MATCH (s:Chain) WHERE s.byLastSeen > $after AND s.byLastSeen < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byLastSeen
ORDER BY s.byLastSeen LIMIT $limit

// search_last_seen
MATCH (s:Chain) WHERE s.byLastSeen > $after AND s.byLastSeen < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
  AND (s.searchText CONTAINS $q OR EXISTS { MATCH (r:Subject {id: s.root}) WHERE r.searchText CONTAINS $q })
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byLastSeen
ORDER BY s.byLastSeen LIMIT $limit

// walk_first_seen
MATCH (s:Chain) WHERE s.byFirstSeen > $after AND s.byFirstSeen < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byFirstSeen
ORDER BY s.byFirstSeen LIMIT $limit

// search_first_seen
MATCH (s:Chain) WHERE s.byFirstSeen > $after AND s.byFirstSeen < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
  AND (s.searchText CONTAINS $q OR EXISTS { MATCH (r:Subject {id: s.root}) WHERE r.searchText CONTAINS $q })
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byFirstSeen
ORDER BY s.byFirstSeen LIMIT $limit

// walk_sessions
MATCH (s:Chain) WHERE s.bySessions > $after AND s.bySessions < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.bySessions
ORDER BY s.bySessions LIMIT $limit

// search_sessions
MATCH (s:Chain) WHERE s.bySessions > $after AND s.bySessions < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
  AND (s.searchText CONTAINS $q OR EXISTS { MATCH (r:Subject {id: s.root}) WHERE r.searchText CONTAINS $q })
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.bySessions
ORDER BY s.bySessions LIMIT $limit

// walk_reach
MATCH (s:Chain) WHERE s.byReach > $after AND s.byReach < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byReach
ORDER BY s.byReach LIMIT $limit

// search_reach
MATCH (s:Chain) WHERE s.byReach > $after AND s.byReach < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
  AND (s.searchText CONTAINS $q OR EXISTS { MATCH (r:Subject {id: s.root}) WHERE r.searchText CONTAINS $q })
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byReach
ORDER BY s.byReach LIMIT $limit

// walk_confidence
MATCH (s:Chain) WHERE s.byConfidence > $after AND s.byConfidence < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byConfidence
ORDER BY s.byConfidence LIMIT $limit

// search_confidence
MATCH (s:Chain) WHERE s.byConfidence > $after AND s.byConfidence < $end
  AND s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
  AND (s.searchText CONTAINS $q OR EXISTS { MATCH (r:Subject {id: s.root}) WHERE r.searchText CONTAINS $q })
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.byConfidence
ORDER BY s.byConfidence LIMIT $limit

// count_last_seen
MATCH (s:Chain) WHERE s.byLastSeen > $after AND s.byLastSeen < $end
WITH s LIMIT $limit
RETURN count(s)

// count_first_seen
MATCH (s:Chain) WHERE s.byFirstSeen > $after AND s.byFirstSeen < $end
WITH s LIMIT $limit
RETURN count(s)

// count_sessions
MATCH (s:Chain) WHERE s.bySessions > $after AND s.bySessions < $end
WITH s LIMIT $limit
RETURN count(s)

// count_reach
MATCH (s:Chain) WHERE s.byReach > $after AND s.byReach < $end
WITH s LIMIT $limit
RETURN count(s)

// count_confidence
MATCH (s:Chain) WHERE s.byConfidence > $after AND s.byConfidence < $end
WITH s LIMIT $limit
RETURN count(s)

// count_crossing
// Stops at the limit: chains of a busy account are not all counted.
MATCH (c:Crossing) WHERE $account IN c.accounts
MATCH (s:Chain {crossing: c.crossing})
USING INDEX s:Chain(crossing)
WITH s LIMIT $limit
RETURN count(s)

// crossing
MATCH (c:Crossing) WHERE $account IN c.accounts
MATCH (s:Chain {crossing: c.crossing})
USING INDEX s:Chain(crossing)
WHERE s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.band

// with_text
MATCH (s:Identity) WHERE s.searchText CONTAINS $q
WITH s LIMIT $limit
RETURN s.id

// below_roots
UNWIND $rows AS id
MATCH (s:Chain {root: id})
WITH s LIMIT $limit
RETURN s.id

// of_ids
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s:Chain
WITH DISTINCT s
WHERE s.sessions >= $sessions AND s.reach >= $reach AND s.lastSeen >= $from AND s.firstSeen < $to
  AND ($account IS NULL OR $account IN split(s.crossing, ' '))
RETURN s.id, s.root, s.parent, s.sessions, s.hops, s.depth, s.pivots, s.segment, s.reach, s.confidence, s.started, s.lastPivot,
  s.firstSeen, s.lastSeen, coalesce(s.count, 0), coalesce(s.errors, 0), s.band
