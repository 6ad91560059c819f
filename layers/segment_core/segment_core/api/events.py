"""`/events`: what happened on storefronts, in e-mails and anywhere else, as facts about known customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.intake import refused
from segment_core.api.routing import Ask, answers, tables
from segment_core.errors import InvalidDocument, TooLarge
from segment_core.ingest.documents import understand_document
from segment_core.instants import iso
from segment_core.runtime import queue
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.store import facts, shops

# How an event looks in the document in which it is checked.
_WITHIN = "events[0]."

router = APIGatewayHttpRouter()

Event = Mapping[str, Any]


@router.post(
    "/events",
    summary="Take in events",
    tags=["Events"],
    operation_id="takeEvents",
    security=needs("events:write"),
    status_code=202,
    responses=answers(202, models.IntakeResults, 404, 415),
)
def take_in(body: models.EventRequest, request: Request) -> models.IntakeResults:
    """What is accepted was queued, all of it, when this is answered; what is refused is left out."""
    ask = Ask.of(request)
    shops.existing(tables().segments, ask.shop)
    accepted: dict[str, dict[str, Event]] = {}
    results = [_judge(ask.shop, ask.at, index, event, accepted) for index, event in enumerate(body.events)]
    messages = _messages(ask.shop, ask.at, accepted)
    queue.send_all(environment(ApiEnvironment).ingest_queue_url, ask.shop, messages)
    return models.IntakeResults(results=results)


def _judge(
    shop: str, at: datetime, index: int, event: Any, accepted: dict[str, dict[str, Event]]
) -> models.IntakeResult:
    """The result of one event, which is added to its customer's if it is good."""
    try:
        if not isinstance(event, dict):
            raise InvalidDocument("", "must be an object: one event")
        if "customer_id" not in event:
            raise InvalidDocument("customer_id", "is missing")
        told = {key: value for key, value in event.items() if key != "customer_id"}
        customer = _checked(shop, at, event["customer_id"], told)
        known = accepted.setdefault(customer, {})
        if known.setdefault(str(told["id"]), told) != told:
            raise InvalidDocument("id", "is the id of another event of this customer in this request")
    except (InvalidDocument, TooLarge) as error:
        return refused(index, error, _WITHIN)
    return models.IntakeResult(index=index, id=str(told["id"]), status="accepted")


def _checked(shop: str, at: datetime, customer: object, event: Event) -> str:
    """The id of the customer of a good event. Raises InvalidDocument, and TooLarge for what could never be stored."""
    # By itself first: a message about the document's `id` is about the customer's.
    try:
        understand_document({"id": customer}, at)
    except InvalidDocument as error:
        raise InvalidDocument("customer_id", error.message.removeprefix("id: ")) from None
    fact, *_ = understand_document({"id": customer, "events": [event]}, at)
    facts.check_sizes(shop, [fact])
    return fact.customer_id


def _messages(shop: str, at: datetime, accepted: Mapping[str, Mapping[str, Event]]) -> Iterator[dict[str, Any]]:
    """A message for each customer: what is told together is stored together. A large one is parted."""
    for customer, events in accepted.items():
        said = {"kind": "events", "shop": shop, "received_at": iso(at), "customer": customer}
        for part in _parts(events.values(), queue.MESSAGE_LIMIT_BYTES - queue.size({**said, "events": []})):
            yield {**said, "events": part}


def _parts(events: Iterable[Event], room: int) -> Iterator[list[Event]]:
    part: list[Event] = []
    left = room
    for event in events:
        size = queue.size(event) + 1
        if part and size > left:
            yield part
            part, left = [], room
        part.append(event)
        left -= size
    yield part
