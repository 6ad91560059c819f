"""What resources are called here: the answers to `!Ref` and `!GetAtt`, one table for all types.

Names look like AWS's own, so that what functions do with them (parsing an ARN, say) works here as there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REGION = "us-east-1"
ACCOUNT = "000000000000"
PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Names:
    """`api_url` and `services_url` are the two addresses of this stack: its HTTP API, and its AWS services."""

    stack: str
    api_url: str
    services_url: str

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this stack's account and region."""
        region = "" if service == "iam" else REGION
        return f"arn:{PARTITION}:{service}:{region}:{ACCOUNT}:{rest}"

    def queue_url(self, queue: str) -> str:
        """A queue's URL, which is how SQS addresses it."""
        return f"{self.services_url}/{ACCOUNT}/{queue}"

    def pseudo_parameters(self) -> dict[str, Any]:
        """`AWS::Region` and its like."""
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::NotificationARNs": [],
            "AWS::Partition": PARTITION,
            "AWS::Region": REGION,
            "AWS::StackId": self.arn("cloudformation", f"stack/{self.stack}/local"),
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }


@dataclass(frozen=True, slots=True)
class Naming:
    """How one type of resource is named: its name, what `!Ref` gives, and what `!GetAtt` gives.

    `explicit` is the property that sets the name. All functions take the name.
    """

    explicit: str | None
    ref: Callable[[Names, str], Any]
    attributes: Mapping[str, Callable[[Names, str], Any]]


def _name(names: Names, name: str) -> str:
    return name


def _bucket(names: Names, name: str) -> str:
    # The name of a bucket is in small letters.
    return name.lower()


def _bucket_arn(names: Names, name: str) -> str:
    return f"arn:{PARTITION}:s3:::{name.lower()}"


def _arn(service: str, prefix: str) -> Callable[[Names, str], str]:
    return lambda names, name: names.arn(service, f"{prefix}{name}")


def _stream_arn(names: Names, name: str) -> str:
    return names.arn("dynamodb", f"table/{name}/stream/local")


def _plain(explicit: str | None, service: str, prefix: str) -> Naming:
    """Referred to by name, with its ARN as the one attribute."""
    return Naming(explicit, _name, {"Arn": _arn(service, prefix)})


NAMING: Mapping[str, Naming] = {
    "AWS::CloudWatch::Alarm": _plain("AlarmName", "cloudwatch", "alarm:"),
    "AWS::CloudWatch::CompositeAlarm": _plain("AlarmName", "cloudwatch", "alarm:"),
    "AWS::CloudWatch::Dashboard": Naming("DashboardName", _name, {}),
    "AWS::DynamoDB::Table": Naming(
        "TableName", _name, {"Arn": _arn("dynamodb", "table/"), "StreamArn": _stream_arn}
    ),
    "AWS::Events::EventBus": Naming("Name", _name, {"Arn": _arn("events", "event-bus/"), "Name": _name}),
    "AWS::Events::Rule": _plain("Name", "events", "rule/"),
    "AWS::IAM::ManagedPolicy": Naming(
        "ManagedPolicyName", _arn("iam", "policy/"), {"PolicyArn": _arn("iam", "policy/")}
    ),
    "AWS::IAM::Policy": Naming("PolicyName", _name, {}),
    "AWS::IAM::Role": Naming("RoleName", _name, {"Arn": _arn("iam", "role/"), "RoleId": _name}),
    "AWS::KMS::Key": Naming(None, _name, {"Arn": _arn("kms", "key/"), "KeyId": _name}),
    "AWS::Logs::LogGroup": Naming(
        "LogGroupName", _name, {"Arn": lambda names, name: names.arn("logs", f"log-group:{name}:*")}
    ),
    "AWS::S3::Bucket": Naming("BucketName", _bucket, {"Arn": _bucket_arn}),
    "AWS::S3::BucketPolicy": Naming(None, _name, {}),
    "AWS::SNS::Topic": Naming("TopicName", _arn("sns", ""), {"TopicArn": _arn("sns", ""), "TopicName": _name}),
    "AWS::SQS::Queue": Naming(
        "QueueName",
        Names.queue_url,
        {"Arn": _arn("sqs", ""), "QueueName": _name, "QueueUrl": Names.queue_url},
    ),
    "AWS::SQS::QueuePolicy": Naming(None, _name, {}),
    "AWS::SSM::Parameter": Naming("Name", _name, {}),
    "AWS::Scheduler::ScheduleGroup": _plain("Name", "scheduler", "schedule-group/"),
    "AWS::Serverless::Function": _plain("FunctionName", "lambda", "function:"),
    "AWS::Serverless::HttpApi": Naming(
        None, _name, {"ApiId": _name, "ApiEndpoint": lambda names, name: names.api_url}
    ),
    "AWS::Serverless::StateMachine": Naming(
        "Name", _arn("states", "stateMachine:"), {"Arn": _arn("states", "stateMachine:"), "Name": _name}
    ),
    "AWS::Serverless::LayerVersion": Naming(
        "LayerName", _arn("lambda", "layer:"), {"LayerVersionArn": _arn("lambda", "layer:")}
    ),
}  # fmt: skip
