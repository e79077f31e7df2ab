"""IAM's evaluation of policies, as the IAM user guide describes it: enough of it to judge deny statements and what is left.

Held to cases of the guide by `test_evaluation.py`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

Decision = Literal["allow", "explicit deny", "implicit deny"]
Context = Mapping[str, str | list[str]]
Policy = Mapping[str, Any]

_SETS = ("ForAllValues:", "ForAnyValue:")


def decide(policies: Iterable[Policy], action: str, resource: str, context: Context, principal: str = "") -> Decision:
    """An explicit deny wins, then an explicit allow; else the answer is no."""
    effects = {s["Effect"] for p in policies for s in statements(p) if applies(s, action, resource, context, principal)}
    return "explicit deny" if "Deny" in effects else "allow" if "Allow" in effects else "implicit deny"


def decide_with_guardrails(
    identity: Iterable[Policy], guardrails: Sequence[Policy], action: str, resource: str, context: Context
) -> Decision:
    """Service control policies grant nothing: what none of them allows is denied, whatever the identity's own policies say."""
    found = [decide([one], action, resource, context) for one in guardrails]
    if "explicit deny" in found:
        return "explicit deny"
    own = decide(identity, action, resource, context)
    if guardrails and "allow" not in found:
        return "explicit deny" if own == "explicit deny" else "implicit deny"
    return own


def denies(policy: Policy, context: Context, action: str = "s3:GetObject", resource: str = "arn:aws:s3:::b/k") -> bool:
    return decide([policy], action, resource, context) == "explicit deny"


def statements(policy: Policy) -> list[Mapping[str, Any]]:
    found = policy["Statement"]
    return found if isinstance(found, list) else [found]


def applies(statement: Mapping[str, Any], action: str, resource: str, context: Context, principal: str = "") -> bool:
    return (
        _element(statement, "Action", "NotAction", action.lower(), lower=True)
        and (
            ("Resource" not in statement and "NotResource" not in statement)
            or _element(statement, "Resource", "NotResource", resource)
        )
        and _principal(statement, principal)
        and all(_condition(operator, keys, context) for operator, keys in statement.get("Condition", {}).items())
    )


def _element(statement: Mapping[str, Any], name: str, negated: str, value: str, *, lower: bool = False) -> bool:
    patterns = _list(statement.get(name, statement.get(negated)))
    found = any(_like(pattern.lower() if lower else pattern, value) for pattern in patterns)
    return found if name in statement else not found


def _principal(statement: Mapping[str, Any], principal: str) -> bool:
    wanted = statement.get("Principal")
    if wanted is None or wanted == "*" or not principal:
        return True
    account = principal.split(":")[4] if principal.startswith("arn:") else ""
    names = [name for value in wanted.values() for name in _list(value)]
    return any(name in ("*", principal, account, f"arn:aws:iam::{account}:root") for name in names)


# --- conditions ---


def _condition(operator: str, keys: Mapping[str, Any], context: Context) -> bool:
    """All keys of an operator have to hold; of the values of a key, any."""
    known = {name.lower(): value for name, value in context.items()}
    return all(_holds(operator, known.get(key.lower()), _list(values), known) for key, values in keys.items())


def _holds(operator: str, actual: str | list[str] | None, wanted: list[str], known: Mapping[str, str | list[str]]) -> bool:
    quantifier = next((name for name in _SETS if operator.startswith(name)), "")
    operator = operator.removeprefix(quantifier)
    if operator == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    if_exists = operator.endswith("IfExists")
    operator = operator.removesuffix("IfExists")
    negated = "Not" in operator
    if actual is None:
        return if_exists or negated or quantifier == "ForAllValues:"
    values = [_substituted(value, known) for value in wanted]
    found = [_matches(operator.replace("Not", ""), one, values) != negated for one in _list(actual)]
    return all(found) if quantifier == "ForAllValues:" else any(found)


def _matches(operator: str, actual: str, wanted: list[str]) -> bool:
    """Whether any of the wanted values matches; negation is the caller's."""
    match operator:
        case "StringEquals" | "Bool" | "BinaryEquals":
            return any(_same(operator, actual, one) for one in wanted)
        case "StringEqualsIgnoreCase":
            return actual.lower() in [one.lower() for one in wanted]
        case "StringLike":
            return any(_like(one, actual) for one in wanted)
        case "ArnEquals" | "ArnLike":
            return any(_arn_like(one, actual) for one in wanted)
        case "IpAddress":
            return any(ipaddress.ip_address(actual) in ipaddress.ip_network(one) for one in wanted)
        case _ if operator.startswith("Date"):
            return any(_compared(operator[4:], _moment(actual), _moment(one)) for one in wanted)
        case _ if operator.startswith("Numeric"):
            return any(_compared(operator[7:], float(actual), float(one)) for one in wanted)
        case _:
            raise AssertionError(f"an operator nobody wrote a case for: {operator}")


def _same(operator: str, actual: str, wanted: str) -> bool:
    return actual.lower() == wanted.lower() if operator == "Bool" else actual == wanted


def _compared(how: str, actual: float, wanted: float) -> bool:
    return {
        "LessThan": actual < wanted,
        "LessThanEquals": actual <= wanted,
        "GreaterThan": actual > wanted,
        "GreaterThanEquals": actual >= wanted,
        "Equals": actual == wanted,
    }[how]


def _moment(text: str) -> float:
    if text.isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _like(pattern: str, value: str) -> bool:
    return pattern == "*" or _expression(pattern).fullmatch(value) is not None


@lru_cache(1 << 12)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)


def _arn_like(pattern: str, value: str) -> bool:
    """Each of the six parts is matched by itself: a wildcard does not reach over a colon."""
    parts, actual = pattern.split(":", 5), value.split(":", 5)
    return len(parts) == len(actual) and all(_like(one, other) for one, other in zip(parts, actual, strict=True))


def _substituted(value: str, known: Mapping[str, str | list[str]]) -> str:
    def put(found: re.Match[str]) -> str:
        special = {"*": "*", "?": "?", "$": "$"}.get(found[1])
        stored = known.get(found[1].lower())
        return special or (stored if isinstance(stored, str) else found[0])

    return re.sub(r"\$\{([^}]+)\}", put, value)


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else [str(value).lower() if isinstance(value, bool) else str(value)]
