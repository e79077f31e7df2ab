"""Taking logs in and letting them go: files, queues, Event history, uploads, triage, retention."""
