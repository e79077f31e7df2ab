// Joins that are not proved: everything below 0.9, with what they rest on.
MATCH (parent:Identity)-[join:ASSUMED|FEDERATED|GOT_SESSION_TOKEN|GOT_FEDERATION_TOKEN|RAN_ROOT_TASK|SWITCHED|DELIVERED|SIGNED_IN|CREATED]->(child:Identity) WHERE join.confidence < 0.9
RETURN parent.label AS parent, type(join) AS kind, child.label AS child, join.rule AS rule, join.confidence AS confidence,
  join.conflict AS conflict, join.evidence AS evidence
ORDER BY confidence, child LIMIT $limit
