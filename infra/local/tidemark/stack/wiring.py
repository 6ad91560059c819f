"""What the template wires, as plain values: tables, queues, functions, and what wakes each function."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidemark.stack import properties
from tidemark.stack.errors import TemplateError
from tidemark.stack.template import Resource, Template

_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_RETRIES = 2
_FOREVER = -1


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `create` holds the arguments of CreateTable."""

    name: str
    arn: str
    stream_arn: str | None
    create: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """A queue; times in seconds, sizes in bytes."""

    name: str
    arn: str
    url: str
    visibility_timeout: int
    delay: int
    maximum_size: int
    dead_letter_arn: str | None
    maximum_receives: int | None


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """A function. `retries` and `on_failure` are for asynchronous calls only."""

    id: str
    name: str
    arn: str
    code: Path
    handler: str
    timeout: int
    memory: int
    variables: Mapping[str, str]
    retries: int
    on_failure: str | None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the HTTP API. `authorizer` None: open to everyone."""

    function: str
    method: str
    path: str
    authorizer: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A JWT authorizer."""

    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapping_:
    """What all event source mappings have in common. `id` names it in checkpoints."""

    id: str
    function: str
    source_arn: str
    batch_size: int
    partial_responses: bool
    filters: tuple[Mapping[str, Any], ...]
    place: str


@dataclass(frozen=True, slots=True)
class StreamMapping(Mapping_):
    """A function that reads a table's stream; -1 for retries and age (in seconds) means without limit."""

    bisect: bool
    retries: int
    maximum_age: int
    on_failure: str | None


@dataclass(frozen=True, slots=True)
class QueueMapping(Mapping_):
    """A function that reads a queue."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that time wakes."""

    id: str
    function: str
    expression: str
    input: Any
    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Events of a bus that go to queues or functions. `targets` are ARNs."""

    id: str
    bus: str
    pattern: Mapping[str, Any]
    targets: tuple[str, ...]
    place: str


@dataclass(slots=True)
class Wiring:
    """All of it."""

    tables: list[Table] = field(default_factory=list)
    queues: list[QueueSettings] = field(default_factory=list)
    functions: list[FunctionSettings] = field(default_factory=list)
    layers: list[Path] = field(default_factory=list)
    buses: list[str] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    streams: list[StreamMapping] = field(default_factory=list)
    queue_mappings: list[QueueMapping] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


def wire(template: Template) -> Wiring:
    """What the template wires. Raises TemplateError for what the local stack cannot do."""
    for resource in template.resources.values():
        if resource.type in properties.RESOURCES:
            properties.check(properties.RESOURCES[resource.type], resource.properties, f"{resource.place}.Properties")
    wiring = Wiring()
    wiring.tables = [_table(template, resource) for resource in template.of_type("AWS::DynamoDB::Table")]
    wiring.queues = [_queue(template, resource) for resource in template.of_type("AWS::SQS::Queue")]
    wiring.buses = ["default", *(resource.name for resource in template.of_type("AWS::Events::EventBus"))]
    wiring.layers = [
        template.folder / resource.properties["ContentUri"]
        for resource in template.of_type("AWS::Serverless::LayerVersion")
    ]
    wiring.rules = [_rule(resource) for resource in template.of_type("AWS::Events::Rule")]
    for api in template.of_type("AWS::Serverless::HttpApi"):
        wiring.authorizers.update(_authorizers(api))
    for resource in template.of_type("AWS::Serverless::Function"):
        wiring.functions.append(_function(template, resource))
        for event in _events(resource):
            _EVENTS[event.type](template, wiring, resource, event)
    _check_targets(wiring)
    return wiring


@dataclass(frozen=True, slots=True)
class _Event:
    id: str
    type: str
    properties: Mapping[str, Any]
    place: str


def _events(resource: Resource) -> Iterator[_Event]:
    for id, body in resource.properties.get("Events", {}).items():
        place = f"{resource.place}.Properties.Events.{id}"
        if body["Type"] not in _EVENTS:
            raise TemplateError(place, f"the local stack does not know the event type '{body['Type']}'")
        event = _Event(id, body["Type"], body.get("Properties", {}), f"{place}.Properties")
        properties.check(properties.EVENTS[event.type], event.properties, event.place)
        yield event


def _table(template: Template, resource: Resource) -> Table:
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


def _queue(template: Template, resource: Resource) -> QueueSettings:
    own = resource.properties
    redrive = own.get("RedrivePolicy", {})
    return QueueSettings(
        name=resource.name,
        arn=template.names.arn("sqs", resource.name),
        url=template.names.queue_url(resource.name),
        visibility_timeout=int(own.get("VisibilityTimeout", 30)),
        delay=int(own.get("DelaySeconds", 0)),
        maximum_size=int(own.get("MaximumMessageSize", 1024 * 1024)),
        dead_letter_arn=redrive.get("deadLetterTargetArn"),
        maximum_receives=int(redrive["maxReceiveCount"]) if redrive else None,
    )


def _function(template: Template, resource: Resource) -> FunctionSettings:
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
        memory=int(own.get("MemorySize", 128)),
        variables={name: str(value) for name, value in variables.items()},
        retries=int(invoke.get("MaximumRetryAttempts", _DEFAULT_RETRIES)),
        on_failure=_destination(invoke, f"{resource.place}.Properties.EventInvokeConfig"),
    )


def _authorizers(api: Resource) -> dict[str, Authorizer]:
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


def _http_api(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    own = event.properties
    auth = own.get("Auth", {})
    apis = template.of_type("AWS::Serverless::HttpApi")
    if "ApiId" not in own or len(apis) != 1 or own["ApiId"] != apis[0].name:
        raise TemplateError(event.place, "a route needs the ApiId of the template's one HTTP API")
    if str(own.get("PayloadFormatVersion", "2.0")) != "2.0":
        raise TemplateError(event.place, "the local stack sends payload format 2.0 only")
    name = auth.get("Authorizer", apis[0].properties.get("Auth", {}).get("DefaultAuthorizer"))
    if name == "NONE":
        name = None
    if name is not None and name not in wiring.authorizers:
        raise TemplateError(event.place, f"the HTTP API has no authorizer '{name}'")
    scopes = tuple(auth.get("AuthorizationScopes", ()))
    wiring.routes.append(Route(resource.name, str(own["Method"]).upper(), own["Path"], name, scopes))


def _filters(event: _Event) -> tuple[Mapping[str, Any], ...]:
    filters = event.properties.get("FilterCriteria", {}).get("Filters", [])
    try:
        return tuple(json.loads(one["Pattern"]) for one in filters)
    except ValueError as error:
        raise TemplateError(f"{event.place}.FilterCriteria", f"a pattern is not JSON: {error}") from error


def _common(resource: Resource, event: _Event, source: str, batch_size: int) -> dict[str, Any]:
    own = event.properties
    if own.get("Enabled") is False:
        raise TemplateError(event.place, "a disabled event source cannot be run here; use a condition")
    return {
        "id": f"{resource.id}/{event.id}",
        "function": resource.name,
        "source_arn": source,
        "batch_size": int(own.get("BatchSize", batch_size)),
        "partial_responses": "ReportBatchItemFailures" in own.get("FunctionResponseTypes", ()),
        "filters": _filters(event),
        "place": event.place,
    }


def _stream(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    own = event.properties
    if own.get("StartingPosition") != "TRIM_HORIZON":
        raise TemplateError(event.place, "the local stack reads streams from TRIM_HORIZON only: LATEST loses records")
    wiring.streams.append(
        StreamMapping(
            **_common(resource, event, own["Stream"], 100),
            bisect=bool(own.get("BisectBatchOnFunctionError", False)),
            retries=int(own.get("MaximumRetryAttempts", _FOREVER)),
            maximum_age=int(own.get("MaximumRecordAgeInSeconds", _FOREVER)),
            on_failure=_destination(own, event.place),
        )
    )


def _queue_source(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    wiring.queue_mappings.append(QueueMapping(**_common(resource, event, event.properties["Queue"], 10)))


def _schedule(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    own = event.properties
    if own.get("Enabled") is False or own.get("State", "ENABLED") != "ENABLED":
        return
    if own.get("ScheduleExpressionTimezone", "UTC") not in ("UTC", "Etc/UTC"):
        raise TemplateError(event.place, "the local stack knows schedules in UTC only")
    expression = own["ScheduleExpression" if event.type == "ScheduleV2" else "Schedule"]
    given = json.loads(own["Input"]) if "Input" in own else None
    wiring.schedules.append(Schedule(f"{resource.id}{event.id}", resource.name, expression, given, event.place))


def _event_rule(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    own = event.properties
    target = template.names.arn("lambda", f"function:{resource.name}")
    bus = own.get("EventBusName", "default")
    wiring.rules.append(Rule(f"{resource.id}{event.id}", bus, own["Pattern"], (target,), event.place))


def _rule(resource: Resource) -> Rule:
    own = resource.properties
    place = f"{resource.place}.Properties"
    for target in own.get("Targets", []):
        if extra := sorted(set(target) - {"Id", "Arn", "DeadLetterConfig", "RetryPolicy", "RoleArn"}):
            raise TemplateError(f"{place}.Targets", f"{extra[0]} is not supported by the local stack")
    targets = tuple(target["Arn"] for target in own.get("Targets", []))
    return Rule(resource.id, own.get("EventBusName", "default"), own["EventPattern"], targets, place)


def _destination(own: Mapping[str, Any], place: str) -> str | None:
    """The ARN of the queue for what failed."""
    on_failure = own.get("DestinationConfig", {}).get("OnFailure")
    if on_failure is None:
        return None
    if on_failure.get("Type", "SQS") != "SQS":
        raise TemplateError(place, f"a destination of type {on_failure['Type']} is not supported by the local stack")
    return str(on_failure["Destination"])


def _check_targets(wiring: Wiring) -> None:
    """Every ARN that something is sent to or read from names something of this stack."""
    queues = {queue.arn for queue in wiring.queues}
    streams = {table.stream_arn for table in wiring.tables}
    functions = {function.arn for function in wiring.functions}
    wanted: list[tuple[str, str | None, Sequence[set[Any]]]] = []
    wanted += [(mapping.place, mapping.source_arn, [queues]) for mapping in wiring.queue_mappings]
    wanted += [(mapping.place, mapping.source_arn, [streams]) for mapping in wiring.streams]
    wanted += [(mapping.place, mapping.on_failure, [queues]) for mapping in wiring.streams]
    wanted += [(f"Resources.{one.id}", one.on_failure, [queues]) for one in wiring.functions]
    wanted += [(rule.place, target, [queues, functions]) for rule in wiring.rules for target in rule.targets]
    wanted += [(queue.name, queue.dead_letter_arn, [queues]) for queue in wiring.queues]
    for place, arn, known in wanted:
        if arn is not None and not any(arn in some for some in known):
            raise TemplateError(place, f"{arn} is not something that this stack runs")
    for rule in wiring.rules:
        if rule.bus not in wiring.buses:
            raise TemplateError(rule.place, f"there is no event bus '{rule.bus}'")


_EVENTS = {
    "HttpApi": _http_api,
    "SQS": _queue_source,
    "DynamoDB": _stream,
    "ScheduleV2": _schedule,
    "Schedule": _schedule,
    "EventBridgeRule": _event_rule,
}
