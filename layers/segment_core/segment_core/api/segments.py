"""`/segments`: making, listing, reading, changing and deleting them, and who is in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import cursors, etags, models
from segment_core.api.access import needs
from segment_core.api.conditional import tag_of
from segment_core.api.cursors import Place
from segment_core.api.routing import Ask, Cursor, EntityId, PastInstant, answers, history_kept, room, tables
from segment_core.errors import PreconditionRequired
from segment_core.instants import parse
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments import past, reads, service
from segment_core.segments.requests import IdempotentRequest

MOST_SEGMENTS = 100
MOST_MEMBERS = 1000
USUAL_PAGE = 100

router = APIGatewayHttpRouter()

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="ETags of the state that the request is about, or *")
]


@router.post(
    "/segments",
    summary="Make a segment",
    tags=["Segments"],
    operation_id="createSegment",
    security=needs("segments:write"),
    status_code=201,
    responses=answers(201, models.Segment, 404, 409, 415, 422),
)
def create(
    body: models.SegmentRequest,
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(alias="Idempotency-Key", min_length=1, max_length=255, description="Sent again within a day: made once"),
    ] = None,
) -> Response[models.Segment]:
    """It is `building` until all customers who are there were evaluated. A name that is taken gets a number."""
    ask = Ask.of(request)
    asked = (body.name, body.query, str(body.announce))
    sent = IdempotentRequest.of(idempotency_key, *asked) if idempotency_key is not None else None
    made = service.create(
        tables(),
        ask.shop,
        body.name,
        body.query,
        ask.at,
        environment(ApiEnvironment).build_machine_arn,
        room(),
        announce=body.announce,
        request=sent,
    )
    return _answer(HTTPStatus.CREATED, made)


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
        segments=[_shown(segment) for segment in found],
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
def read(segment_id: EntityId, request: Request) -> Response[models.Segment]:
    """The segment with its count, and how far a new definition of it has been built."""
    ask = Ask.of(request)
    shown = _shown(reads.read(tables(), ask.shop, segment_id, ask.at))
    tag = tag_of(shown.model_dump(mode="json"), shown.etag.strip('"'))
    return Response(HTTPStatus.OK, "application/json", shown, headers={"ETag": tag})


@router.patch(
    "/segments/<id>",
    summary="Rename a segment, or give it another query",
    tags=["Segments"],
    operation_id="changeSegment",
    security=needs("segments:write"),
    responses=answers(200, models.Segment, 404, 409, 412, 415, 422, 428),
)
def change(
    segment_id: EntityId,
    body: models.SegmentChange,
    request: Request,
    if_match: IfMatch = None,
) -> Response[models.Segment]:
    """A new query is built while readers go on to see the old one; a name is changed at once."""
    ask = Ask.of(request)
    if if_match is None:
        raise PreconditionRequired("send the segment's ETag as If-Match, so that no change of others is lost")
    changed = service.change(
        tables(),
        ask.shop,
        segment_id,
        ask.at,
        environment(ApiEnvironment).build_machine_arn,
        editions=etags.editions(if_match),
        name=body.name,
        text=body.query,
        room=room(),
    )
    return _answer(HTTPStatus.OK, changed)


@router.delete(
    "/segments/<id>",
    summary="Delete a segment",
    tags=["Segments"],
    operation_id="deleteSegment",
    security=needs("segments:write"),
    status_code=204,
    responses=answers(204, None, 404, 409, 412),
)
def delete(segment_id: EntityId, request: Request, if_match: IfMatch = None) -> Response[None]:
    """Nobody is in it any more. One that others ask is not deleted."""
    ask = Ask.of(request)
    editions = None if if_match is None else etags.editions(if_match)
    service.delete(
        tables(), ask.shop, segment_id, ask.at, environment(ApiEnvironment).build_machine_arn, editions=editions
    )
    return Response(204)


@router.get(
    "/segments/<id>/dependents",
    summary="List the segments that ask a segment",
    tags=["Segments"],
    operation_id="listDependents",
    security=needs("segments:read"),
    responses=answers(200, models.SegmentNames, 404),
)
def dependents(segment_id: EntityId, request: Request) -> models.SegmentNames:
    """Those whose query asks it by `in_segment`, as readers see it or as it is being built."""
    ask = Ask.of(request)
    asking = reads.asking(tables(), ask.shop, segment_id)
    return models.SegmentNames(segments=[models.SegmentName.model_validate(one) for one in asking])


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

    With `at` those who were in then, at most 100 a page; none before the segment was made.
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
        # What is read for the past is the list of now, and history: neither says by which definition it was then.
        definition_id=page.definition_id if at is None else None,
        as_of=page.as_of,
        members=[models.Member.model_validate(member) for member in page.members],
        next_cursor=cursors.next_cursor(place, page.next, page.definition_id),
    )


def _shown(segment: reads.Segment) -> models.Segment:
    told = {name: getattr(segment, name) for name in models.Segment.model_fields if name != "etag"}
    return models.Segment.model_validate({**told, "etag": etags.etag(segment.edition)})


def _answer(status: HTTPStatus, segment: reads.Segment) -> Response[models.Segment]:
    shown = _shown(segment)
    return Response(status, "application/json", shown, headers={"ETag": shown.etag})
