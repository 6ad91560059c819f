"""Why and when: explanations, forecasts, timelines and history."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import query_models, time_models
from segment_core.api.access import needs
from segment_core.api.conditional import tag_of
from segment_core.api.routing import (
    Ask,
    CustomerId,
    EntityId,
    answers,
    history_kept,
    tables,
    time_to_ask,
)
from segment_core.segments import explanations, forecasts, past

router = APIGatewayHttpRouter()

Days = Annotated[int, Query(ge=1, le=forecasts.MOST_DAYS, description="How many days ahead")]


@router.get(
    "/segments/<id>/members/<customer>/explanation",
    summary="Explain why a customer is in a segment or not",
    tags=["Why and when"],
    operation_id="explainMembership",
    security=needs("customers:read"),
    responses=answers(200, time_models.Why, 409),
)
def explain(segment_id: EntityId, customer_id: CustomerId, request: Request) -> time_models.Why:
    """The verdict clause by clause, with the values seen and the dates on which it changes."""
    ask = Ask.of(request)
    return time_models.Why.model_validate(explanations.explain(tables(), ask.shop, segment_id, customer_id, ask.at))


@router.get(
    "/segments/<id>/forecast",
    summary="Forecast a segment",
    tags=["Why and when"],
    operation_id="forecastSegment",
    security=needs("segments:read"),
    responses=answers(200, time_models.Forecast, 409),
)
def forecast(segment_id: EntityId, request: Request, days: Days = 90) -> Response[time_models.Forecast]:
    """Who enters and leaves by time alone, per day, if nothing else happens."""
    ask, time = Ask.of(request), time_to_ask()
    found = forecasts.forecast(tables(), ask.shop, segment_id, ask.at, days, time)
    told = time_models.Forecast.model_validate(found)
    # The period ends so many days after `as_of`.
    tag = tag_of(told.model_dump(mode="json"), moving={"until"})
    return Response(HTTPStatus.OK, "application/json", told, headers={"ETag": tag})


@router.get(
    "/customers/<id>/timeline",
    summary="Tell what moved a customer and what will",
    tags=["Why and when"],
    operation_id="readTimeline",
    security=needs("customers:read"),
    responses=answers(200, time_models.CustomerTimeline),
)
def timeline(
    customer_id: EntityId,
    request: Request,
    back: Annotated[int, Query(ge=0, le=past.MOST_DAYS, description="How many days of history")] = 90,
    days: Days = 90,
) -> time_models.CustomerTimeline:
    """Enters and leaves that were told, and those that time alone will bring."""
    ask = Ask.of(request)
    found = explanations.timeline(tables(), ask.shop, customer_id, ask.at, timedelta(days=back), timedelta(days=days))
    return time_models.CustomerTimeline.model_validate(found)


@router.get(
    "/segments/<id>/history",
    summary="Tell how a segment grew",
    tags=["Why and when"],
    operation_id="readHistory",
    security=needs("segments:read"),
    responses=answers(200, time_models.SegmentHistory, 413),
)
def history(
    segment_id: EntityId,
    request: Request,
    first: Annotated[query_models.Date | None, Query(alias="from", description="The first date")] = None,
    last: Annotated[query_models.Date | None, Query(alias="to", description="The last date; absent: today")] = None,
) -> time_models.SegmentHistory:
    """Size at the end of each date, and who entered and left on it by cause; without dates, the last 30 days."""
    ask = Ask.of(request)
    found = past.growth(tables(), ask.shop, segment_id, first, last, ask.at, history_kept())
    return time_models.SegmentHistory.model_validate(found)
