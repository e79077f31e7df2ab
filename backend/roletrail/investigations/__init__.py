"""What people find out and decide about an incident, kept in the app database. Knows no store of logs and no skin.

Ids of sessions, events and findings are opaque here; use-cases look them up.
"""
