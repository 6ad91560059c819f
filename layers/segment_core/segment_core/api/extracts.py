"""Members in another order, and all members as a file: asked for here, made in the background, then fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import cursors, query_models
from segment_core.api.access import needs
from segment_core.api.cursors import Place
from segment_core.api.routing import Ask, Cursor, EntityId, ExtractId, answers, tables
from segment_core.api.segments import MOST_MEMBERS, USUAL_PAGE
from segment_core.membership.extracts import key_of
from segment_core.model.extract import Extract
from segment_core.runtime import files
from segment_core.runtime.environment import ApiEnvironment, environment
from segment_core.segments import extracts

# For how long an address opens a file: whoever needs it later asks again.
LINK_SECONDS = 15 * 60

router = APIGatewayHttpRouter()


@router.post(
    "/segments/<id>/snapshots",
    summary="Put members into an order",
    tags=["Members"],
    operation_id="createSnapshot",
    security=needs("segments:read"),
    status_code=202,
    responses=answers(202, query_models.Snapshot, 409, 415),
)
def take_snapshot(segment_id: EntityId, body: query_models.SnapshotRequest, request: Request) -> query_models.Snapshot:
    """By one of six values, as of now. Ask for the snapshot until it is `ready`; it is there for a day."""
    ask, url = Ask.of(request), environment(ApiEnvironment).work_queue_url
    return _snapshot(extracts.snapshot(tables(), ask.shop, segment_id, body.sort, body.reverse, ask.at, url))


@router.get(
    "/segments/<id>/snapshots/<extract>",
    summary="Ask how far a snapshot came",
    tags=["Members"],
    operation_id="readSnapshot",
    security=needs("segments:read"),
    responses=answers(200, query_models.Snapshot),
)
def read_snapshot(segment_id: EntityId, extract_id: ExtractId, request: Request) -> query_models.Snapshot:
    """Its state, and how many of how many members are placed."""
    ask = Ask.of(request)
    return _snapshot(extracts.read(tables(), ask.shop, segment_id, "snapshot", extract_id, ask.at))


@router.get(
    "/segments/<id>/snapshots/<extract>/members",
    summary="List members in a snapshot's order",
    tags=["Members"],
    operation_id="listSnapshotMembers",
    security=needs("segments:read"),
    responses=answers(200, query_models.SnapshotPage, 409),
)
def snapshot_members(
    segment_id: EntityId,
    extract_id: ExtractId,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_MEMBERS)] = USUAL_PAGE,
    cursor: Cursor = None,
) -> query_models.SnapshotPage:
    """A page; nothing that happens since changes what the pages hold."""
    ask = Ask.of(request)
    place = Place(ask.shop, f"segments/{segment_id}/snapshots/{extract_id}")
    position = cursors.read(place, cursor)
    after = position.after if position else None
    extract, page = extracts.page(tables(), ask.shop, segment_id, extract_id, after, limit, ask.at)
    return query_models.SnapshotPage(
        snapshot_id=extract.id,
        segment_id=segment_id,
        definition_id=extract.definition,
        as_of=extract.made_at,
        members=[
            query_models.SnapshotMember(customer_id=one.customer, since=one.since, value=one.value)
            for one in page.members
        ],
        next_cursor=cursors.next_cursor(place, page.next),
    )


@router.post(
    "/segments/<id>/exports",
    summary="Export a segment",
    tags=["Members"],
    operation_id="createExport",
    security=needs("segments:read"),
    status_code=202,
    responses=answers(202, query_models.Export, 409, 415),
)
def export(segment_id: EntityId, body: query_models.ExportRequest, request: Request) -> query_models.Export:
    """All members as NDJSON or CSV. Ask for the export until it is `ready`; it is there for a day."""
    ask, url = Ask.of(request), environment(ApiEnvironment).work_queue_url
    return _export(ask, extracts.export(tables(), ask.shop, segment_id, body.format, ask.at, url))


@router.get(
    "/segments/<id>/exports/<extract>",
    summary="Ask how far an export came",
    tags=["Members"],
    operation_id="readExport",
    security=needs("segments:read"),
    responses=answers(200, query_models.Export),
)
def read_export(segment_id: EntityId, extract_id: ExtractId, request: Request) -> query_models.Export:
    """Its state, how many of how many members are written, and in the end where the file is."""
    ask = Ask.of(request)
    return _export(ask, extracts.read(tables(), ask.shop, segment_id, "export", extract_id, ask.at))


def _snapshot(extract: Extract) -> query_models.Snapshot:
    return query_models.Snapshot(
        id=extract.id,
        segment_id=extract.segment,
        definition_id=extract.definition,
        sort=extract.order,
        reverse=extract.reverse,
        state=extract.state,
        error=extract.error or None,
        as_of=extract.made_at,
        expected=extract.expected,
        written=extract.written,
        expires_at=extract.ends_at,
    )


def _export(ask: Ask, extract: Extract) -> query_models.Export:
    ready = extract.state == "ready"
    bucket = environment(ApiEnvironment).exports_bucket
    return query_models.Export(
        id=extract.id,
        segment_id=extract.segment,
        definition_id=extract.definition,
        format=extract.order,
        state=extract.state,
        error=extract.error or None,
        as_of=extract.made_at,
        expected=extract.expected,
        written=extract.written,
        url=files.link(bucket, key_of(ask.shop, extract), LINK_SECONDS) if ready else None,
        url_expires_at=ask.at + timedelta(seconds=LINK_SECONDS) if ready else None,
        expires_at=extract.ends_at,
    )
