-- The inventory's layout. What AWS said of a resource at a time, reduced to what verdicts look at; the facts and their
-- times are worked out of it when read (roletrail.inventory.facts).

-- `body` is JSON; an empty one says that the resource is gone.
CREATE TABLE snapshot (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, at)
) WITHOUT ROWID;

-- A whole listing of one kind in one account and region: what it does not hold was not there. Also what a pull has done.
CREATE TABLE listing (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    at INTEGER NOT NULL,
    resources INTEGER NOT NULL,
    PRIMARY KEY (kind, account, region, at)
) WITHOUT ROWID;

CREATE TABLE organisation_account (account TEXT PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

-- Whole documents: `ip-ranges` is AWS's file as fetched or imported.
CREATE TABLE document (name TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE guardduty (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    severity REAL NOT NULL,
    title TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    count INTEGER NOT NULL,
    access_key_ids TEXT NOT NULL,
    principal_ids TEXT NOT NULL,
    instance_ids TEXT NOT NULL,
    addresses TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE change (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL);
INSERT INTO change VALUES (1, 0);
