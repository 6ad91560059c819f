"""`/customers`: what is known of one customer."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, EntityId, PastInstant, answers, history_kept, tables
from segment_core.instants import parse
from segment_core.segments import past, reads

router = APIGatewayHttpRouter()


@router.get(
    "/customers/<id>/segments",
    summary="List the segments that a customer is in",
    tags=["Customers"],
    operation_id="listSegmentsOfCustomer",
    security=needs("customers:read"),
    responses=answers(200, models.CustomerSegments),
)
def segments_of(customer_id: EntityId, request: Request, at: PastInstant = None) -> models.CustomerSegments:
    """All of them, now or as of a past instant."""
    ask = Ask.of(request)
    if at is None:
        found = reads.segments_of(tables(), ask.shop, customer_id, ask.at)
    else:
        found = past.segments_as_of(tables(), ask.shop, customer_id, parse(at), ask.at, history_kept())
    return models.CustomerSegments.model_validate(found)
