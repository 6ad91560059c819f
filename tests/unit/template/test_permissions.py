"""Nothing is granted that is not written in the template, and nothing is written that grants everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .stack import Properties, Stack, referenced

# Actions that know no resource, each with the reason.
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "X-Ray has no resources to name",
    "dynamodb:ListStreams": "a mapping looks the stream up before it has its name",
    **dict.fromkeys(
        (
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ),
        "deliveries of a state machine's log belong to the account, not to a log group",
    ),
}

# The only resources that are named by a pattern, and why: parameters of shops that do not exist yet.
PATTERNS = {
    # Files of shops and exports that do not exist yet.
    "${ExportsBucket.Arn}/*",
    "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${AWS::StackName}/shops/*/webhook-secrets",
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(role: Properties) -> Iterator[dict[str, Any]]:
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def _roles(stack: Stack) -> dict[str, Properties]:
    roles = stack.all("IAM::Role")
    return {name: roles[referenced(function["Role"])] for name, function in stack.functions().items()}


def test_every_function_has_a_role_of_its_own(stack: Stack) -> None:
    used = [referenced(function["Role"]) for function in stack.functions().values()]
    assert len(set(used)) == len(used)


def test_no_role_takes_a_policy_that_is_written_elsewhere(stack: Stack) -> None:
    assert not [name for name, role in stack.all("IAM::Role").items() if role.get("ManagedPolicyArns")]
    assert not stack.all("IAM::ManagedPolicy")


def test_every_action_is_named(stack: Stack) -> None:
    for name, role in stack.all("IAM::Role").items():
        for statement in _statements(role):
            assert statement["Effect"] == "Allow", name
            assert not [action for action in _listed(statement["Action"]) if "*" in action], name


def test_every_resource_is_named(stack: Stack) -> None:
    for name, role in stack.all("IAM::Role").items():
        for statement in _statements(role):
            for resource in _listed(statement["Resource"]):
                if resource == "*":
                    assert set(_listed(statement["Action"])) <= WITHOUT_RESOURCE.keys(), name
                elif "*" in str(resource):
                    assert resource["Fn::Sub"] in PATTERNS, name


def test_a_function_may_reach_the_tables_and_queues_that_it_has_a_name_for_and_what_wakes_it(stack: Stack) -> None:
    kinds = stack.all("DynamoDB::Table").keys() | stack.all("SQS::Queue").keys() | stack.all("Events::EventBus").keys()
    for name, role in _roles(stack).items():
        granted = {
            referenced(resource)
            for statement in _statements(role)
            for resource in _listed(statement["Resource"])
            if resource != "*" and "*" not in str(resource) and ":ssm:" not in str(resource)
        }
        variables = stack.functions()[name]["Environment"]["Variables"].values()
        named = {referenced(value) for value in variables if isinstance(value, dict) and "Ref" in value}
        assert granted & kinds == (named & kinds) | _wakers(stack, name), name


def test_a_function_may_reach_files_and_secrets_only_if_it_is_told_where_they_are(stack: Stack) -> None:
    for name, role in _roles(stack).items():
        variables = stack.functions()[name]["Environment"]["Variables"]
        resources = str([statement["Resource"] for statement in _statements(role)])
        assert ("ExportsBucket" in resources) == ("EXPORTS_BUCKET" in variables), name
        assert ("/webhook-secrets" in resources) == ("SECRETS_PREFIX" in variables), name


def _wakers(stack: Stack, name: str) -> set[str]:
    # What wakes the function, and where that is put which it could not work off.
    function = stack.logical_ids()[name]
    mappings = stack.all("Lambda::EventSourceMapping").values()
    configs = stack.all("Lambda::EventInvokeConfig").values()
    own = [settings for settings in (*mappings, *configs) if referenced(settings["FunctionName"]) == function]
    sources = {referenced(settings["EventSourceArn"]) for settings in own if "EventSourceArn" in settings}
    parked = [settings["DestinationConfig"]["OnFailure"] for settings in own if "DestinationConfig" in settings]
    return sources | {referenced(failure["Destination"]) for failure in parked}


def test_events_are_put_under_our_name_only(stack: Stack) -> None:
    puts = [
        statement
        for role in stack.all("IAM::Role").values()
        for statement in _statements(role)
        if "events:PutEvents" in _listed(statement["Action"])
    ]
    assert [put["Condition"] for put in puts] == [{"StringEquals": {"events:source": "tidemark"}}]
