-- What was sent where. One row a destination and finding; `content` is the hash of what was said last.

CREATE TABLE delivery (
    destination TEXT NOT NULL,
    finding TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    error TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (destination, finding)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_waiting ON delivery (next_at) WHERE state = 'waiting';
CREATE INDEX delivery_tried ON delivery (tried_at);
