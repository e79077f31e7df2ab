"""CORE: which credential issued which. Standard library only, no I/O, no clock, deterministic."""
