"""The graph in Neo4j: what a team runs. Cypher lies in cypher/, its layout in graph_schema/neo4j; nobody else speaks Cypher."""

from roletrail.stores.neo4j.connection import Address
from roletrail.stores.neo4j.store import Neo4jStore

__all__ = ["Address", "Neo4jStore"]
