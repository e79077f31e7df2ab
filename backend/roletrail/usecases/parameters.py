"""The one table of what a chain list may be asked. Page, API and CLI read names, defaults, help and checks from here.

The API is strict (an unknown or unusable value is an error that names it); pages are lenient (it is dropped).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from roletrail.errors import InvalidRequest
from roletrail.lineage.arn import parse_arn
from roletrail.lineage.tone import TONES
from roletrail.stores.port import CHAIN_SORTS, ChainQuery, fold

MAX_LIMIT = 500
MAX_SESSIONS = 100_000
MIN_Q = 3
"""Shorter texts match nearly everything and have no trigram to look up."""
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Parameter:
    """`field` is ChainQuery's; `read` turns text into a value or raises ValueError with half a sentence."""

    name: str
    field: str
    type: str  # integer | string | date-time, as OpenAPI says it
    default: int | str
    help: str
    read: Callable[[str], int | str]
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


def _integer(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _choice(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError("must be one of " + ", ".join(choices))
        return text

    return read


def _account(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) == 12):
        raise ValueError("must be the 12 digits of an account")
    return text


def _arn(text: str) -> str:
    if parse_arn(text.strip()) is None or len(text) > MAX_TEXT:
        raise ValueError("must be an ARN")
    return text.strip()


def _folded(text: str) -> str:
    folded = fold(text.strip())
    if not MIN_Q <= len(folded) <= MAX_TEXT:
        raise ValueError(f"needs {MIN_Q} to {MAX_TEXT} characters")
    return folded


def _cursor(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError("is no cursor of this list")
    return text


def read_time(text: str) -> int:
    """Epoch seconds of an ISO 8601 date or date-time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("must be an ISO 8601 time such as 2026-01-31 or 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(0, int(moment.timestamp()))
    except (OverflowError, ValueError):
        raise ValueError("is outside the range of times") from None


def _number(name: str, field: str, default: int, least: int, most: int, text: str) -> Parameter:
    return Parameter(name, field, "integer", default, text, _integer(least, most), minimum=least, maximum=most)


CHAIN_PARAMETERS: tuple[Parameter, ...] = (
    _number("min_sessions", "min_sessions", 2, 0, MAX_SESSIONS, "Least number of role sessions on the path."),
    _number("min_reach", "min_reach", 0, 0, MAX_SESSIONS, "Least number of role sessions through all pivots."),
    Parameter("tone", "tone", "string", "", "Only chains of this tone.", _choice(TONES), choices=TONES),
    Parameter("account", "account", "string", "", "Only chains that touch this account (12 digits).", _account),
    Parameter("q", "q", "string", "", "Text in role, session, user or account names; three characters at least.", _folded),
    Parameter("from", "from_", "date-time", "", "Only chains last seen at or after this time (ISO 8601, UTC).", read_time),
    Parameter("to", "to", "date-time", "", "Only chains first seen before this time (ISO 8601, UTC).", read_time),
    Parameter("sort", "sort", "string", "last_seen", "Descending sort key.", _choice(CHAIN_SORTS), choices=CHAIN_SORTS),
    Parameter("after", "after", "string", "", "Cursor: `next` of the previous page.", _cursor),
    _number("limit", "limit", 100, 1, MAX_LIMIT, "Chains on a page."),
)

COVERAGE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter("account", "account", "string", "", "Only this account (12 digits).", _account),
    Parameter("from", "from_", "date-time", "", "Only hours that begin at or after this time (ISO 8601, UTC).", read_time),
    Parameter("to", "to", "date-time", "", "Only hours that begin before this time (ISO 8601, UTC).", read_time),
)

CONTAINMENT_PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "responder",
        "responders",
        "string",
        "",
        "ARN of the role or user that will carry the plan out: said in red when the plan hits it.",
        _arn,
    ),
    Parameter(
        "management_account",
        "management",
        "string",
        "",
        "Account that manages the organisation (12 digits): no service control policy binds it.",
        _account,
    ),
)

_BY_NAME = {parameter.name: parameter for parameter in CHAIN_PARAMETERS}


def chain_query(raw: Mapping[str, str], *, strict: bool, also: frozenset[str] = frozenset()) -> ChainQuery:
    """The query a request asks for. Empty values count as not given. `also` names parameters another reader takes."""
    values: dict[str, int | str] = {}
    for name, text in raw.items():
        parameter = _BY_NAME.get(name)
        if parameter is None:
            if strict and name not in also:
                raise InvalidRequest(f"There is no parameter {name[:60]!r} here.", hint="Known: " + ", ".join(_BY_NAME) + ".")
            continue
        if text == "":
            continue
        try:
            values[parameter.field] = parameter.read(text)
        except ValueError as problem:
            if strict:
                raise InvalidRequest(f"The parameter {name} {problem}.", hint=parameter.help) from None
    return ChainQuery(**values)  # type: ignore[arg-type]


def coverage_window(raw: Mapping[str, str]) -> dict[str, Any]:
    """Arguments of `show_coverage`, strictly."""
    known = {parameter.name: parameter for parameter in COVERAGE_PARAMETERS}
    values: dict[str, Any] = {}
    for name, text in raw.items():
        parameter = known.get(name)
        if parameter is None:
            raise InvalidRequest(f"There is no parameter {name[:60]!r} here.", hint="Known: " + ", ".join(known) + ".")
        try:
            values |= {parameter.field: parameter.read(text)} if text else {}
        except ValueError as problem:
            raise InvalidRequest(f"The parameter {name} {problem}.", hint=parameter.help) from None
    return values


def containment_facts(raw: Mapping[str, str]) -> dict[str, str]:
    """Values of CONTAINMENT_PARAMETERS by name; those not given are left out. Raises InvalidRequest for an unusable one."""
    found: dict[str, str] = {}
    for parameter in CONTAINMENT_PARAMETERS:
        if text := raw.get(parameter.name, ""):
            try:
                found[parameter.name] = str(parameter.read(text))
            except ValueError as problem:
                raise InvalidRequest(f"The parameter {parameter.name} {problem}.", hint=parameter.help) from None
    return found


def given(raw: Mapping[str, str]) -> dict[str, str]:
    """The known, usable, non-empty parameters as they were written: what a page keeps in its links."""
    kept: dict[str, str] = {}
    for name, text in raw.items():
        parameter = _BY_NAME.get(name)
        if parameter is None or text == "":
            continue
        try:
            value = parameter.read(text)
        except ValueError:
            continue
        if value != parameter.default:
            kept[name] = text
    return kept
