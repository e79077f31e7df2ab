"""Functions, tasks, pods and builds whose credentials are in the plan: stop what runs (phase 1), renew it after the revocation (phase 2)."""

from __future__ import annotations

from typing import cast

from roletrail.detect.containment.case import Case, Subject, facts_of, usable, usable_region, workloads
from roletrail.detect.containment.step import Action as Does
from roletrail.detect.containment.step import Ask, Check, Command, Step, Var, aws


def steps(case: Case) -> list[Step]:
    found: list[Step] = []
    for one in workloads(case):
        if one.node.workload == "function":
            found += [_function(one), _renew(one)]
        elif one.node.workload in {"task", "pod", "build"}:
            found.append(_stop(one))
    return found


def _function(one: Subject) -> Step:
    name, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    words = ("--function-name", name)
    return Step(
        phase=1,
        name="stop the function",
        target=name,
        account=account,
        title=f"Let function {name} in {account} run no more",
        why="Each execution environment is delivered credentials of the function's role, for up to 12 hours. With no environment, no more are.",
        console=("Lambda", "Functions", name, "Configuration", "Concurrency", "Reserve concurrency: 0"),
        does=(
            aws(account, "lambda", "put-function-concurrency", *words, "--reserved-concurrent-executions", "0", region=region),
        ),
        breaks="Everything that calls the function: it is throttled.",
        permissions=("lambda:PutFunctionConcurrency",),
        undo=(aws(account, "lambda", "delete-function-concurrency", *words, region=region),),
        undo_text="Let it run again once its code and configuration are what they should be. A reservation it had before is not kept.",
        survives="Credentials that were carried away, until the role is revoked.",
        enough=False,
        checks=(Check(account, ("PutFunctionConcurrency",), name),),
    )


def _renew(one: Subject) -> Step:
    name, account, region = one.node.workload_id, one.node.account, usable_region(one.region)
    return Step(
        phase=2,
        name="renew the function",
        target=name,
        account=account,
        title=f"Replace the execution environments of {name}, after its role is revoked",
        why="Environments that are warm hold the denied credentials and would fail. Any change of the configuration replaces them.",
        console=("Lambda", "Functions", name, "Configuration", "General configuration", "Edit, change the description"),
        does=(
            aws(
                account,
                "lambda",
                "update-function-configuration",
                "--function-name",
                name,
                "--description",
                "Renewed after containment",
                region=region,
            ),
        ),
        breaks="Nothing.",
        permissions=("lambda:UpdateFunctionConfiguration",),
        undo_text="Set the description back.",
        checks=(Check(account, ("UpdateFunctionConfiguration",), name),),
    )


def _stop(one: Subject) -> Step:
    kind, name, account = one.node.workload, one.node.workload_id, one.node.account
    does, console, permission = _how(one)
    return Step(
        phase=1,
        name=f"stop the {kind}",
        target=name,
        account=account,
        title=f"Stop {kind} {name} in {account}",
        why=f"Credentials of {one.node.role_name or 'its role'} are delivered to it for as long as it runs.",
        console=console,
        does=does,
        breaks=f"What the {kind} was doing. Its service may start another one: look at what it runs first.",
        permissions=permission,
        undo_text="Start it again from a clean image.",
        survives="Credentials that were carried away, until the role is revoked.",
        enough=False,
        checks=(Check(account, ("StopTask", "StopBuild"), name),),
    )


def _how(one: Subject) -> tuple[tuple[Does, ...], tuple[str, ...], tuple[str, ...]]:
    kind, name, account, region = one.node.workload, one.node.workload_id, one.node.account, usable_region(one.region)
    if kind == "task":
        ask = Ask("CLUSTER", f"the ECS cluster that task {name} runs in")
        stop = aws(
            account, "ecs", "stop-task", "--cluster", Var("CLUSTER"), "--task", name, "--reason", "Containment", region=region
        )
        return (ask, stop), ("ECS", "Clusters", "Tasks", name, "Stop"), ("ecs:StopTask",)
    if kind == "build":
        ask = Ask("BUILD_ID", f"project:id of the build whose session is named {name}")
        stop = aws(account, "codebuild", "stop-build", "--id", Var("BUILD_ID"), region=region)
        return (ask, stop), ("CodeBuild", "Build projects", "Builds", "Stop build"), ("codebuild:StopBuild",)
    tags = _tags(one)
    pod, space = tags.get("kubernetes-pod-name", ""), tags.get("kubernetes-namespace", "")
    delete = (Command(("kubectl", "delete", "pod", pod, "--namespace", space)),) if usable(pod) and usable(space) else ()
    return delete, ("EKS", "Clusters", "Resources", "Pods", pod or name), ("delete pods in the namespace (Kubernetes)",)


def _tags(one: Subject) -> dict[str, str]:
    """Session tags as linking keeps them: name to value."""
    raw: object = facts_of(one.node).get("tags")
    return {str(name): str(value) for name, value in cast("dict[object, object]", raw).items()} if isinstance(raw, dict) else {}
