"""Roletrail: who is really behind this AWS session? Role chains rebuilt from CloudTrail, with proof."""

__version__ = "0.1.0"
