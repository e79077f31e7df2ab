"""REST v1: JSON skins over the use-cases. They know no store, no SQL and no rule of lineage."""
