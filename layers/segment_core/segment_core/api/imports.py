"""`/imports`: customer documents in bulk. Each is checked here and merged later, like a webhook's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, answers, tables
from segment_core.errors import InvalidDocument, TidemarkError, TooLarge
from segment_core.facts.document import read_customer
from segment_core.instants import iso
from segment_core.runtime import queue
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments.shops import get_shop

router = APIGatewayHttpRouter()


@router.post(
    "/imports",
    summary="Take in customer documents",
    tags=["Imports"],
    operation_id="importCustomers",
    security=needs("events:write"),
    status_code=202,
    responses=answers(202, models.ImportResults, 404, 415),
)
def take_in(body: models.ImportRequest, request: Request) -> models.ImportResults:
    """What is accepted was queued, all of it, when this is answered; what is refused is left out."""
    ask = Ask.of(request)
    get_shop(tables(), ask.shop)
    judged = list(_judge(ask.shop, ask.at, body.customers))
    messages = [message for _, message in judged if message is not None]
    queue.send_all(environment(ApiEnvironment).ingest_queue_url, ask.shop, messages)
    return models.ImportResults(results=[result for result, _ in judged])


def _judge(
    shop: str, at: datetime, documents: list[Any]
) -> Iterator[tuple[models.ImportResult, Mapping[str, Any] | None]]:
    """For each document its result, and its message if it was accepted."""
    for index, document in enumerate(documents):
        message = {"kind": "document", "shop": shop, "received_at": iso(at), "document": document}
        try:
            customer = read_customer(document)
            if queue.size(message) > queue.MESSAGE_LIMIT_BYTES:
                raise TooLarge("the document does not fit into a queue message of 1 MiB", code="document_too_large")
        except (InvalidDocument, TooLarge) as error:
            yield _refused(index, error), None
        else:
            yield models.ImportResult(index=index, id=customer.id, status="accepted"), message


def _refused(index: int, error: TidemarkError) -> models.ImportResult:
    path = error.path if isinstance(error, InvalidDocument) else None
    return models.ImportResult(index=index, status="refused", code=error.code, path=path, message=error.message)
