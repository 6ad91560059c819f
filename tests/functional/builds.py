"""Builds on moto: the state machine of the template, run here with the function as it is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from segment_core import clock
from segment_core.membership.budget import SecondsLeft, unlimited
from segment_core.membership.jobs import REST
from segment_core.runtime import machine
from tests.functional.conftest import Stack, load_function
from tidemark.stack import state_machine
from tidemark.stack.state_machine import Surroundings, TaskFailed

DEFINITION = Path(__file__).parents[2] / "infra" / "build.asl.json"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:build"


def started(stack: Stack) -> list[dict[str, Any]]:
    """The inputs of all executions that were started and have not been run here, in the order of their names."""
    running = machine.client().list_executions(stateMachineArn=stack.build_machine_arn, statusFilter="RUNNING")
    found = []
    for one in sorted(running["executions"], key=lambda one: str(one["name"])):
        told = machine.client().describe_execution(executionArn=one["executionArn"])
        machine.client().stop_execution(executionArn=one["executionArn"])
        found.append(json.loads(told["input"]))
    return found


def run(
    data: dict[str, Any], context: SimpleNamespace, seconds_left: Callable[[], SecondsLeft], begin_at: str = "Begin"
) -> int:
    """Run the machine on that input, each task in an invocation with that time; returns how many tasks it took.

    An execution that is redriven begins at the state that failed, with that state's input.
    """
    handler, invocations = load_function("build").handler, 0

    def invoke(_: str, task: Any) -> Any:
        nonlocal invocations
        invocations += 1
        assert invocations < 1000, "the job does not end"
        left = seconds_left()
        context.get_remaining_time_in_millis = lambda: 1000 * (left() + 25)
        try:
            return handler(task, context)
        except Exception as error:
            raise TaskFailed(type(error).__name__, str(error)) from error

    def read(bucket: str, key: str) -> bytes:
        raise AssertionError(f"nothing is read from {bucket}/{key}")

    definition = state_machine.load(DEFINITION.read_text(), {"BuildFunctionArn": FUNCTION}, DEFINITION.name)
    definition["StartAt"] = begin_at
    state_machine.run(definition, data, Surroundings(invoke, read, pause=lambda seconds: None))
    return invocations


def work_off(
    stack: Stack, context: SimpleNamespace, seconds_left: Callable[[], SecondsLeft] = lambda: unlimited
) -> int:
    """Run all executions that were started; returns how many tasks they took."""
    return sum(run(data, context, seconds_left) for data in started(stack))


def rest(stack: Stack, context: SimpleNamespace) -> None:
    """Let the time pass that lists are left to their readers, and the sweep come."""
    passed = clock.now() + REST
    clock.use(lambda: passed)
    load_function("sweep").handler({}, context)
