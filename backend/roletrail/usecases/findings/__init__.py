"""Judging what changed, the list of findings, and findings sent out to the world."""
