"""Containment as data: which steps stop a chain, in which order, what each of them breaks and what survives it.

Printed and never carried out. Pure: facts come in as a `Case`, a plan goes out. One file for each family of steps.
"""

from roletrail.detect.containment.case import Case, RoleUse, RoleUser, Subject
from roletrail.detect.containment.plan import Plan, plan_for

__all__ = ["Case", "Plan", "RoleUse", "RoleUser", "Subject", "plan_for"]
