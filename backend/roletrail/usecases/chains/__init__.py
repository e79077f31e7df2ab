"""Chains and sessions for people: lists, trees, pictures, and why each join was made."""
