-- Findings and what they are judged by. All of it is derived: `rules evaluate --all` makes it again.

-- Identities whose node, standing or calls changed since rules last looked; g is the generation of the change.
CREATE TABLE unjudged (n INTEGER PRIMARY KEY, g INTEGER NOT NULL);
INSERT INTO unjudged SELECT n, 0 FROM standing;

CREATE TABLE finding (
    id TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    rule TEXT NOT NULL,
    severity INTEGER NOT NULL,
    score INTEGER NOT NULL,
    tone TEXT NOT NULL,
    account TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    row BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX finding_worst ON finding (score DESC, last_seen DESC, id);
CREATE INDEX finding_identity ON finding (n);
CREATE INDEX finding_rule ON finding (rule, first_seen);

-- Days on which a habit was seen, each with one identity that showed it.
CREATE TABLE habit (key INTEGER NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, day)) WITHOUT ROWID;
CREATE INDEX habit_identity ON habit (n);
