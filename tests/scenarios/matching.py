"""Compares what a store answers with an expected.yaml. Only what is written is compared (README.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Sentences about every place where `actual` is not what was written; empty when it is."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return [f"{where}: expected an object, found {actual!r}"]
        return [line for name, value in expected.items() for line in _field(name, value, actual, where)]
    if isinstance(expected, list):
        return _items(expected, actual, where)
    if expected is True and isinstance(actual, str):
        return [] if actual else [f"{where}: expected some text, found none"]
    if isinstance(expected, float):
        return (
            []
            if isinstance(actual, int | float) and round(actual, 2) == round(expected, 2)
            else [_unlike(where, expected, actual)]
        )
    return [] if expected == actual else [_unlike(where, expected, actual)]


def _field(name: str, value: Any, actual: Mapping[str, Any], where: str) -> list[str]:
    spot = f"{where}.{name}" if where else name
    if name == "role_name":
        return differences(value, role_name(actual), spot)
    if name == "path_ends":
        return differences(value, actual["path"][-len(value) :], spot)
    if name == "path_starts":
        return differences(value, actual["path"][: len(value)], spot)
    if name == "path_length":
        return differences(value, len(actual["path"]), spot)
    if name == "evidence_starts":
        return differences(value, next(iter(actual["evidence"]), ""), spot)
    if name not in actual:
        return [f"{spot}: there is no such field"]
    return differences(value, actual[name], spot)


def _items(expected: Sequence[Any], actual: Any, where: str) -> list[str]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        return [f"{where}: expected {len(expected)} items, found {_brief(actual)}"]
    return [line for n, (a, b) in enumerate(zip(expected, actual, strict=True)) for line in differences(a, b, f"{where}[{n}]")]


def _unlike(where: str, expected: Any, actual: Any) -> str:
    return f"{where}: expected {expected!r}, found {actual!r}"


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)}: " + ", ".join(_label(item) for item in value[:40])
    return repr(value)


def _label(item: Any) -> str:
    if not isinstance(item, Mapping):
        return repr(item)
    if "path" in item:
        return "[" + " > ".join(_label(node) for node in item["path"]) + "]"
    return str(item.get("label") or item.get("kind") or item)


def role_name(node: Mapping[str, Any]) -> str:
    return str(node.get("role", "")).rsplit("/", 1)[-1]


def chain_differences(expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Chains in any order; none may be missing and none may be left over."""
    left = list(actual)
    lines: list[str] = []
    for number, wanted in enumerate(expected):
        tried = [(differences(wanted, chain, f"chains[{number}]"), chain) for chain in left]
        if not tried:
            lines.append(f"chains[{number}]: no chain is left to match it")
            continue
        best, chain = min(tried, key=lambda pair: len(pair[0]))
        if best:
            lines += [*best, f"chains[{number}]: the nearest chain is {_label(chain)}"]
        left.remove(chain)
    return lines + [f"a chain nobody expected: {_label(chain)}" for chain in left]


def family_differences(expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Chains told by the roles they go through."""
    families: defaultdict[tuple[str, ...], list[Any]] = defaultdict(list)
    for chain in actual:
        families[tuple(role_name(node) for node in chain["path"] if node["ordinal"])].append(chain)
    lines: list[str] = []
    for wanted in expected:
        chains = families.get(tuple(wanted["roles"]), [])
        where = " > ".join(wanted["roles"])
        lines += differences(wanted.get("count", len(chains)), len(chains), f"{where}: chains")
        if "days" in wanted:
            lines += differences(wanted["days"], len({c["path"][-1]["issued_at"][:10] for c in chains}), f"{where}: days")
        rest = {name: value for name, value in wanted.items() if name not in ("roles", "count", "days")}
        lines += [line for chain in chains for line in differences(rest, chain, where)]
    return lines
