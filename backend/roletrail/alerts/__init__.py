"""Findings on their way out, and what people said of them. Knows findings as `detect` has them, and no store of graphs."""
