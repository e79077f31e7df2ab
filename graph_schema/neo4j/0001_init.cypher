// Constraints and indexes of the graph in Neo4j: what each label means says ../README.md, properties are in ../nodes.yaml.

// Identities: one node for every id the logs speak of.
CREATE CONSTRAINT subject_id IF NOT EXISTS FOR (s:Subject) REQUIRE s.id IS UNIQUE;
CREATE INDEX subject_arn IF NOT EXISTS FOR (s:Subject) ON (s.arn);
CREATE INDEX identity_principal IF NOT EXISTS FOR (i:Identity) ON (i.principalId);
CREATE INDEX identity_workload IF NOT EXISTS FOR (i:Identity) ON (i.workloadId);
CREATE INDEX identity_role IF NOT EXISTS FOR (i:Identity) ON (i.roleArn, i.lastSeen);
CREATE INDEX identity_account IF NOT EXISTS FOR (i:Identity) ON (i.account, i.lastSeen);
CREATE INDEX identity_above IF NOT EXISTS FOR (i:Identity) ON (i.above);
CREATE TEXT INDEX identity_search IF NOT EXISTS FOR (i:Identity) ON (i.searchText);
CREATE INDEX lost_seen IF NOT EXISTS FOR (l:Lost) ON (l.lastSeen);

// Last sessions of chains, in the order of each sort of the chain list.
CREATE INDEX chain_last_seen IF NOT EXISTS FOR (c:Chain) ON (c.byLastSeen);
CREATE INDEX chain_first_seen IF NOT EXISTS FOR (c:Chain) ON (c.byFirstSeen);
CREATE INDEX chain_sessions IF NOT EXISTS FOR (c:Chain) ON (c.bySessions);
CREATE INDEX chain_reach IF NOT EXISTS FOR (c:Chain) ON (c.byReach);
CREATE INDEX chain_confidence IF NOT EXISTS FOR (c:Chain) ON (c.byConfidence);
CREATE INDEX chain_root IF NOT EXISTS FOR (c:Chain) ON (c.root);
CREATE INDEX chain_crossing IF NOT EXISTS FOR (c:Chain) ON (c.crossing);

// How one identity led to another.
CREATE CONSTRAINT assumed_key IF NOT EXISTS FOR ()-[e:ASSUMED]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT federated_key IF NOT EXISTS FOR ()-[e:FEDERATED]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT got_session_token_key IF NOT EXISTS FOR ()-[e:GOT_SESSION_TOKEN]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT got_federation_token_key IF NOT EXISTS FOR ()-[e:GOT_FEDERATION_TOKEN]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT ran_root_task_key IF NOT EXISTS FOR ()-[e:RAN_ROOT_TASK]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT switched_key IF NOT EXISTS FOR ()-[e:SWITCHED]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT delivered_key IF NOT EXISTS FOR ()-[e:DELIVERED]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT signed_in_key IF NOT EXISTS FOR ()-[e:SIGNED_IN]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT created_key IF NOT EXISTS FOR ()-[e:CREATED]-() REQUIRE e.key IS UNIQUE;
CREATE CONSTRAINT attempted_key IF NOT EXISTS FOR ()-[e:ATTEMPTED]-() REQUIRE e.key IS UNIQUE;

// What they used and where.
CREATE CONSTRAINT credential_key IF NOT EXISTS FOR (c:Credential) REQUIRE c.accessKeyId IS UNIQUE;
CREATE CONSTRAINT address IF NOT EXISTS FOR (a:SourceAddress) REQUIRE a.address IS UNIQUE;
CREATE CONSTRAINT account_id IF NOT EXISTS FOR (a:Account) REQUIRE a.account IS UNIQUE;
CREATE CONSTRAINT instance_id IF NOT EXISTS FOR (i:Instance) REQUIRE i.instanceId IS UNIQUE;
CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (e:Entity) REQUIRE e.entityId IS UNIQUE;
// No constraint: another tool's principals may lie in the same database.
CREATE INDEX principal_arn IF NOT EXISTS FOR (p:AWSPrincipal) ON (p.arn);

// What records said.
CREATE INDEX activity_identity IF NOT EXISTS FOR (a:Activity) ON (a.identity, a.cell);
CREATE INDEX resource_identity IF NOT EXISTS FOR (r:ResourceUse) ON (r.identity);
CREATE CONSTRAINT issuance_number IF NOT EXISTS FOR (i:Issuance) REQUIRE i.number IS UNIQUE;
CREATE INDEX issuance_event IF NOT EXISTS FOR (i:Issuance) ON (i.eventId);
CREATE CONSTRAINT sign_in_number IF NOT EXISTS FOR (s:SignIn) REQUIRE s.number IS UNIQUE;
CREATE INDEX sign_in_event IF NOT EXISTS FOR (s:SignIn) ON (s.eventId);
CREATE CONSTRAINT action_number IF NOT EXISTS FOR (a:Action) REQUIRE a.number IS UNIQUE;
CREATE INDEX action_event IF NOT EXISTS FOR (a:Action) ON (a.eventId);
CREATE INDEX action_identity IF NOT EXISTS FOR (a:Action) ON (a.identity, a.at);
CREATE CONSTRAINT attempt_number IF NOT EXISTS FOR (a:Attempt) REQUIRE a.number IS UNIQUE;
CREATE INDEX attempt_event IF NOT EXISTS FOR (a:Attempt) ON (a.eventId);
CREATE INDEX attempt_identity IF NOT EXISTS FOR (a:Attempt) ON (a.identity, a.at);
CREATE CONSTRAINT addendum_event IF NOT EXISTS FOR (a:Addendum) REQUIRE a.eventId IS UNIQUE;
CREATE INDEX addendum_original IF NOT EXISTS FOR (a:Addendum) ON (a.original);
CREATE INDEX addendum_account IF NOT EXISTS FOR (a:Addendum) ON (a.account);
CREATE INDEX version_event IF NOT EXISTS FOR (v:Version) ON (v.versionOf, v.kind);

CREATE INDEX action_name IF NOT EXISTS FOR (a:Action) ON (a.eventName);
CREATE INDEX sign_in_name IF NOT EXISTS FOR (s:SignIn) ON (s.eventName);

CREATE INDEX sign_in_identity IF NOT EXISTS FOR (s:SignIn) ON (s.identity);
CREATE INDEX sign_in_person IF NOT EXISTS FOR (s:SignIn) ON (s.person);

// What rules said of it.
CREATE CONSTRAINT finding_id IF NOT EXISTS FOR (f:Finding) REQUIRE f.id IS UNIQUE;
CREATE INDEX finding_identity IF NOT EXISTS FOR (f:Finding) ON (f.identity);
CREATE INDEX finding_score IF NOT EXISTS FOR (f:Finding) ON (f.score);
CREATE CONSTRAINT habit_day IF NOT EXISTS FOR (h:Habit) REQUIRE (h.habit, h.day) IS UNIQUE;
CREATE INDEX habit_identity IF NOT EXISTS FOR (h:Habit) ON (h.identity);
CREATE INDEX unjudged_first IF NOT EXISTS FOR (u:Unjudged) ON (u.firstSeen);

// Bookkeeping: where linking finds what it joins, what is taken in already, whose turn it is.
CREATE INDEX anchor IF NOT EXISTS FOR (a:Anchor) ON (a.a);
CREATE CONSTRAINT cell_number IF NOT EXISTS FOR (c:Cell) REQUIRE c.number IS UNIQUE;
CREATE INDEX cell_place IF NOT EXISTS FOR (c:Cell) ON (c.account, c.region, c.hour);
CREATE INDEX cell_hashes IF NOT EXISTS FOR (h:CellHashes) ON (h.cell);
CREATE CONSTRAINT object_locator IF NOT EXISTS FOR (o:Object) REQUIRE o.locator IS UNIQUE;
CREATE CONSTRAINT object_number IF NOT EXISTS FOR (o:Object) REQUIRE o.number IS UNIQUE;
CREATE INDEX object_name IF NOT EXISTS FOR (o:Object) ON (o.name);
CREATE INDEX object_sha256 IF NOT EXISTS FOR (o:Object) ON (o.sha256);
CREATE INDEX part_object IF NOT EXISTS FOR (p:Part) ON (p.object);
CREATE INDEX part_attempt IF NOT EXISTS FOR (p:Part) ON (p.attempt);
CREATE CONSTRAINT quarantined_number IF NOT EXISTS FOR (q:Quarantined) REQUIRE q.number IS UNIQUE;
CREATE INDEX quarantined_object IF NOT EXISTS FOR (q:Quarantined) ON (q.object, q.record);
CREATE CONSTRAINT archive_file IF NOT EXISTS FOR (f:ArchiveFile) REQUIRE f.name IS UNIQUE;
CREATE CONSTRAINT excluded_attempt IF NOT EXISTS FOR (e:ExcludedAttempt) REQUIRE e.attempt IS UNIQUE;
CREATE CONSTRAINT digest_name IF NOT EXISTS FOR (d:Digest) REQUIRE d.name IS UNIQUE;
CREATE INDEX digest_start IF NOT EXISTS FOR (d:Digest) ON (d.start);
CREATE CONSTRAINT crossing_accounts IF NOT EXISTS FOR (c:Crossing) REQUIRE c.crossing IS UNIQUE;
CREATE CONSTRAINT writer_lease IF NOT EXISTS FOR (w:WriterLease) REQUIRE w.id IS UNIQUE;
CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (m:Migration) REQUIRE m.number IS UNIQUE;

// Every name a query speaks of: a query about one that the database has never seen gets a notification of the server.
CREATE (n
  :AWSPrincipal :AWSRole :AWSUser :Account :Action :Activity :Addendum :Anchor :ArchiveFile :Attempt :Caller :Cell
  :CellHashes :Chain :Credential :Crossing :Digest :Entity :ExcludedAttempt :Finding :Habit :Identity :Instance
  :Issuance :Key :Lost :Migration :Object :Origin :Part :Pending :Quarantined :ResourceUse :Session :SignIn
  :SourceAddress :Subject :Unjudged :Unknown :Version :WriterLease
  {
  a: 0, above: 0, accessKeyId: 0, accessKeyIds: 0, account: 0, accounts: 0, address: 0, agent: 0, appliedAt: 0,
  arn: 0, at: 0, attempt: 0, band: 0, byConfidence: 0, byFirstSeen: 0, byLastSeen: 0, byReach: 0, bySessions: 0,
  categories: 0, category: 0, cell: 0, checksum: 0, child: 0, childKey: 0, childPrincipal: 0, childType: 0,
  confidence: 0, conflict: 0, copy: 0, count: 0, counts: 0, crossing: 0, current: 0, day: 0, delivery: 0, depth: 0,
  detail: 0, doubles: 0, end: 0, entityId: 0, entityKind: 0, errorCode: 0, errors: 0, eventId: 0, eventName: 0,
  eventSource: 0, evidence: 0, expires: 0, externalId: 0, facts: 0, family: 0, fields: 0, files: 0, first: 0,
  firstAt: 0, firstEvent: 0, firstName: 0, firstSeen: 0, fromConsole: 0, habit: 0, hashes: 0, heldByEdges: 0,
  hops: 0, hour: 0, id: 0, identity: 0, ignored: 0, ingestedAt: 0, instanceId: 0, internal: 0, invokedBy: 0,
  issuedAt: 0, k: 0, key: 0, keyCount: 0, kind: 0, label: 0, last: 0, lastAt: 0, lastEvent: 0, lastName: 0,
  lastPivot: 0, lastSeen: 0, locator: 0, mfa: 0, mfaSerial: 0, name: 0, note: 0, number: 0, object: 0,
  onBehalfOf: 0, original: 0, packed: 0, parent: 0, parentAccount: 0, parentCreated: 0, parentKey: 0, parentKind: 0,
  parentLabel: 0, parentPrincipal: 0, partition: 0, parts: 0, person: 0, patch: 0, pivot: 0, pivots: 0, previous: 0,
  principalId: 0, provider: 0, quarantined: 0, rank: 0, reach: 0, reason: 0, record: 0, ref: 0, region: 0,
  requestId: 0, resource: 0, roleAccount: 0, roleArn: 0, roleId: 0, roleName: 0, root: 0, rows: 0, rule: 0,
  score: 0, searchText: 0, segment: 0, serviceLinked: 0, sessionName: 0, sessions: 0, severity: 0,
  severityNumber: 0, sha256: 0, sharedEventId: 0, size: 0, sourceIdentity: 0, sources: 0, start: 0, started: 0,
  success: 0, taken: 0, target: 0, targetKind: 0, title: 0, tone: 0, touched: 0, turn: 0, type: 0, version: 0,
  versionOf: 0, vpceAccount: 0, vpceId: 0, workload: 0, workloadId: 0
  })
CREATE
  (n)-[:ABOUT]->(n), (n)-[:ALIAS_OF]->(n), (n)-[:ASSUMED]->(n), (n)-[:ASSUMED_ROLE]->(n), (n)-[:ATTEMPTED]->(n),
  (n)-[:CREATED]->(n), (n)-[:DELIVERED]->(n), (n)-[:DID]->(n), (n)-[:FEDERATED]->(n),
  (n)-[:GOT_FEDERATION_TOKEN]->(n), (n)-[:GOT_SESSION_TOKEN]->(n), (n)-[:LED_TO]->(n), (n)-[:OF]->(n),
  (n)-[:ON]->(n), (n)-[:RAN_ROOT_TASK]->(n), (n)-[:SIGNED_IN]->(n), (n)-[:SWITCHED]->(n), (n)-[:TRIED]->(n),
  (n)-[:USED]->(n), (n)-[:USED_FROM]->(n)
DETACH DELETE n;
