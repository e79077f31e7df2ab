"""All rules, in the order they are shown. Adding one is a file here and a line below."""

from __future__ import annotations

from roletrail.detect.rule import Rule
from roletrail.detect.rules import (
    bearer_token,
    chain_shape_new,
    chain_three,
    chain_two,
    created_credential_used,
    device_code,
    evasion,
    federation_console,
    federation_subject_new,
    foreign_account,
    hops_from_networks,
    impact,
    infrastructure_new,
    instance_like_name,
    key_new_network,
    laundering,
    many_account_roles,
    off_instance,
    persistence,
    privilege,
    responder_stranger,
    rogue_agent,
    role_enumeration,
    role_juggling,
    role_pair_new,
    service_and_person,
    service_family_new,
    several_networks,
    trust,
    twin_keys,
    unexplained_credential,
    unfamiliar_hands,
    use_after_revocation,
    workload_to_console,
)

_CHAIN = (
    chain_three, chain_two, chain_shape_new, role_pair_new, role_juggling, hops_from_networks, service_and_person, laundering,
)  # fmt: skip
_ROOT = (
    persistence, privilege, trust, evasion, impact, infrastructure_new, federation_console, device_code, many_account_roles,
    bearer_token, federation_subject_new, foreign_account, key_new_network, service_family_new, role_enumeration,
    responder_stranger,
)  # fmt: skip
_CREDENTIAL = (
    off_instance, unfamiliar_hands, rogue_agent, twin_keys, created_credential_used, several_networks, workload_to_console,
    unexplained_credential, use_after_revocation, instance_like_name,
)  # fmt: skip

RULES: tuple[Rule, ...] = tuple(module.RULE for module in (*_CHAIN, *_ROOT, *_CREDENTIAL))

BY_ID = {rule.meta.id: rule for rule in RULES}
