-- What people find out and decide: investigations, marks, responders, shares; and the audit log of all of it.

CREATE TABLE audit (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Every change of an investigation or of anything in it raises its version by one and is a row of `change`.
CREATE TABLE investigation (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    assignee TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX investigation_updated ON investigation (updated_at, id);

-- `seen` is JSON: what a watched pin looked like when somebody last looked.
CREATE TABLE pin (
    id TEXT PRIMARY KEY,
    investigation TEXT NOT NULL REFERENCES investigation ON DELETE CASCADE,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    label TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen TEXT NOT NULL,
    grown TEXT NOT NULL DEFAULT '',
    pinned_at INTEGER NOT NULL,
    pinned_by TEXT NOT NULL,
    UNIQUE (investigation, kind, target)
) STRICT;

-- `pin` "" is a note on the whole. `kind`: note, decision, question or step; `state` and `owner` are of the last two.
CREATE TABLE note (
    id TEXT PRIMARY KEY,
    investigation TEXT NOT NULL REFERENCES investigation ON DELETE CASCADE,
    pin TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;
CREATE INDEX note_investigation ON note (investigation);

CREATE TABLE change (
    investigation TEXT NOT NULL REFERENCES investigation ON DELETE CASCADE,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (investigation, version)
) STRICT, WITHOUT ROWID;

-- Evidence that pins need, kept when its archive day goes or its source may go.
CREATE TABLE kept_record (
    ref TEXT PRIMARY KEY,
    record BLOB NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A lifted mark stays: who drew the line where, and when it was drawn anew.
CREATE TABLE mark (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    side TEXT NOT NULL,
    identity TEXT NOT NULL,
    label TEXT NOT NULL,
    addresses TEXT NOT NULL,
    agents TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    why TEXT NOT NULL,
    investigation TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    lifted_at INTEGER NOT NULL DEFAULT 0,
    lifted_by TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE responder (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    session_name TEXT NOT NULL,
    source_identity TEXT NOT NULL,
    why TEXT NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `content` is the frozen document exactly as it was hashed; `passphrase` is salt and scrypt, empty without one.
CREATE TABLE share (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    title TEXT NOT NULL,
    redaction TEXT NOT NULL,
    counts TEXT NOT NULL,
    content BLOB NOT NULL,
    picture BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    passphrase BLOB NOT NULL,
    view_limit INTEGER NOT NULL,
    may_download INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL DEFAULT 0,
    revoked_by TEXT NOT NULL DEFAULT '',
    views INTEGER NOT NULL DEFAULT 0,
    viewed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX share_made ON share (created_at, id);

-- A browser that came with a share's link. `opened` when its reader pressed Open.
CREATE TABLE share_visit (
    hash BLOB PRIMARY KEY,
    share TEXT NOT NULL REFERENCES share ON DELETE CASCADE,
    opened INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A sign-in at the identity provider that has begun; `browser` is the HMAC of a cookie, so that nobody finishes another's.
CREATE TABLE sign_in_start (
    hash BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    place TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE sign_in_session ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in_session ADD COLUMN way TEXT NOT NULL DEFAULT 'launch link';
ALTER TABLE sign_in_session ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;
