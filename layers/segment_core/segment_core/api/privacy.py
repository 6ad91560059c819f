"""`/data-requests`: what customers asked to be told, for the merchant to hand on to them."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import cursors, models
from segment_core.api.access import needs
from segment_core.api.conditional import NOT_KEPT
from segment_core.api.cursors import Place
from segment_core.api.routing import Ask, Cursor, EntityId, answers, tables
from segment_core.privacy import requests

router = APIGatewayHttpRouter()


@router.get(
    "/data-requests",
    summary="List the requests of customers for what is known of them",
    tags=["Privacy"],
    operation_id="listDataRequests",
    security=needs("admin"),
    responses=answers(200, models.DataRequests, 404),
)
def listing(request: Request) -> models.DataRequests:
    """Those of the last seven days, fetched or not."""
    ask = Ask.of(request)
    found = requests.listing(tables(), ask.shop, ask.at)
    return models.DataRequests(requests=[models.DataRequest.model_validate(one) for one in found])


@router.get(
    "/data-requests/<id>",
    summary="Fetch what is known of a customer, once",
    tags=["Privacy"],
    operation_id="fetchDataRequest",
    security=needs("admin"),
    responses=answers(200, models.DataRequestPart, 404, 409),
)
def fetch(request_id: EntityId, request: Request, cursor: Cursor = None) -> Response[models.DataRequestPart]:
    """The first page uses up the request; those after it can be read for an hour."""
    ask = Ask.of(request)
    place = Place(ask.shop, f"data-requests/{request_id}")
    position = cursors.read(place, cursor)
    began = requests.Position(position.after, position.definition) if position else None
    part = requests.fetch(tables(), ask.shop, request_id, ask.at, began)
    following = part.next and cursors.write(place, cursors.Position(part.next.customer, part.next.before))
    told = models.DataRequestPart(
        id=part.request.id,
        customers=part.customers,
        segments=[models.CustomerSegments.model_validate(one) for one in part.segments],
        next_cursor=following,
    )
    return Response(HTTPStatus.OK, "application/json", told, headers=dict(NOT_KEPT))
