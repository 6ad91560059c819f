"""`/segments`: making, listing, reading and deleting them, and who is in."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import cursors, models
from segment_core.api.access import needs
from segment_core.api.cursors import Place
from segment_core.api.routing import Ask, Cursor, EntityId, PastInstant, answers, history_kept, tables
from segment_core.instants import parse
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments import past, reads, service

MOST_SEGMENTS = 100
MOST_MEMBERS = 1000
USUAL_PAGE = 100

router = APIGatewayHttpRouter()


@router.post(
    "/segments",
    summary="Make a segment",
    tags=["Segments"],
    operation_id="createSegment",
    security=needs("segments:write"),
    status_code=201,
    responses=answers(201, models.Segment, 404, 409, 415, 422),
)
def create(body: models.SegmentRequest, request: Request) -> models.Segment:
    """The segment is `building` until all customers who are there were evaluated."""
    ask = Ask.of(request)
    env = environment(ApiEnvironment)
    most = env.definitions_per_shop
    made = service.create(tables(), ask.shop, body.name, body.query, ask.at, env.work_queue_url, most_definitions=most)
    return models.Segment.model_validate(made)


@router.get(
    "/segments",
    summary="List segments",
    tags=["Segments"],
    operation_id="listSegments",
    security=needs("segments:read"),
    responses=answers(200, models.SegmentPage, 404),
)
def listing(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_SEGMENTS)] = USUAL_PAGE,
    cursor: Cursor = None,
    search: Annotated[str, Query(max_length=255, description="A part of the name, letter case aside")] = "",
    sort: Annotated[Literal["id", "name"], Query(description="Names are in the order of small letters")] = "id",
) -> models.SegmentPage:
    """A page of the shop's segments."""
    ask = Ask.of(request)
    place = Place.of(ask.shop, "segments", search=search, sort=sort)
    position = cursors.read(place, cursor)
    after = position.after if position else None
    found, more = reads.listing(tables(), ask.shop, ask.at, limit, after, search, by_name=sort == "name")
    return models.SegmentPage(
        segments=[models.Segment.model_validate(segment) for segment in found],
        next_cursor=cursors.next_cursor(place, more),
    )


@router.get(
    "/segments/<id>",
    summary="Read a segment",
    tags=["Segments"],
    operation_id="readSegment",
    security=needs("segments:read"),
    responses=answers(200, models.Segment, 404),
)
def read(segment_id: EntityId, request: Request) -> models.Segment:
    """The segment with its count."""
    ask = Ask.of(request)
    return models.Segment.model_validate(reads.read(tables(), ask.shop, segment_id, ask.at))


@router.delete(
    "/segments/<id>",
    summary="Delete a segment",
    tags=["Segments"],
    operation_id="deleteSegment",
    security=needs("segments:write"),
    status_code=204,
    responses=answers(204, None, 404),
)
def delete(segment_id: EntityId, request: Request) -> Response[None]:
    """Nobody is in it any more."""
    ask = Ask.of(request)
    service.delete(tables(), ask.shop, segment_id, ask.at, environment(ApiEnvironment).work_queue_url)
    return Response(204)


@router.get(
    "/segments/<id>/members",
    summary="List who is in a segment",
    tags=["Segments"],
    operation_id="listMembers",
    security=needs("segments:read"),
    responses=answers(200, models.MemberPage, 404, 413),
)
def members(
    segment_id: EntityId,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_MEMBERS)] = USUAL_PAGE,
    cursor: Cursor = None,
    at: PastInstant = None,
) -> models.MemberPage:
    """A page of members, perhaps a short one; all pages that cursors lead to are of one definition.

    With `at` those who were in then, at most 100 a page.
    """
    ask = Ask.of(request)
    place = Place.of(ask.shop, f"segments/{segment_id}/members", at=at)
    position = cursors.read(place, cursor)
    after = position.after if position else None
    if at is None:
        page = reads.list_members(tables(), ask.shop, segment_id, ask.at, limit, after)
    else:
        most = min(limit, past.MOST_PAST_MEMBERS)
        kept = history_kept()
        page = past.members_as_of(tables(), ask.shop, segment_id, parse(at), ask.at, kept, most, after)
    cursors.check_definition(position, page.definition_id)
    return models.MemberPage(
        segment_id=page.segment_id,
        definition_id=page.definition_id,
        as_of=page.as_of,
        members=[models.Member.model_validate(member) for member in page.members],
        next_cursor=cursors.next_cursor(place, page.next, page.definition_id),
    )
