// unjudged
MATCH (s:Unjudged) WHERE s.firstSeen >= 0
RETURN s.id, coalesce(s.count, 0), s.lastSeen - s.firstSeen ORDER BY s.firstSeen, s.id LIMIT $limit

// sign_ins_of
UNWIND $rows AS id
MATCH (a:SignIn {identity: id}) RETURN properties(a)

// sign_ins_of_people
UNWIND $rows AS person
MATCH (a:SignIn {person: person}) RETURN properties(a)

// exist
UNWIND $rows AS id
MATCH (s:Subject {id: id}) RETURN s.id

// drop_findings
UNWIND $rows AS id
MATCH (f:Finding {identity: id}) DETACH DELETE f

// drop_habits
UNWIND $rows AS id
MATCH (h:Habit {identity: id}) DELETE h

// put_findings
UNWIND $rows AS r
MATCH (s:Subject {id: r.identity})
MERGE (f:Finding {id: r.id})
SET f = r
WITH s, f
OPTIONAL MATCH (f)-[old:ABOUT]->()
DELETE old
WITH DISTINCT s, f
CREATE (f)-[:ABOUT]->(s)

// put_habits
UNWIND $rows AS r
MERGE (h:Habit {habit: r[0], day: r[1]}) ON CREATE SET h.identity = r[2]

// judge
UNWIND $rows AS id
MATCH (s:Subject {id: id}) WHERE s.touched <= $turn
REMOVE s:Unjudged

// any_unjudged
MATCH (s:Unjudged) WHERE s.firstSeen >= 0
WITH s LIMIT 1
RETURN s.id

// sweep_unjudged
MATCH (s:Unjudged) WHERE s.firstSeen IS NULL AND s.touched <= $turn
REMOVE s:Unjudged

// sweep_findings
MATCH (f:Finding)-[:ABOUT]->(s:Subject) WHERE s.root IS NULL
DETACH DELETE f

// sweep_habits
MATCH (h:Habit) MATCH (s:Subject {id: h.identity}) WHERE s.root IS NULL
DELETE h

// forget_findings
MATCH (f:Finding) DETACH DELETE f

// forget_habits
MATCH (h:Habit) DELETE h

// touch
UNWIND $rows AS id
MATCH (s:Subject {id: id}) SET s:Unjudged, s.touched = $turn

// touch_all
MATCH (s:Identity) WHERE s.root IS NOT NULL SET s:Unjudged, s.touched = $turn

// findings
MATCH (f:Finding) WHERE f.score >= $minScore
  AND ($rule = '' OR f.rule = $rule) AND ($tone = '' OR f.tone = $tone)
  AND ($account = '' OR f.account = $account) AND ($identity = '' OR f.identity = $identity)
  AND f.lastSeen >= $from AND f.firstSeen < $to
  AND ($score IS NULL OR f.score < $score OR (f.score = $score AND (f.lastSeen < $lastSeen OR (f.lastSeen = $lastSeen AND f.id > $id))))
RETURN f.packed ORDER BY f.score DESC, f.lastSeen DESC, f.id LIMIT $limit

// by_id
UNWIND $rows AS id
MATCH (f:Finding {id: id}) RETURN id, f.packed

// counts
MATCH (f:Finding)
WITH f.rule AS rule, f.firstSeen / 86400 AS day, f.severityNumber AS severity, count(*) AS findings
RETURN rule, day, severity, findings ORDER BY rule, day, severity

// habit_days
UNWIND $rows AS key
MATCH (h:Habit) WHERE h.habit = key AND h.day >= $from AND h.day <= $to
RETURN h.habit, h.day ORDER BY h.habit, h.day

// sessions_of_role
UNWIND $rows AS arn
CALL (arn) {
  MATCH (s:Identity) WHERE s.roleArn = arn AND s.lastSeen >= $from AND s.firstSeen >= $from AND s.firstSeen <= $to
  RETURN s.id AS id, s.firstSeen AS first, s.root AS root ORDER BY first, id LIMIT $limit
}
RETURN arn, first, id, root ORDER BY first, id

// roots_of_role
UNWIND $rows AS arn
MATCH (s:Identity) WHERE s.roleArn = arn AND s.lastSeen >= $from AND s.firstSeen >= $from AND s.firstSeen <= $to
RETURN DISTINCT arn, s.root

// children_between
UNWIND $rows AS parent
CALL (parent) {
  MATCH (p:Subject {id: parent})-[:LED_TO]->(s:Identity)
  USING INDEX p:Subject(id)
  WHERE s.started >= $from AND s.started <= $to
  RETURN s.id AS id, s.started AS started ORDER BY started, id LIMIT $limit
}
RETURN parent, id, started ORDER BY started, id

// accounts_loaded
MATCH (c:Cell) WHERE c.account > '' AND c.region > '' AND c.hour >= 0
RETURN DISTINCT c.account ORDER BY c.account

// by_time
MATCH (s:Identity) WHERE s.root IS NOT NULL RETURN s.id ORDER BY s.firstSeen, s.id

// workloads
MATCH (s:Identity) WHERE s.workload IN $workloads OR (s.name STARTS WITH $name AND size(s.name) IN $lengths)
RETURN properties(s) ORDER BY s.id

// workload_ids
MATCH (s:Identity) WHERE s.workload IN $workloads OR (s.name STARTS WITH $name AND size(s.name) IN $lengths)
RETURN s.id ORDER BY s.id

// actions_named
UNWIND $rows AS name
MATCH (a:Action {eventName: name}) RETURN properties(a)

// sign_ins_named
UNWIND $rows AS name
MATCH (a:SignIn {eventName: name}) RETURN properties(a)
