-- The embedded store's layout. Logical nodes and edges are in ../nodes.yaml and ../edges.yaml; ADR 0004 says why rows
-- look as they do. Identities are interned as small numbers in order of arrival, so that new rows go to the end of
-- each table. Numbers never leave the file: every answer and every cursor speaks in ids.
-- A `row` or `folds` column is the MessagePack array of the tuple in roletrail.lineage.model, less the columns beside it.

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE identity (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);

-- What records say. -------------------------------------------------------------------------------------------------

CREATE TABLE caller (
    n INTEGER PRIMARY KEY,
    facts BLOB NOT NULL,
    internal INTEGER NOT NULL,
    count INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    first_event TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    last_event TEXT NOT NULL
);

CREATE TABLE credential (
    n INTEGER NOT NULL,
    access_key_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    delivery TEXT NOT NULL,
    from_console TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    first_event TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    last_event TEXT NOT NULL,
    PRIMARY KEY (n, access_key_id)
) WITHOUT ROWID;

-- Folds of one commit, for one identity and one day. Merged when read: adding never rewrites.
CREATE TABLE activity (i INTEGER PRIMARY KEY, n INTEGER NOT NULL, day INTEGER NOT NULL, folds BLOB NOT NULL);
CREATE INDEX activity_day ON activity (n, day);

CREATE TABLE issuance (i INTEGER PRIMARY KEY, event_id TEXT NOT NULL, parent INTEGER, row BLOB NOT NULL);
CREATE INDEX issuance_event ON issuance (event_id);
CREATE INDEX issuance_parent ON issuance (parent) WHERE parent IS NOT NULL;

CREATE TABLE sign_in (i INTEGER PRIMARY KEY, event_id TEXT NOT NULL, n INTEGER, row BLOB NOT NULL);
CREATE INDEX sign_in_event ON sign_in (event_id);

CREATE TABLE action (i INTEGER PRIMARY KEY, event_id TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, row BLOB NOT NULL);
CREATE INDEX action_event ON action (event_id);
CREATE INDEX action_identity ON action (n, at);

CREATE TABLE attempt (i INTEGER PRIMARY KEY, event_id TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, row BLOB NOT NULL);
CREATE INDEX attempt_event ON attempt (event_id);
CREATE INDEX attempt_identity ON attempt (n, at);

-- Where to find a row by a value it holds: a is a 64-bit hash, ref is 8 * number + kind (see rows.Ref).
CREATE TABLE anchor (a INTEGER NOT NULL, ref INTEGER NOT NULL, PRIMARY KEY (a, ref)) WITHOUT ROWID;

-- Callers that linking has not seen since they changed. Issuances, sign-ins and actions are only ever added: a counter each.
CREATE TABLE pending (n INTEGER PRIMARY KEY);

CREATE TABLE entity (id TEXT PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;

-- Ledger. -----------------------------------------------------------------------------------------------------------

CREATE TABLE object (
    o INTEGER PRIMARY KEY,
    locator TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    parts INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    doubles INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    ingested_at INTEGER NOT NULL
);

-- A part of an object's earlier version is not current, but its archive rows still name its attempt.
CREATE TABLE part (o INTEGER NOT NULL, k INTEGER NOT NULL, attempt INTEGER NOT NULL, current INTEGER NOT NULL);
CREATE INDEX part_object ON part (o, k);
CREATE INDEX part_attempt ON part (attempt);

CREATE TABLE quarantine (i INTEGER PRIMARY KEY, o INTEGER NOT NULL, record INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX quarantine_object ON quarantine (o, record);

CREATE TABLE cell (
    c INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    hour INTEGER NOT NULL,
    counts TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (account, region, hour)
);
CREATE TABLE cell_hashes (i INTEGER PRIMARY KEY, c INTEGER NOT NULL, hashes BLOB NOT NULL);
CREATE INDEX cell_hashes_cell ON cell_hashes (c);

CREATE TABLE archive_file (name TEXT PRIMARY KEY, day TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE excluded_attempt (attempt INTEGER PRIMARY KEY);

-- What linking makes of it. -----------------------------------------------------------------------------------------

-- origin = 1: held up only by the edges that come from it.
CREATE TABLE node (n INTEGER PRIMARY KEY, origin INTEGER NOT NULL, row BLOB NOT NULL, edges BLOB NOT NULL);
CREATE TABLE edge (parent INTEGER NOT NULL, child INTEGER NOT NULL, PRIMARY KEY (parent, child)) WITHOUT ROWID;
CREATE TABLE alias (alias INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (alias, target)) WITHOUT ROWID;
CREATE INDEX alias_target ON alias (target);

-- Texts that many nodes share, each indexed for substrings once.
CREATE TABLE home (h INTEGER PRIMARY KEY, role_arn TEXT NOT NULL, account TEXT NOT NULL, UNIQUE (role_arn, account));
CREATE INDEX home_account ON home (account);
CREATE TABLE name (t INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE home_search USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1');
CREATE VIRTUAL TABLE name_search USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1');

-- Sets of accounts that paths cross.
CREATE TABLE crossing (x INTEGER PRIMARY KEY, accounts TEXT NOT NULL UNIQUE);
CREATE TABLE crossing_account (account TEXT NOT NULL, x INTEGER NOT NULL, PRIMARY KEY (account, x)) WITHOUT ROWID;

-- Standing of every node, with what lists and look-ups need beside it. Parent and last_pivot are 0 for none.
-- above: nearest counting session above in the same segment. band: 0 not listed in chains, else sessions, 3 for more.
CREATE TABLE standing (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    root INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    sessions INTEGER NOT NULL,
    hops INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    pivots INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    confidence REAL NOT NULL,
    started INTEGER NOT NULL,
    last_pivot INTEGER NOT NULL,
    counts INTEGER NOT NULL,
    home INTEGER NOT NULL,
    name INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    above INTEGER NOT NULL,
    crossing INTEGER NOT NULL,
    band INTEGER NOT NULL
);
CREATE INDEX standing_parent ON standing (parent, started, id) WHERE parent > 0;
CREATE INDEX standing_above ON standing (above) WHERE counts = 1 AND above > 0;
CREATE INDEX standing_home ON standing (home, last_seen DESC, id);
CREATE INDEX standing_name ON standing (name);
CREATE INDEX chain_last_seen ON standing (band, last_seen DESC, id) WHERE band > 0;
CREATE INDEX chain_first_seen ON standing (band, first_seen DESC, id) WHERE band > 0;
CREATE INDEX chain_sessions ON standing (band, sessions DESC, id) WHERE band > 0;
CREATE INDEX chain_reach ON standing (band, reach DESC, id) WHERE band > 0;
CREATE INDEX chain_confidence ON standing (band, confidence DESC, id) WHERE band > 0;
CREATE INDEX chain_root ON standing (root) WHERE band > 0;
CREATE INDEX chain_crossing ON standing (crossing, band) WHERE band > 0;
