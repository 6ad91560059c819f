"""What wakes a function, read from its events in the template: routes, queues, streams, schedules, rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.stack import properties
from tidemark.stack.errors import TemplateError
from tidemark.stack.resources import destination
from tidemark.stack.template import Resource, Template
from tidemark.stack.wiring import QueueMapping, Route, Rule, Schedule, StreamMapping, Wiring

_FOREVER = -1
# Lambda's own, where the template says nothing.
_STREAM_BATCH = 100
_QUEUE_BATCH = 10


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


def add(template: Template, wiring: Wiring, resource: Resource) -> None:
    """Add everything that wakes this function to the wiring."""
    for event in _events(resource):
        _EVENTS[event.type](template, wiring, resource, event)


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
            **_common(resource, event, own["Stream"], _STREAM_BATCH),
            bisect=bool(own.get("BisectBatchOnFunctionError", False)),
            retries=int(own.get("MaximumRetryAttempts", _FOREVER)),
            maximum_age=int(own.get("MaximumRecordAgeInSeconds", _FOREVER)),
            on_failure=destination(own, event.place),
        )
    )


def _queue_source(template: Template, wiring: Wiring, resource: Resource, event: _Event) -> None:
    wiring.queue_mappings.append(QueueMapping(**_common(resource, event, event.properties["Queue"], _QUEUE_BATCH)))


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


_EVENTS: Mapping[str, Callable[[Template, Wiring, Resource, _Event], None]] = {
    "HttpApi": _http_api,
    "SQS": _queue_source,
    "DynamoDB": _stream,
    "ScheduleV2": _schedule,
    "Schedule": _schedule,
    "EventBridgeRule": _event_rule,
}
