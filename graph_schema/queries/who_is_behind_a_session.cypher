// Whose credentials are behind a session: the root of its path, and every join up to it with its rule and its evidence.
// $session is a session's id.
MATCH path = (root:Identity)-[:LED_TO*0..100]->(:Identity {id: $session})
WHERE NOT EXISTS { (root)<-[:LED_TO]-() }
UNWIND relationships(path) AS step
WITH root, startNode(step) AS parent, endNode(step) AS child
OPTIONAL MATCH (parent)-[join:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED]->(child)
WITH root, parent, child, join ORDER BY join.rank
WITH root, parent, child, head(collect(join)) AS join
RETURN root.label AS root, parent.label AS parent, type(join) AS kind, child.label AS child, join.rule AS rule,
  join.confidence AS confidence, join.evidence AS evidence, datetime({epochSeconds: join.at}) AS at
ORDER BY join.at
