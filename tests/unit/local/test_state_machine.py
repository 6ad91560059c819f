"""The part of the Amazon States Language that the local stack runs, and that it refuses the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tidemark.stack import StackError, state_machine
from tidemark.stack.state_machine import Surroundings, TaskFailed

DEFINITION = Path(__file__).parents[3] / "infra" / "build.asl.json"


def machine(**states: Any) -> Any:
    text = json.dumps({"StartAt": next(iter(states)), "States": states})
    return state_machine.load(text, {"Function": "arn"}, "m")


def run(definition: Any, data: Any, answers: Any = None, objects: Any = None) -> tuple[Any, list[Any], list[float]]:
    """Output, what the function was asked, and the pauses; `answers` are values, or errors to raise."""
    asked: list[Any] = []
    pauses: list[float] = []
    left = iter(answers or [])

    def invoke(_: str, task: Any) -> Any:
        asked.append(task)
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read(bucket: str, key: str) -> bytes:
        content: bytes = objects[bucket, key]
        return content

    output = state_machine.run(definition, data, Surroundings(invoke, read, pauses.append))
    return output, asked, pauses


TASK = {"Type": "Task", "Resource": "${Function}", "End": True}


def test_a_task_is_given_what_its_paths_find() -> None:
    task = TASK | {"Parameters": {"do": "a", "shop.$": "$.of.shop", "third.$": "$.list[2]"}, "ResultPath": "$.result"}
    data = {"of": {"shop": "demo"}, "list": [1, 2, 3]}
    output, asked, _ = run(machine(T=task), data, [7])
    assert asked == [{"do": "a", "shop": "demo", "third": 3}]
    assert output == data | {"result": 7}


@pytest.mark.parametrize(("path", "output"), [({}, 7), ({"ResultPath": None}, {"a": 1})])
def test_a_result_takes_the_place_of_the_input_or_none(path: dict[str, Any], output: Any) -> None:
    assert run(machine(T=TASK | path), {"a": 1}, [7])[0] == output


def test_a_task_is_tried_again_as_often_as_its_rule_says() -> None:
    retry = [
        {"ErrorEquals": ["Never"], "MaxAttempts": 9},
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2},
    ]
    failures = [TaskFailed("Throttled", "")] * 3
    output, asked, pauses = run(machine(T=TASK | {"Retry": retry}), {}, [*failures[:2], "done"])
    assert (output, len(asked), len(pauses)) == ("done", 3, 2)
    with pytest.raises(TaskFailed, match="Throttled"):
        run(machine(T=TASK | {"Retry": retry}), {}, failures)


def test_a_choice_takes_the_first_rule_that_holds() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [
            {
                "And": [{"Variable": "$.x", "IsPresent": True}, {"Variable": "$.s", "StringEquals": "walk"}],
                "Next": "A",
            },
            {"Variable": "$.more", "BooleanEquals": True, "Next": "B"},
        ],
        "Default": "C",
    }
    ends = {name: TASK | {"Parameters": {"at": name}} for name in "ABC"}
    definition = machine(Choice=choice, **ends)
    for data, end in (
        ({"x": 1, "s": "walk", "more": True}, "A"),
        ({"x": 1, "s": "stamp", "more": True}, "B"),
        ({"s": "walk", "more": 1}, "C"),
        ({}, "C"),
    ):
        assert run(definition, data, [None])[1] == [{"at": end}]


def test_a_map_runs_its_machine_on_each_item_and_fails_with_one() -> None:
    inner = {"StartAt": "T", "States": {"T": TASK}, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    mapped = {
        "Type": "Map",
        "ItemsPath": "$.parts",
        "MaxConcurrencyPath": "$.workers",
        "ItemSelector": {"part.$": "$$.Map.Item.Value", "of.$": "$.of"},
        "ItemProcessor": inner,
        "ResultPath": "$.results",
        "End": True,
    }
    data = {"parts": [4, 5, 6], "workers": 1, "of": "x"}
    output, asked, _ = run(machine(M=mapped), data, ["a", "b", "c"])
    assert asked == [{"part": part, "of": "x"} for part in (4, 5, 6)]
    assert output["results"] == ["a", "b", "c"]
    with pytest.raises(TaskFailed):
        run(machine(M=mapped), data, ["a", TaskFailed("Broken", ""), "c"])


def test_items_are_read_from_json_lines() -> None:
    inner = {"StartAt": "T", "States": {"T": TASK}}
    mapped = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket.$": "$.bucket", "Key": "k"},
        },
        "MaxConcurrencyPath": "$.workers",
        "ItemSelector": {"key.$": "$$.Map.Item.Value.dataFileS3Key"},
        "ItemProcessor": inner,
        "ResultPath": None,
        "End": True,
    }
    objects = {("b", "k"): b'{"dataFileS3Key": "one"}\n{"dataFileS3Key": "two"}\n'}
    _, asked, _ = run(machine(M=mapped), {"bucket": "b", "workers": 1}, [1, 2], objects)
    assert asked == [{"key": "one"}, {"key": "two"}]


def test_a_path_that_finds_nothing_fails() -> None:
    with pytest.raises(TaskFailed, match="there is nothing at"):
        run(machine(T=TASK | {"Parameters": {"a.$": "$.none"}}), {}, [1])


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ({"W": {"Type": "Wait", "Seconds": 5, "End": True}}, "type Wait"),
        ({"T": TASK | {"TimeoutSeconds": 5}}, "T.TimeoutSeconds"),
        ({"T": TASK | {"Catch": []}}, "T.Catch"),
        ({"T": TASK | {"Next": "Nowhere"}}, "no state 'Nowhere'"),
        ({"T": TASK | {"ResultPath": "$.a[?(@.b)]"}}, "the path"),
        ({"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "C"}]}}, "NumericEquals"),
    ],
)
def test_what_is_not_known_is_refused_by_name(states: dict[str, Any], told: str) -> None:
    with pytest.raises(StackError) as refused:
        machine(**states)
    assert told in str(refused.value)


def test_a_substitution_that_is_not_given_is_missed() -> None:
    with pytest.raises(StackError, match="BuildFunctionArn"):
        state_machine.load(DEFINITION.read_text(), {}, "m")


def test_every_task_of_a_build_can_be_tried_again() -> None:
    definition = state_machine.load(DEFINITION.read_text(), {"BuildFunctionArn": "arn"}, "m")

    def tasks(machine: Any) -> Any:
        for name, state in machine["States"].items():
            if state["Type"] == "Task":
                yield name, state
            if "ItemProcessor" in state:
                yield from tasks(state["ItemProcessor"])

    found = dict(tasks(definition))
    assert found.keys() == {"Begin", "Part", "File", "End", "EndOfFiles"}
    for name, state in found.items():
        assert state["Retry"][0]["ErrorEquals"] == ["States.ALL"], name
        assert state["Retry"][0]["MaxAttempts"] >= 3, name
