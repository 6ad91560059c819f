"""`/imports`: customer documents in bulk. Each is checked here and merged later, like a webhook's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.intake import refused
from segment_core.api.routing import Ask, answers, tables
from segment_core.errors import Conflict, InvalidDocument, InvalidRequest, TooLarge
from segment_core.facts import guests
from segment_core.facts.told import ProfileFact
from segment_core.ingest.documents import understand
from segment_core.instants import iso, parse
from segment_core.runtime import queue
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.store import facts, shops

# What counts from later than now would win over every webhook until then. Clocks differ by a little.
CLOCK_TOLERANCE = timedelta(minutes=5)

router = APIGatewayHttpRouter()


@router.post(
    "/imports",
    summary="Take in customer documents",
    tags=["Imports"],
    operation_id="importCustomers",
    security=needs("events:write"),
    status_code=202,
    responses=answers(202, models.IntakeResults, 404, 415),
)
def take_in(body: models.ImportRequest, request: Request) -> models.IntakeResults:
    """What is accepted was queued, all of it, when this is answered; what is refused is left out.

    Accepted is what can be merged by itself. Facts that were stored before may still make a customer or an
    order too large; such a document is then parked like any other message. An `as_of` later than now is refused.
    """
    ask = Ask.of(request)
    shop = shops.existing(tables().segments, ask.shop)
    if body.as_of is not None and (reason := _lies_ahead(parse(body.as_of), ask.at)):
        raise InvalidRequest(f"body.as_of: {reason}", code="as_of_in_future")
    documents = [_dated(document, body.as_of) for document in body.customers]
    judged = list(_judge(ask.shop, ask.at, documents, shop.guests_are_customers))
    messages = [message for _, message in judged if message is not None]
    queue.send_all(environment(ApiEnvironment).ingest_queue_url, ask.shop, messages)
    return models.IntakeResults(results=[result for result, _ in judged])


def _judge(
    shop: str, at: datetime, documents: list[Any], guests_are_customers: bool
) -> Iterator[tuple[models.IntakeResult, Mapping[str, Any] | None]]:
    """For each document its result, and its message if it was accepted."""
    for index, document in enumerate(documents):
        message = {"kind": "document", "shop": shop, "received_at": iso(at), "document": document}
        try:
            told = list(guests.settled(understand(document, at), shop, are_customers=True))
            _check_as_of(document, at)
            if guests.is_guests(document) and not guests_are_customers:
                raise Conflict(
                    "guests are no customers of this shop: its setting 'guests_are_customers' is off",
                    code="guests_are_no_customers",
                )
            if queue.size(message) > queue.MESSAGE_LIMIT_BYTES:
                raise TooLarge("the document does not fit into a queue message of 1 MiB", code="document_too_large")
            facts.check_sizes(shop, told)
        except (InvalidDocument, TooLarge, Conflict) as error:
            yield refused(index, error), None
        else:
            customer = next(fact.customer_id for fact in told if isinstance(fact, ProfileFact))
            yield models.IntakeResult(index=index, id=customer, status="accepted"), message


def _check_as_of(document: Mapping[str, Any], at: datetime) -> None:
    """Raises InvalidDocument if a document that can be read says that it was told after now."""
    as_of = document.get("as_of")
    if as_of is not None and (reason := _lies_ahead(parse(as_of), at)):
        raise InvalidDocument("as_of", reason)


def _lies_ahead(as_of: datetime, at: datetime) -> str:
    """What is wrong with a store time that has not come yet; empty if it has."""
    return f"is later than now, which is {iso(at)}" if as_of > at + CLOCK_TOLERANCE else ""


def _dated(document: Any, as_of: str | None) -> Any:
    """The document with the request's `as_of`, if it carries none of its own."""
    undated = isinstance(document, dict) and document.get("as_of") is None
    return {**document, "as_of": as_of} if undated and as_of is not None else document
