"""Which properties of which type mean something here: used, of no effect on this machine, or refused.

A property in neither list is an error: whoever wrote it expects something that would not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tidemark.stack.errors import TemplateError


class Known(NamedTuple):
    """The properties of a type that are used, and those that only AWS has a use for."""

    used: frozenset[str]
    ignored: frozenset[str]


def _known(used: str, ignored: str) -> Known:
    return Known(frozenset(used.split()), frozenset(ignored.split()))


_MAPPING = "BatchSize FunctionResponseTypes FilterCriteria"
_MAPPING_IGNORED = "MaximumBatchingWindowInSeconds MetricsConfig"

# Types that are absent run nothing here (alarms, roles, log groups, ...): their properties do not matter.
RESOURCES: Mapping[str, Known] = {
    "AWS::DynamoDB::Table": _known(
        "TableName AttributeDefinitions KeySchema GlobalSecondaryIndexes LocalSecondaryIndexes BillingMode"
        " StreamSpecification",
        "TimeToLiveSpecification SSESpecification DeletionProtectionEnabled PointInTimeRecoverySpecification Tags"
        " OnDemandThroughput WarmThroughput ContributorInsightsSpecification TableClass ResourcePolicy",
    ),
    "AWS::SQS::Queue": _known(
        "QueueName VisibilityTimeout RedrivePolicy DelaySeconds MaximumMessageSize",
        "MessageRetentionPeriod SqsManagedSseEnabled KmsMasterKeyId KmsDataKeyReusePeriodSeconds Tags"
        " RedriveAllowPolicy ReceiveMessageWaitTimeSeconds",
    ),
    "AWS::S3::Bucket": _known(
        "BucketName",
        "PublicAccessBlockConfiguration OwnershipControls BucketEncryption LifecycleConfiguration Tags",
    ),
    "AWS::Events::EventBus": _known("Name", "Description Tags DeadLetterConfig KmsKeyIdentifier LogConfig"),
    "AWS::Events::Rule": _known("Name EventBusName EventPattern Targets State", "Description Tags"),
    "AWS::Serverless::LayerVersion": _known(
        "LayerName ContentUri",
        "Description CompatibleRuntimes CompatibleArchitectures RetentionPolicy LicenseInfo PublishLambdaVersion",
    ),
    "AWS::Serverless::HttpApi": _known(
        "Auth",
        "Name Description DefaultRouteSettings RouteSettings AccessLogSettings Tags PropagateTags FailOnWarnings",
    ),
    "AWS::Serverless::StateMachine": _known(
        "Name DefinitionUri DefinitionSubstitutions Type", "Role Policies Tracing Logging Tags PropagateTags"
    ),
    "AWS::Serverless::Function": _known(
        "CodeUri Handler Environment Events Timeout EventInvokeConfig Layers FunctionName MemorySize",
        "Description Runtime Architectures Tracing LoggingConfig Role Policies Tags PropagateTags AutoPublishAlias"
        " DeploymentPreference ReservedConcurrentExecutions PermissionsBoundary SnapStart VersionDescription"
        " AutoPublishAliasAllProperties RuntimeManagementConfig RolePath KmsKeyArn",
    ),
}  # fmt: skip

EVENTS: Mapping[str, Known] = {
    "HttpApi": _known("ApiId Path Method Auth PayloadFormatVersion", "TimeoutInMillis RouteSettings"),
    "SQS": _known(f"Queue Enabled {_MAPPING}", f"ScalingConfig ProvisionedPollerConfig {_MAPPING_IGNORED}"),
    "DynamoDB": _known(
        f"Stream StartingPosition Enabled BisectBatchOnFunctionError MaximumRetryAttempts MaximumRecordAgeInSeconds"
        f" DestinationConfig {_MAPPING}",
        f"ParallelizationFactor {_MAPPING_IGNORED}",
    ),
    "ScheduleV2": _known(
        "ScheduleExpression ScheduleExpressionTimezone State Input",
        "Name OmitName Description FlexibleTimeWindow RetryPolicy DeadLetterConfig GroupName RoleArn"
        " PermissionsBoundary KmsKeyArn",
    ),
    "Schedule": _known("Schedule Enabled State Input", "Name Description RetryPolicy DeadLetterConfig RoleArn"),
    "EventBridgeRule": _known("EventBusName Pattern State", "RuleName RetryPolicy DeadLetterConfig"),
}  # fmt: skip


def check(known: Known, properties: Mapping[str, Any], place: str) -> None:
    """Raises TemplateError for a property that would be without effect although it should have one."""
    for name in properties:
        if name not in known.used and name not in known.ignored:
            raise TemplateError(f"{place}.{name}", "is not supported by the local stack")
