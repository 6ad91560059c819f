"""`/queries` and `/filters`: help while a query is written, before anything is saved."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import query_models, time_models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, answers, room, tables, time_to_ask
from segment_core.language.catalogue import filters
from segment_core.record import as_dict
from segment_core.segments import checks, previews, suggestions

MOST_SUGGESTIONS = 100
USUAL_SUGGESTIONS = 20

router = APIGatewayHttpRouter()

Search = Annotated[str, Query(max_length=255, description="A part of what is looked for, letter case aside")]


@router.post(
    "/queries/check",
    summary="Check a query",
    tags=["Queries"],
    operation_id="checkQuery",
    security=needs("segments:read"),
    responses=answers(200, query_models.Check, 415),
)
def check(body: query_models.CheckRequest, request: Request) -> query_models.Check:
    """All problems, or the canonical text, what it says and which facts it depends on. Nothing is saved."""
    return query_models.Check.model_validate(checks.check_query(tables(), Ask.of(request).shop, body.query))


@router.post(
    "/queries/preview",
    summary="Preview a query",
    tags=["Queries"],
    operation_id="previewQuery",
    security=needs("segments:read"),
    responses=answers(200, query_models.Preview, 409, 415, 422),
)
def preview(body: query_models.PreviewRequest, request: Request) -> query_models.Preview:
    """How many are in, what they spent, and who would enter and leave a segment. Nothing is saved.

    A shop may ask so many times a minute; one more is refused with 429 and `Retry-After`.
    """
    ask, time = Ask.of(request), time_to_ask()
    made = previews.preview(tables(), ask.shop, body.query, body.segment_id, ask.at, time, room=room())
    return query_models.Preview.model_validate(made)


@router.get(
    "/filters",
    summary="List filters",
    tags=["Queries"],
    operation_id="listFilters",
    security=needs("segments:read"),
    responses=answers(200, time_models.Filters),
)
def list_filters(search: Search = "") -> time_models.Filters:
    """Every filter of the language with its type, operators, parameters and allowed values."""
    shown = []
    for one in filters(search):
        given = as_dict(one) | {"suggestions": one.name in suggestions.SUGGESTED}
        for parameter in given["parameters"]:
            parameter["suggestions"] = f"{one.name}.{parameter['name']}" in suggestions.SUGGESTED
        shown.append(time_models.Filter.model_validate(given))
    return time_models.Filters(filters=shown)


@router.get(
    "/filters/<name>/values",
    summary="Suggest values",
    tags=["Queries"],
    operation_id="suggestValues",
    security=needs("segments:read"),
    responses=answers(200, time_models.Suggestions),
)
def suggest(
    name: Annotated[str, Path(description="A filter's name", max_length=255)],
    request: Request,
    parameter: Annotated[str | None, Query(max_length=255, description="One of the filter's parameters")] = None,
    search: Search = "",
    limit: Annotated[int, Query(ge=1, le=MOST_SUGGESTIONS)] = USUAL_SUGGESTIONS,
) -> time_models.Suggestions:
    """What the shop's own customers have, as counted at most an hour ago."""
    ask, time = Ask.of(request), time_to_ask()
    found = suggestions.suggest(tables(), ask.shop, name, parameter, search, limit, ask.at, time)
    return time_models.Suggestions.model_validate(found)
