"""The graph stores behind one narrow port. Only `bootstrap` imports a store."""
