"""What a core says otherwise than an expected.yaml: the oracle of the core suite and of the seeded faults."""

from __future__ import annotations

from typing import Any

from tests.scenarios.matching import chain_differences, differences, family_differences
from tests.support.core import Core


def wrong(core: Core, wanted: dict[str, Any]) -> list[str]:
    chains = core.chains()
    lines = chain_differences(wanted["chains"], chains) if "chains" in wanted else []
    if "chain_count" in wanted:
        lines += differences(wanted["chain_count"], len(chains), "chain_count")
    lines += family_differences(wanted.get("families", []), chains)
    for identity in wanted.get("identities", []):
        lines += _identity(core, identity)
    for thing, alias in wanted.get("aliases", {}).items():
        if alias["rule"] == "J7":
            lines += differences(alias, core.alias(thing), f"{thing}: alias")
    return lines + [f"{thing}: found, and must not be" for thing in wanted.get("absent", []) if core.found(thing)]


def _identity(core: Core, wanted: dict[str, Any]) -> list[str]:
    where = wanted["find"]
    found = core.found(where)
    lines = differences(wanted.get("found", 1), len(found), f"{where}: found")
    rest = {name: value for name, value in wanted.items() if name not in ("find", "found", "attempts", "actions", "node")}
    for id_ in found if not lines else ():
        chain = core.ending_at(id_)
        lines += differences(rest, chain, where)
        lines += differences(wanted.get("node", {}), chain["path"][-1], f"{where}: node")
    return lines
