-- What is asked for by name, where one name of a store's many is wanted: notable calls, sign-ins, and sessions of workloads.
-- The functions are the program's own, there while a layout is brought up to date (stores/embedded/schema.py).
ALTER TABLE action ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE action SET name = action_name(row);
CREATE INDEX action_name ON action (name);

ALTER TABLE sign_in ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE sign_in SET name = sign_in_name(row);
CREATE INDEX sign_in_name ON sign_in (name);

-- 1 for what was delivered to a workload, or is named as only an instance's session should be.
ALTER TABLE node ADD COLUMN workload INTEGER NOT NULL DEFAULT 0;
UPDATE node SET workload = 1 WHERE of_workload(row);
CREATE INDEX node_workload ON node (n) WHERE workload = 1;
