"""Webhooks over a partner bus: there only if one is named, and nobody else may write into the queues."""

from __future__ import annotations

from typing import Any

from .stack import Stack, everything


def conditional(stack: Stack) -> dict[str, dict[str, Any]]:
    resources: dict[str, dict[str, Any]] = stack.source["Resources"]
    return {name: one for name, one in resources.items() if one.get("Condition") == "HasPartnerBus"}


def test_it_is_there_only_if_a_bus_is_named(stack: Stack) -> None:
    assert stack.source["Parameters"]["PartnerEventSource"]["Default"] == ""
    assert sorted(one["Type"] for one in conditional(stack).values()) == ["AWS::Events::Rule", "AWS::SQS::QueuePolicy"]
    others = {name: one for name, one in stack.source["Resources"].items() if name not in conditional(stack)}
    referred = {value["Ref"] for value in everything(others) if isinstance(value, dict) and "Ref" in value}
    assert not referred & {*conditional(stack), "PartnerEventSource"}


def test_the_rule_takes_the_partners_webhooks_to_ingest_and_loses_none(stack: Stack) -> None:
    (rule,) = (one["Properties"] for one in conditional(stack).values() if one["Type"] == "AWS::Events::Rule")
    assert rule["EventBusName"] == {"Ref": "PartnerEventSource"}
    assert rule["EventPattern"] == {"source": [{"Ref": "PartnerEventSource"}], "detail-type": ["shopifyWebhook"]}
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": ["IngestQueue", "Arn"]}
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["IngestDeadLetterQueue", "Arn"]}}


def test_only_that_rule_may_write_into_the_queues(stack: Stack) -> None:
    (policy,) = (one["Properties"] for one in conditional(stack).values() if one["Type"] == "AWS::SQS::QueuePolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["PartnerRule", "Arn"]}}}
