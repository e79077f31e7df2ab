// Where instances' credentials were used from, by address: an instance has few addresses, so one that stands out is worth a
// look. What is known of the instance's own addresses is in Roletrail's inventory; `roletrail` judges with it.
MATCH (i:Instance)<-[:ON]-(s:Session)-[use:USED_FROM]->(a:SourceAddress)
WITH i, a, sum(use.count) AS calls, min(use.firstAt) AS first, max(use.lastAt) AS last, collect(DISTINCT s.id)[..5] AS sessions
WITH i, collect({address: a.address, calls: calls, first: first, last: last, sessions: sessions}) AS places
WHERE size(places) > 1
UNWIND places AS place
RETURN i.instanceId AS instance, place.address AS address, place.calls AS calls,
  datetime({epochSeconds: place.first}) AS first, datetime({epochSeconds: place.last}) AS last, place.sessions AS sessions
ORDER BY instance, calls, address LIMIT $limit
