"""The way to AWS: clients with our name on them, and patience with bounds. Knows nothing of logs, graphs or findings."""
