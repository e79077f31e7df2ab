// Aliases of before get the lower grade of their rule (J7), and linking looks again at them and at what rests on them.
MATCH (a:Caller)-[x:ALIAS_OF]->(t:Subject)
SET a:Pending, x.rule = 'J7', x.confidence = 0.7,
  x.evidence = [replace(toString(date(datetime({epochSeconds: a.firstAt}))), '-', '') + '.' + a.firstEvent]
WITH DISTINCT t
MATCH (t)-[:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED]->(c:Caller)
SET c:Pending;
