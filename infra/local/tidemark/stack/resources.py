"""Resources of the template as plain values: tables, queues, functions, authorizers, rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidemark.stack import state_machine
from tidemark.stack.errors import TemplateError
from tidemark.stack.template import Resource, Template
from tidemark.stack.wiring import Authorizer, FunctionSettings, QueueSettings, Rule, StateMachine, Table

# Lambda's own, where the template says nothing.
_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_MEMORY_MB = 128
_DEFAULT_RETRIES = 2
_DEFAULT_VISIBILITY_SECONDS = 30
_DEFAULT_MESSAGE_BYTES = 1024 * 1024


def table(template: Template, resource: Resource) -> Table:
    """The table, with the arguments of CreateTable."""
    own = resource.properties
    taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    create: dict[str, Any] = {"TableName": resource.name, "BillingMode": "PAY_PER_REQUEST"}
    create |= {name: own[name] for name in taken if name in own}
    stream = own.get("StreamSpecification")
    if stream:
        create["StreamSpecification"] = {"StreamEnabled": True, **stream}
    names = template.names
    arn = names.arn("dynamodb", f"table/{resource.name}")
    return Table(resource.name, arn, f"{arn}/stream/local" if stream else None, create)


def queue(template: Template, resource: Resource) -> QueueSettings:
    """The queue."""
    own = resource.properties
    redrive = own.get("RedrivePolicy", {})
    return QueueSettings(
        name=resource.name,
        arn=template.names.arn("sqs", resource.name),
        url=template.names.queue_url(resource.name),
        visibility_timeout=int(own.get("VisibilityTimeout", _DEFAULT_VISIBILITY_SECONDS)),
        delay=int(own.get("DelaySeconds", 0)),
        maximum_size=int(own.get("MaximumMessageSize", _DEFAULT_MESSAGE_BYTES)),
        dead_letter_arn=redrive.get("deadLetterTargetArn"),
        maximum_receives=int(redrive["maxReceiveCount"]) if redrive else None,
    )


def function(template: Template, resource: Resource) -> FunctionSettings:
    """The function, without what wakes it."""
    own = resource.properties
    invoke = own.get("EventInvokeConfig", {})
    code = template.folder / own["CodeUri"]
    if not code.is_dir():
        raise TemplateError(f"{resource.place}.Properties.CodeUri", f"there is no folder {own['CodeUri']}")
    variables = own.get("Environment", {}).get("Variables", {})
    return FunctionSettings(
        id=resource.id,
        name=resource.name,
        arn=template.names.arn("lambda", f"function:{resource.name}"),
        code=code,
        handler=own["Handler"],
        timeout=int(own.get("Timeout", _DEFAULT_TIMEOUT_SECONDS)),
        memory=int(own.get("MemorySize", _DEFAULT_MEMORY_MB)),
        variables={name: str(value) for name, value in variables.items()},
        retries=int(invoke.get("MaximumRetryAttempts", _DEFAULT_RETRIES)),
        on_failure=destination(invoke, f"{resource.place}.Properties.EventInvokeConfig"),
    )


def machine(template: Template, resource: Resource) -> StateMachine:
    """The state machine. Raises StackError for what its definition has that cannot run here."""
    own = resource.properties
    path = template.folder / own["DefinitionUri"]
    if not path.is_file():
        raise TemplateError(f"{resource.place}.Properties.DefinitionUri", f"there is no file {own['DefinitionUri']}")
    substitutions = {name: str(value) for name, value in own.get("DefinitionSubstitutions", {}).items()}
    definition = state_machine.load(path.read_text(encoding="utf-8"), substitutions, path.name)
    return StateMachine(resource.name, template.names.arn("states", f"stateMachine:{resource.name}"), definition)


def authorizers(api: Resource) -> dict[str, Authorizer]:
    """The authorizers of an HTTP API, by name."""
    authorizers = {}
    for name, about in api.properties.get("Auth", {}).get("Authorizers", {}).items():
        place = f"{api.place}.Properties.Auth.Authorizers.{name}"
        if about.get("IdentitySource", "$request.header.Authorization") != "$request.header.Authorization":
            raise TemplateError(place, "the local stack reads tokens from the Authorization header only")
        if "JwtConfiguration" not in about:
            raise TemplateError(place, "the local stack knows JWT authorizers only")
        jwt = about["JwtConfiguration"]
        authorizers[name] = Authorizer(jwt["issuer"], tuple(jwt["audience"]))
    return authorizers


def rule(resource: Resource) -> Rule:
    """The rule."""
    own = resource.properties
    place = f"{resource.place}.Properties"
    for target in own.get("Targets", []):
        if extra := sorted(set(target) - {"Id", "Arn", "DeadLetterConfig", "RetryPolicy", "RoleArn"}):
            raise TemplateError(f"{place}.Targets", f"{extra[0]} is not supported by the local stack")
    targets = tuple(target["Arn"] for target in own.get("Targets", []))
    return Rule(resource.id, own.get("EventBusName", "default"), own["EventPattern"], targets, place)


def destination(own: Mapping[str, Any], place: str) -> str | None:
    """The ARN of the queue for what failed."""
    on_failure = own.get("DestinationConfig", {}).get("OnFailure")
    if on_failure is None:
        return None
    if on_failure.get("Type", "SQS") != "SQS":
        raise TemplateError(place, f"a destination of type {on_failure['Type']} is not supported by the local stack")
    return str(on_failure["Destination"])
