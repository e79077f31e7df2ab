-- What coverage stands on: digests and the files they list, addenda, resources that data events touched, lost parents.

-- Last part of the locator: CloudTrail's file names are unique, wherever the files were copied to.
ALTER TABLE object ADD COLUMN name TEXT GENERATED ALWAYS AS (substr(locator, length(rtrim(locator, replace(locator, '/', ''))) + 1)) VIRTUAL;
CREATE INDEX object_name ON object (name);
CREATE INDEX object_sha256 ON object (sha256);

CREATE TABLE digest (
    d INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    previous TEXT NOT NULL
);
CREATE INDEX digest_start ON digest (start);
CREATE TABLE digest_file (d INTEGER NOT NULL, f INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (d, f)) WITHOUT ROWID;

-- Digests that an earlier version recognised and did not read are new again to the next ingest of their folder.
DELETE FROM part WHERE o IN (SELECT o FROM object WHERE kind = 'digest');
DELETE FROM object WHERE kind = 'digest';

CREATE TABLE addendum (event_id TEXT PRIMARY KEY, original TEXT NOT NULL, account TEXT NOT NULL, row BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX addendum_original ON addendum (original) WHERE original > '';
CREATE INDEX addendum_outage ON addendum (account) WHERE original = '';

-- Versions of an event that an UPDATED_DATA addendum patches: as first logged (patch is '') and as each addendum has it.
-- The row of the event in its own table is what they come to together.
CREATE TABLE version (kind TEXT NOT NULL, event_id TEXT NOT NULL, patch TEXT NOT NULL, row BLOB NOT NULL, PRIMARY KEY (kind, event_id, patch)) WITHOUT ROWID;

-- Folds of one commit, for one identity. Merged when read.
CREATE TABLE resource_use (i INTEGER PRIMARY KEY, n INTEGER NOT NULL, folds BLOB NOT NULL);
CREATE INDEX resource_use_identity ON resource_use (n);

-- Sessions without a parent, the latest first.
CREATE INDEX standing_lost ON standing (last_seen DESC, id) WHERE parent = 0 AND (started > 0 OR counts = 1);
