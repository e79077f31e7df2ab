"""Bytes to observations: reading objects, taking records apart, folding them, and running all that over the cores."""
