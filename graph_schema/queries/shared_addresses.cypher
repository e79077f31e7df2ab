// Addresses from which several long-term keys or roles of different accounts were used.
MATCH (a:SourceAddress)<-[use:USED_FROM]-(s:Identity)
WITH a, collect(DISTINCT s.account) AS accounts, count(DISTINCT coalesce(s.roleArn, s.arn)) AS principals, sum(use.count) AS calls
WHERE size(accounts) > 1
RETURN a.address AS address, accounts, principals, calls ORDER BY principals DESC, address LIMIT $limit
