"""template.yaml as the local stack reads it: every reference worked out, or an error that names its place."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from tidemark.stack import TemplateError
from tidemark.stack.names import Names
from tidemark.stack.template import Template, read
from tidemark.stack.wire import wire

ROOT = Path(__file__).parents[3]
NAMES = Names("demo", "http://127.0.0.1:1", "http://127.0.0.1:2")


def _read(folder: Path, text: str, **parameters: Any) -> Template:
    path = folder / "template.yaml"
    path.write_text(textwrap.dedent(text))
    return read(path, NAMES, parameters)


def _value(folder: Path, expression: str, **parameters: Any) -> Any:
    """What an expression comes to as an output."""
    text = f"""
        Parameters:
          Stage: {{Type: String, Default: dev, AllowedValues: [dev, prod]}}
          Name: {{Type: String, Default: n, AllowedPattern: "[a-z]+"}}
        Mappings:
          Stages: {{dev: {{Days: 7}}, prod: {{Days: 35}}}}
        Conditions:
          IsProd: !Equals [!Ref Stage, prod]
          IsDev: !Not [!Condition IsProd]
          Both: !And [!Condition IsProd, !Condition IsDev]
          Either: !Or [!Condition IsProd, !Condition IsDev]
        Resources:
          Table: {{Type: AWS::DynamoDB::Table}}
          Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}
          Gone: {{Type: AWS::SQS::Queue, Condition: IsProd}}
        Outputs:
          It: {{Value: {expression}}}
        """
    return _read(folder, text, **parameters).outputs["It"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Table", "demo-Table"),
        ("!Ref Queue", "http://127.0.0.1:2/000000000000/q"),
        ("!GetAtt Queue.Arn", "arn:aws:sqs:us-east-1:000000000000:q"),
        ("{'Fn::GetAtt': [Table, StreamArn]}", "arn:aws:dynamodb:us-east-1:000000000000:table/demo-Table/stream/local"),
        ("!Ref AWS::Region", "us-east-1"),
        ("!Sub '${AWS::StackName}/${Queue.QueueName}/${!kept}'", "demo/q/${kept}"),
        ("!Sub ['${own}-${Stage}', {own: !Ref Name}]", "n-dev"),
        ("!FindInMap [Stages, !Ref Stage, Days]", 7),
        ("!If [IsProd, a, b]", "b"),
        ("!If [Both, a, b]", "b"),
        ("!If [Either, a, b]", "a"),
        ("!Join ['-', [a, !Ref Stage]]", "a-dev"),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ("[1, !Ref AWS::NoValue, !If [IsProd, 2, !Ref AWS::NoValue]]", [1]),
        ("{a: !Ref AWS::NoValue, b: 2}", {"b": 2}),
        ("2012-10-17", "2012-10-17"),
    ],
)  # fmt: skip
def test_intrinsics(tmp_path: Path, expression: str, value: Any) -> None:
    assert _value(tmp_path, expression) == value


def test_a_given_parameter_decides(tmp_path: Path) -> None:
    assert _value(tmp_path, "!FindInMap [Stages, !Ref Stage, Days]", Stage="prod") == 35
    assert _value(tmp_path, "!Ref Gone", Stage="prod").endswith("/demo-Gone")


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("!Ref Tabel", "Outputs.It.Value.Ref: there is no parameter or resource 'Tabel'"),
        ("!Ref Gone", "there is no parameter or resource 'Gone'"),
        ("!GetAtt Table.Color", "'Table.Color' is no attribute"),
        ("!Sub '${Tabel}'", "Fn::Sub: there is no parameter or resource 'Tabel'"),
        ("!FindInMap [Stages, test, Days]", "there is no 'Stages.test.Days' in Mappings"),
        ("!If [IsTest, 1, 2]", "there is no condition 'IsTest'"),
        ("!If [IsProd, 1]", "takes a condition and two values"),
        ("!Select [2, [a, b]]", "there is no part 2 of 2"),
        ("!ImportValue other", "Fn::ImportValue is not supported"),
        ("{'Fn::Transform': {Name: x}}", "Fn::Transform is not supported"),
    ],
)
def test_what_cannot_be_worked_out_is_named_with_its_place(tmp_path: Path, expression: str, error: str) -> None:
    with pytest.raises(TemplateError, match=r"Outputs\.It\.Value") as raised:
        _value(tmp_path, expression)
    assert error in str(raised.value)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"Stage": "test"}, "Parameters.Stage: 'test' is not one of"),
        ({"Name": "N1"}, "Parameters.Name: 'N1' does not match"),
        ({"Nmae": "n"}, "the template has no parameter 'Nmae'"),
    ],
)
def test_a_parameter_that_may_not_be_so(tmp_path: Path, given: dict[str, str], error: str) -> None:
    with pytest.raises(TemplateError) as raised:
        _value(tmp_path, "1", **given)
    assert error in str(raised.value)


def test_a_parameter_without_a_value(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"Parameters\.Key: has no default"):
        _read(tmp_path, "{Parameters: {Key: {Type: String}}, Resources: {}}")


def test_a_parameter_that_names_the_issuer_is_this_stacks(tmp_path: Path) -> None:
    template = _read(
        tmp_path,
        """
        Parameters: {Who: {Type: String}}
        Resources:
          Api:
            Type: AWS::Serverless::HttpApi
            Properties: {Auth: {Authorizers: {A: {JwtConfiguration: {issuer: !Ref Who, audience: [a]}}}}}
        """,
    )
    assert wire(template).authorizers["A"].issuer == NAMES.api_url


def test_globals_are_merged_deeply(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    template = _read(
        tmp_path,
        """
        Globals:
          Function:
            Timeout: 30
            Handler: app.handler
            Environment: {Variables: {A: all, B: all}}
        Resources:
          One: {Type: AWS::Serverless::Function, Properties: {CodeUri: f, Environment: {Variables: {B: own}}}}
          Two: {Type: AWS::Serverless::Function, Properties: {CodeUri: f, Timeout: 5}}
        """,
    )
    one, two = wire(template).functions
    assert (one.timeout, one.variables) == (30, {"A": "all", "B": "own"})
    assert (two.timeout, two.variables) == (5, {"A": "all", "B": "all"})


FUNCTION = "Type: AWS::Serverless::Function, Properties: {CodeUri: f, Handler: app.handler"


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("{Type: AWS::EC2::VPC}", "Resources.It: the local stack does not know the type 'AWS::EC2::VPC'"),
        ("{Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}", "It.Properties.FifoQueue: is not supported"),
        ("{Type: AWS::DynamoDB::Table, Properties: {Replicas: []}}", "It.Properties.Replicas: is not supported"),
        (f"{{{FUNCTION}, VpcConfig: {{}}}}}}", "Resources.It.Properties.VpcConfig: is not supported"),
        (f"{{{FUNCTION}, Events: {{E: {{Type: Kinesis}}}}}}}}", "Events.E: the local stack does not know the event"),
        (f"{{{FUNCTION}, Events: {{E: {{Type: SQS, Properties: {{Queue: 'arn:none'}}}}}}}}}}", "arn:none is not"),
        (f"{{{FUNCTION}, Events: {{E: {{Type: SQS, Properties: {{Size: 1}}}}}}}}}}", "Events.E.Properties.Size: is"),
        ("{Type: AWS::Serverless::Function, Properties: {CodeUri: g, Handler: app.handler}}", "there is no folder g"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(tmp_path: Path, resource: str, error: str) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(TemplateError) as raised:
        wire(_read(tmp_path, f"Resources:\n  It: {resource}\n"))
    assert error in str(raised.value)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_real_template_can_be_run(stage: str) -> None:
    wiring = wire(read(ROOT / "template.yaml", NAMES, {"Stage": stage}))
    assert {function.id for function in wiring.functions} >= {"WebhookFunction", "IngestFunction", "SweepFunction"}
    assert wiring.streams
    assert wiring.buckets
    assert wiring.queue_mappings
    assert wiring.schedules
    assert [route.path for route in wiring.routes if route.authorizer is None] == ["/webhooks/{shop}"]
