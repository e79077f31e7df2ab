-- Chains of a window of time: both ends in the index, and how long the longest chain lasted, so that a walk starts beside
-- the window and not at the newest chain. The counter only grows: it bounds, it does not measure.
DROP INDEX chain_last_seen;
DROP INDEX chain_first_seen;
CREATE INDEX chain_last_seen ON standing (band, last_seen DESC, id, first_seen) WHERE band > 0;
CREATE INDEX chain_first_seen ON standing (band, first_seen DESC, id, last_seen) WHERE band > 0;
INSERT INTO counter (name, value) SELECT 'longest_chain', coalesce(max(last_seen - first_seen), 0) FROM standing;
