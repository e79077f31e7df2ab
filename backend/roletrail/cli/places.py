"""The command that says where workloads' credentials were used, with `--json` as the API has it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Group, RenderableType

from roletrail.auth.actor import local_actor
from roletrail.cli.console import err, out, plain, write_json
from roletrail.cli.options import AsJson, Store, reading
from roletrail.detect.place import is_off
from roletrail.usecases.chains.views import OffInstanceView
from roletrail.usecases.places import off_instance as cases


def off_instance(
    store: Store = None,
    everything: Annotated[bool, typer.Option("--all", help="Print the uses that are where they belong too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say where the credentials of instances and other workloads were used, and whose hands it looks like."""
    with reading(store) as ports:
        found = cases.off_instance(ports, local_actor())
    if as_json:
        write_json(found)
        return
    off = [one for one in found if is_off(one.verdict, one.confidence)]
    shown = found if everything else off
    for one in shown:
        out().print(_use(one))
    undecided = sum(1 for one in found if one.confidence < 0.5)
    err().print(plain(f"{len(found):,} uses, {len(off):,} off their workload, {undecided:,} not decidable.", "dim"))
    if len(shown) < len(found):
        err().print(plain("--all prints the others too.", "dim"))


def _use(one: OffInstanceView) -> Group:
    off = is_off(one.verdict, one.confidence)
    where = f"{one.instance_id or 'workload'} of {one.account}, {one.access_key_id or 'no key'}, from {one.source_ip_address}"
    said = "not decidable" if one.confidence < 0.5 else f"{one.confidence:.2f}"
    lines: list[RenderableType] = [
        plain(f"{one.verdict} ({said}), hands {one.hands}", "bold red" if off else "bold"),
        plain(f"  {where} ({one.address_class}), {one.count:,} calls, {one.first_seen} to {one.last_seen}"),
        plain(f"  session {one.session_id}", "dim"),
        *(plain(f"  - {reason}") for reason in one.reasons),
    ]
    if one.missing:
        lines.append(plain(f"  missing: {', '.join(one.missing)}", "yellow"))
    return Group(*lines)
