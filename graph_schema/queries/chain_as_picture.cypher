// One chain as a picture for Neo4j Browser: everything from the root to a session. $session is a session's id.
MATCH path = (root:Identity)-[:LED_TO*0..100]->(:Identity {id: $session})
WHERE NOT EXISTS { (root)<-[:LED_TO]-() }
RETURN path
