"""`/customers`: what is known of one customer."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, EntityId, answers, tables
from segment_core.segments import reads

router = APIGatewayHttpRouter()


@router.get(
    "/customers/<id>/segments",
    summary="List the segments that a customer is in",
    tags=["Customers"],
    operation_id="listSegmentsOfCustomer",
    security=needs("customers:read"),
    responses=answers(200, models.CustomerSegments, 404),
)
def segments_of(customer_id: EntityId, request: Request) -> models.CustomerSegments:
    """All of them: they are in one item."""
    ask = Ask.of(request)
    return models.CustomerSegments.model_validate(reads.segments_of(tables(), ask.shop, customer_id, ask.at))
