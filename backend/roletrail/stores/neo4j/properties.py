"""How tuples of the model become properties and come back: camelCase names, and what is empty is left out.

An absent property reads as "", 0, False or an empty tuple: in Cypher it is null, which is what a missing text should be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast, get_origin, get_type_hints

from roletrail.lineage.model import (
    Action,
    Activity,
    Addendum,
    Alias,
    Attempt,
    Caller,
    CredentialUse,
    Edge,
    Issuance,
    Node,
    ResourceUse,
    SignIn,
    Standing,
)
from roletrail.stores.merge import CALLER_FACTS

T = TypeVar("T")


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


class Shape(Generic[T]):
    """One tuple of the model as properties of a node or relationship."""

    def __init__(self, of: type[T], without: tuple[str, ...] = ()) -> None:
        hints = get_type_hints(of)
        self._make = cast("Callable[[list[Any]], T]", of._make)  # type: ignore[attr-defined]
        self._fields = [(camel(name), _empty(hint)) for name, hint in hints.items()]
        self._kept = [(place, camel(name)) for place, name in enumerate(hints) if name not in without]
        self.names = [name for _, name in self._kept]

    def properties(self, row: T) -> dict[str, Any]:
        """What is not empty."""
        values: Any = row
        return {name: values[place] for place, name in self._kept if values[place]}

    def every(self, row: T) -> dict[str, Any]:
        """All of them; null takes an empty one away when it is set."""
        values: Any = row
        return {name: values[place] or None for place, name in self._kept}

    def row(self, found: Mapping[str, Any]) -> T:
        get = found.get
        return self._make([get(name, empty) if empty != () else tuple(get(name, empty)) for name, empty in self._fields])


def _empty(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return ()
    return {str: "", int: 0, float: 0.0, bool: False}[hint]


ACTION = Shape(Action)
ACTIVITY = Shape(Activity)
ADDENDUM = Shape(Addendum)
ALIAS = Shape(Alias, ("id", "target"))
ATTEMPT = Shape(Attempt)
EDGE = Shape(Edge, ("kind", "parent", "child"))
ISSUANCE = Shape(Issuance)
NODE = Shape(Node, ("id",))
RESOURCE = Shape(ResourceUse)
SIGN_IN = Shape(SignIn)
STANDING = Shape(Standing)
USE = Shape(CredentialUse, ("identity", "access_key_id"))


def facts_of(caller: Caller) -> list[str]:
    """What its events say of a caller, in the order of the model's fields: a text each."""
    return [str(fact) for fact in caller[1:CALLER_FACTS]]


_CREATED = Caller._fields.index("created") - 1


def caller_of(id_: str, facts: list[str], *counts: Any) -> Caller:
    values: list[Any] = list(facts)
    values[_CREATED] = int(values[_CREATED])
    return Caller._make((id_, *values, *counts))


def edge_of(kind: str, parent: str, child: str, found: Mapping[str, Any]) -> Edge:
    return EDGE.row({**found, "kind": kind, "parent": parent, "child": child})


def edge_properties(edge: Edge, rank: int) -> dict[str, Any]:
    """`key` tells an edge of one kind from all others; `rank` is its place among those that lead to its child, 0 the best."""
    return {**EDGE.properties(edge), "key": edge_key(edge), "rank": rank}


def edge_key(edge: Edge) -> str:
    return f"{edge.parent}|{edge.child}|{edge.parent_key}|{edge.child_key}"


def alias_of(id_: str, target: str, found: Mapping[str, Any]) -> Alias:
    return ALIAS.row({"confidence": 1.0, **found, "id": id_, "target": target})


def use_of(identity: str, access_key_id: str, found: Mapping[str, Any]) -> CredentialUse:
    return CredentialUse._make(
        (
            identity, access_key_id, *(found.get(name, "") for name in ("kind", "delivery", "fromConsole")),
            found.get("firstAt", 0), found.get("firstEvent", ""), found.get("lastAt", 0), found.get("lastEvent", ""),
        )
    )  # fmt: skip
