"""All rules, in the order they are shown. Adding one is a file here and a line below."""

from __future__ import annotations

from roletrail.detect.rule import Rule
from roletrail.detect.rules import (
    chain_shape_new,
    chain_three,
    chain_two,
    evasion,
    hops_from_networks,
    impact,
    infrastructure_new,
    laundering,
    persistence,
    privilege,
    role_juggling,
    role_pair_new,
    service_and_person,
    trust,
)

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        chain_three,
        chain_two,
        chain_shape_new,
        role_pair_new,
        role_juggling,
        hops_from_networks,
        service_and_person,
        laundering,
        persistence,
        privilege,
        trust,
        evasion,
        impact,
        infrastructure_new,
    )
)

BY_ID = {rule.meta.id: rule for rule in RULES}
