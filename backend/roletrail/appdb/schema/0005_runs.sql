-- Runs of a shell or a service have rows beside the uploads: ingest PATH, lookup-events, --every, --follow.

ALTER TABLE ingest_job ADD COLUMN kind TEXT NOT NULL DEFAULT 'upload'
    CHECK (kind IN ('upload', 'run', 'history', 'schedule', 'follow'));
