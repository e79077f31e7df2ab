-- The rule by which an id is another one's, how sure that is, and the events that say so, as references with blanks between
-- them. Ids that a record gave too early keep an empty rule.
ALTER TABLE alias ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE alias ADD COLUMN confidence REAL NOT NULL DEFAULT 1;
ALTER TABLE alias ADD COLUMN evidence TEXT NOT NULL DEFAULT '';

-- Those of before get the lower grade of their rule (J7), and linking looks again at them and at what rests on them.
UPDATE alias SET rule = 'J7', confidence = 0.7, evidence =
    (SELECT strftime('%Y%m%d', first_at, 'unixepoch') || '.' || first_event FROM caller WHERE caller.n = alias.alias)
    WHERE alias IN (SELECT n FROM caller);
INSERT OR IGNORE INTO pending SELECT alias FROM alias WHERE rule > '';
INSERT OR IGNORE INTO pending
    SELECT child FROM edge JOIN caller ON caller.n = child WHERE parent IN (SELECT target FROM alias WHERE rule > '');
