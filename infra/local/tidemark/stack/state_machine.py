"""A state machine's definition, in the part of the Amazon States Language that is used here, and how it runs.

Task, Choice, Map and Succeed, with paths of names and numbers. A field that is not known here is an error when the
definition is read, so nothing that somebody wrote is without effect.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from tidemark.stack.errors import StackError

Json = Any
Invoke = Callable[[str, Json], Json]
"""Calls the function of that ARN. Raises TaskFailed."""
Read = Callable[[str, str], bytes]
"""The object of that bucket and key. Raises TaskFailed."""

# What a machine may do at once here, whatever it is allowed: functions have few environments on this machine.
MOST_AT_ONCE = 8

_LAST_PAUSE_SECONDS = 5.0

_ANY_STATE = {"Type", "Comment", "Next", "End"}
_FIELDS: Mapping[str, set[str]] = {
    "Task": {"Resource", "Parameters", "ResultPath", "Retry"},
    "Choice": {"Choices", "Default"},
    "Map": {"ItemsPath", "ItemReader", "ItemSelector", "MaxConcurrencyPath", "ItemProcessor", "ResultPath", "Label"},
    "Succeed": set(),
}
_MACHINE = {"Comment", "StartAt", "States"}
_PROCESSOR = {*_MACHINE, "ProcessorConfig"}
_RETRY = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
_READER = {"Resource", "ReaderConfig", "Parameters"}
_TESTS: Mapping[str, Callable[[Json, Json], bool]] = {
    "StringEquals": lambda found, wanted: bool(found == wanted),
    "BooleanEquals": lambda found, wanted: found is wanted,
}
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]")
_S3_READER = "arn:aws:states:::s3:getObject"


class TaskFailed(Exception):
    """A task failed for good, with the name that Step Functions gives the error."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a machine can reach: functions, objects, and the time that passes between two tries.

    `between` draws how long to wait before another try. `at_once` bounds what is worked on side by side; with one,
    everything is done where the machine runs.
    """

    invoke: Invoke
    read: Read
    pause: Callable[[float], None] = time.sleep
    between: Callable[[float, float], float] = random.uniform
    at_once: int = MOST_AT_ONCE


def load(text: str, substitutions: Mapping[str, str], place: str) -> Json:
    """A definition with its substitutions, checked. Raises StackError for what is not known here."""
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", value)
    if left := re.search(r"\$\{(\w+)\}", text):
        raise StackError(f"{place}: nothing is given for ${{{left[1]}}}")
    machine = json.loads(text)
    _check_machine(machine, place, _MACHINE)
    return machine


def run(machine: Json, data: Json, surroundings: Surroundings) -> Json:
    """Run a machine from its start on that input; returns its output. Raises TaskFailed."""
    name = machine["StartAt"]
    while True:
        state = machine["States"][name]
        data, following = _KINDS[state["Type"]](state, data, surroundings)
        if following is None:
            return data
        name = following


# States ---------------------------------------------------------------------------------------


def _task(state: Json, data: Json, surroundings: Surroundings) -> tuple[Json, str | None]:
    argument = _filled(state["Parameters"], data, {}) if "Parameters" in state else data
    result = _tried(state.get("Retry", []), lambda: surroundings.invoke(state["Resource"], argument), surroundings)
    return _placed(state, data, result), state.get("Next")


def _choice(state: Json, data: Json, _: Surroundings) -> tuple[Json, str | None]:
    return data, next((rule["Next"] for rule in state["Choices"] if _holds(rule, data)), state["Default"])


def _map(state: Json, data: Json, surroundings: Surroundings) -> tuple[Json, str | None]:
    items = list(_items(state, data, surroundings))
    at_once = _found(state["MaxConcurrencyPath"], data)
    selected = [
        _filled(state["ItemSelector"], data, {"Map": {"Item": {"Index": index, "Value": item}}})
        for index, item in enumerate(items)
    ]
    work = partial(run, state["ItemProcessor"], surroundings=surroundings)
    if (most := min(at_once, surroundings.at_once)) <= 1:
        return _placed(state, data, [work(item) for item in selected]), state.get("Next")
    with ThreadPoolExecutor(most, thread_name_prefix="map") as pool:
        results = list(pool.map(work, selected))
    return _placed(state, data, results), state.get("Next")


def _succeed(_: Json, data: Json, __: Surroundings) -> tuple[Json, str | None]:
    return data, None


_KINDS: Mapping[str, Callable[[Json, Json, Surroundings], tuple[Json, str | None]]] = {
    "Task": _task,
    "Choice": _choice,
    "Map": _map,
    "Succeed": _succeed,
}


def _items(state: Json, data: Json, surroundings: Surroundings) -> Sequence[Json]:
    if "ItemsPath" in state:
        items: Sequence[Json] = _found(state["ItemsPath"], data)
        return items
    where = _filled(state["ItemReader"]["Parameters"], data, {})
    lines = surroundings.read(where["Bucket"], where["Key"]).decode().splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _tried(retries: Sequence[Json], task: Callable[[], Json], surroundings: Surroundings) -> Json:
    """The task's result, tried again as the first rule says that knows of its error."""
    attempt = 0
    while True:
        try:
            return task()
        except TaskFailed as failed:
            known = (one for one in retries if {"States.ALL", failed.error} & set(one["ErrorEquals"]))
            rule = next(known, None)
            if rule is None or attempt >= rule.get("MaxAttempts", 3):
                raise
            pause = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** attempt
            longest = min(pause, rule.get("MaxDelaySeconds", pause), _LAST_PAUSE_SECONDS)
            # Not for secrets: only to part those who failed together.
            surroundings.pause(surroundings.between(0, longest))
            attempt += 1


def _holds(rule: Json, data: Json) -> bool:
    if "And" in rule:
        return all(_holds(part, data) for part in rule["And"])
    there = True
    try:
        found = _found(rule["Variable"], data)
    except TaskFailed:
        there, found = False, None
    if "IsPresent" in rule:
        return there is rule["IsPresent"]
    return there and all(test(found, rule[name]) for name, test in _TESTS.items() if name in rule)


# Data -----------------------------------------------------------------------------------------


def _filled(template: Json, data: Json, context: Json) -> Json:
    """A template with what its paths find: `name.$` from the input, or from the context for `$$`."""
    if isinstance(template, dict):
        return {
            name.removesuffix(".$"): _found(value, data, context)
            if name.endswith(".$")
            else _filled(value, data, context)
            for name, value in template.items()
        }
    if isinstance(template, list):
        return [_filled(value, data, context) for value in template]
    return template


def _found(path: str, data: Json, context: Json = None) -> Json:
    source, rest = (context, path[2:]) if path.startswith("$$") else (data, path[1:])
    for name, number in _steps(rest):
        try:
            source = source[name] if name else source[int(number)]
        except (KeyError, IndexError, TypeError):
            raise TaskFailed("States.ParameterPathFailure", f"there is nothing at {path}") from None
    return source


def _steps(path: str) -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in _STEP.finditer(path))


def _placed(state: Json, data: Json, result: Json) -> Json:
    """What goes on to the next state."""
    if "ResultPath" not in state:
        return result
    if state["ResultPath"] is None:
        return data
    return {**data, state["ResultPath"].removeprefix("$."): result}


# Checks ---------------------------------------------------------------------------------------


def _check_machine(machine: Json, place: str, known: set[str]) -> None:
    _check_fields(machine, known, place)
    states = machine["States"]
    for name, state in states.items():
        where = f"{place}.States.{name}"
        if state["Type"] not in _FIELDS:
            raise StackError(f"{where}: a state of type {state['Type']} is not supported by the local stack")
        _check_fields(state, _ANY_STATE | _FIELDS[state["Type"]], where)
        for retry in state.get("Retry", []):
            _check_fields(retry, _RETRY, f"{where}.Retry")
        for rule in state.get("Choices", []):
            _check_rule(rule, f"{where}.Choices")
        if "ItemReader" in state:
            _check_reader(state["ItemReader"], f"{where}.ItemReader")
        if "ItemProcessor" in state:
            _check_machine(state["ItemProcessor"], f"{where}.ItemProcessor", _PROCESSOR)
        _check_targets(state, states, where)


def _check_fields(told: Json, known: set[str], place: str) -> None:
    if unknown := sorted(set(told) - known):
        raise StackError(f"{place}.{unknown[0]} is not supported by the local stack")


def _check_rule(rule: Json, place: str) -> None:
    parts = rule.get("And", [rule])
    _check_fields(rule, {"And", "Next"} if "And" in rule else {"Variable", "Next", "IsPresent", *_TESTS}, place)
    for part in parts:
        _check_fields(part, {"Variable", "Next", "IsPresent", *_TESTS}, place)
        _check_path(part["Variable"], place)


def _check_reader(reader: Json, place: str) -> None:
    _check_fields(reader, _READER, place)
    if reader["Resource"] != _S3_READER or reader["ReaderConfig"] != {"InputType": "JSONL"}:
        raise StackError(f"{place}: the local stack reads JSON lines by {_S3_READER} only")


def _check_targets(state: Json, states: Json, place: str) -> None:
    wanted = [state.get("Next"), state.get("Default"), *(rule["Next"] for rule in state.get("Choices", []))]
    for name in wanted:
        if name is not None and name not in states:
            raise StackError(f"{place}: there is no state '{name}'")
    for path in (state.get("ItemsPath"), state.get("MaxConcurrencyPath"), state.get("ResultPath")):
        if path is not None:
            _check_path(path, place)


def _check_path(path: str, place: str) -> None:
    if not re.fullmatch(rf"\$\$?(?:{_STEP.pattern})*", path):
        raise StackError(f"{place}: the path {path} is not supported by the local stack")
