"""The template as a whole: nothing in it is unused, and what it makes can be found."""

from __future__ import annotations

from .stack import STAGES, Stack, everything, referenced


def test_the_stages_are_those_that_can_be_chosen(stack: Stack) -> None:
    assert tuple(stack.source["Parameters"]["Stage"]["AllowedValues"]) == STAGES
    assert tuple(stack.source["Mappings"]["Stages"]) == STAGES


def test_every_parameter_is_used(stack: Stack) -> None:
    body = {name: part for name, part in stack.source.items() if name != "Parameters"}
    used = {value["Ref"] for value in everything(body) if isinstance(value, dict) and "Ref" in value}
    assert stack.source["Parameters"].keys() <= used


def test_every_condition_is_used(stack: Stack) -> None:
    used = {value["Fn::If"][0] for value in everything(stack.source) if isinstance(value, dict) and "Fn::If" in value}
    used |= {resource["Condition"] for resource in stack.source["Resources"].values() if "Condition" in resource}
    assert stack.source["Conditions"].keys() == used


def test_every_number_of_a_stage_is_used_and_every_stage_has_it(stack: Stack) -> None:
    used = {
        value["Fn::FindInMap"][2]
        for value in everything(stack.source)
        if isinstance(value, dict) and "Fn::FindInMap" in value
    }
    assert {frozenset(row) for row in stack.source["Mappings"]["Stages"].values()} == {frozenset(used)}


def test_every_table_and_queue_can_be_found_in_the_outputs(stack: Stack) -> None:
    shown = {
        referenced(output["Value"])
        for output in stack.source["Outputs"].values()
        if output["Value"] != stack.source["Outputs"]["SecretsPrefix"]["Value"]
    }
    assert stack.all("DynamoDB::Table").keys() | stack.all("SQS::Queue").keys() <= shown
    assert {"HttpApi", "EventBus", "AlarmTopic"} <= shown
