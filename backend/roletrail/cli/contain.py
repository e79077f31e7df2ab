"""The command that prints a containment plan. It prints: nothing is carried out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from roletrail.auth.actor import local_actor
from roletrail.cli.console import out, plain, safe, write_json
from roletrail.cli.options import AsJson, Store, reading
from roletrail.errors import InvalidRequest
from roletrail.usecases.containment.plan import as_markdown, as_shell, options_of, step_facts
from roletrail.usecases.containment.subject import containment_of
from roletrail.usecases.containment.views import ContainmentStep, ContainmentView
from roletrail.usecases.parameters import CONTAINMENT_PARAMETERS, containment_facts

_HELP = {parameter.name: parameter.help for parameter in CONTAINMENT_PARAMETERS}
STYLES = {"done": "green", "effective": "bold green", "failed": "bold red", "too early": "yellow", "open": "dim"}


def contain(
    session: Annotated[str, typer.Argument(help="Id of a session, finding or investigation.")],
    store: Store = None,
    form: Annotated[str, typer.Option("--format", help="md, json or sh.", metavar="FORMAT", show_default=False)] = "",
    responder: Annotated[str, typer.Option("--responder", help=_HELP["responder"], metavar="ARN", show_default=False)] = "",
    management_account: Annotated[
        str, typer.Option("--management-account", help=_HELP["management_account"], metavar="ACCOUNT", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Print how to stop the chain of a session, in order, and what newer logs say of each step. Nothing is carried out."""
    if form not in ("", "md", "json", "sh"):
        raise InvalidRequest("The option --format must be one of md, json, sh.")
    options = options_of(containment_facts({"responder": responder, "management_account": management_account}))
    with reading(store) as ports:
        view = containment_of(ports, local_actor(), session, options)
    if as_json or form == "json":
        write_json(view)
    elif form:
        text = as_markdown(view) if form == "md" else as_shell(view)
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    else:
        out().print(_picture(view))


def _picture(view: ContainmentView) -> Group:
    lines: list[RenderableType] = [plain(view.title, "bold"), plain(view.sentence), plain(view.printed_only, "dim")]
    lines += [plain(f"RED: {text}", "bold white on red") for text in view.red]
    lines.append(plain(view.live.sentence, "bold yellow" if view.live.credentials else ""))
    for phase in view.phases:
        lines += [plain(""), plain(f"Phase {phase.order}: {phase.name}", "bold underline")]
        lines += [line for step in phase.steps for line in _step(step)]
    return Group(*lines)


def _step(step: ContainmentStep) -> list[RenderableType]:
    head = plain(f"{step.number} {step.title}", "bold")
    if step.status.word:
        head.append(f"  [{step.status.word}]", style=STYLES[step.status.word])
    lines: list[RenderableType] = [head]
    lines += [plain(f"    RED: {text}", "bold red") for text in step.red]
    lines += [
        plain(f"    {label}: {text}", "dim" if label in ("Console", "Permission", "Evidence") else "")
        for label, text in step_facts(step)
        if text
    ]
    return [*lines, *(plain("    $ " + safe(line), "cyan") for line in step.script.splitlines())]
