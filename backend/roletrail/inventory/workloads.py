"""Tasks and builds that have network interfaces of their own, as ECS and CodeBuild describe them.

An interface alone does not say which task or build it serves: ECS writes its attachment there and CodeBuild nothing, and
neither writes the id that sessions are named by. Their own answers do. Shapes: ECS API reference (DescribeTasks, and
RunTask, which answers alike), CodeBuild API reference (BatchGetBuilds).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from roletrail.inventory.snapshot import Context, Item, Snapshot, epoch, items_in, text_at

KINDS = ("task", "build")
ANSWERS = ("tasks", "builds")
BUILD_SESSION = "AWSCodeBuild-"
"""CodeBuild names a build's session so, followed by the second half of the build's id."""
ATTACHMENT = ":attachment/"


class Owner(NamedTuple):
    """Whose an interface is, and between which times; 0 for not known."""

    name: str
    since: int
    until: int


def of_answer(document: Item, context: Context) -> Iterator[Snapshot]:
    for item in items_in(document, "tasks"):
        yield from _snapshot("task", text_at(item, "taskArn"), item, context)
    for item in items_in(document, "builds"):
        yield from _snapshot("build", text_at(item, "arn"), item, context)


def _snapshot(kind: str, arn: str, item: Item, context: Context) -> Iterator[Snapshot]:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[5].startswith(f"{kind}/"):
        id_ = parts[5].rsplit("/", 1)[1] if kind == "task" else BUILD_SESSION + parts[5].rpartition(":")[2]
        body = _task(item) if kind == "task" else _build(item)
        yield Snapshot(kind, f"{kind}/{id_}", parts[4], parts[3], context.at, context.source, body)


def _task(item: Item) -> Item:
    attached = [one for one in items_in(item, "attachments") if text_at(one, "type") in ("ElasticNetworkInterface", "eni")]
    details = {text_at(one, "name"): text_at(one, "value") for each in attached for one in items_in(each, "details")}
    inside = [one for container in items_in(item, "containers") for one in items_in(container, "networkInterfaces")]
    addresses = {details.get("privateIPv4Address", ""): "private"}
    addresses |= {text_at(one, "privateIpv4Address"): "private" for one in inside}
    addresses |= {text_at(one, "ipv6Address"): "ipv6" for one in inside}
    return {
        "vpc": "",
        "subnet": details.get("subnetId", ""),
        "interfaces": [name for name in (details.get("networkInterfaceId", ""), *(text_at(one, "id") for one in attached)) if name],
        "addresses": [{"address": address, "kind": kind} for address, kind in addresses.items() if address],
        "made": epoch(item.get("createdAt")),
        "ended": epoch(item.get("stoppedAt")),
    }  # fmt: skip


def _build(item: Item) -> Item:
    return {
        "vpc": text_at(item, "vpcConfig", "vpcId"),
        "subnet": text_at(item, "networkInterface", "subnetId"),
        "interfaces": [name for name in (text_at(item, "networkInterface", "networkInterfaceId"),) if name],
        "addresses": [],
        "made": epoch(item.get("startTime")),
        "ended": epoch(item.get("endTime")),
    }


def owners_of(snapshots: Iterable[Snapshot]) -> dict[str, Owner]:
    """By id of an interface or of its attachment."""
    return {
        name: Owner(one.id, one.body["made"], one.body["ended"])
        for one in snapshots
        if one.kind in KINDS and one.body
        for name in one.body["interfaces"]
    }


def owner_of(interface: Snapshot, owners: dict[str, Owner]) -> Owner | None:
    return owners.get(interface.id) or owners.get(interface.body["description"].partition(ATTACHMENT)[2])
