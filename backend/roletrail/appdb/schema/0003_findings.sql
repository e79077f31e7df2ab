-- What people said of findings. A finding itself is derived and lies in the graph store; its id outlives evaluations.

CREATE TABLE finding_status (
    finding TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('open', 'benign', 'confirmed')),
    set_by TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `match` is a JSON object of field to value; `expires_at` is never 0: an exception nobody looks at again is a hole.
CREATE TABLE allowed (
    id TEXT PRIMARY KEY,
    match TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
