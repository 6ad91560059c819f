"""Who is in what, asked in one go, and numbers about members."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from segment_core.api import query_models
from segment_core.api.access import needs
from segment_core.api.routing import Ask, EntityId, answers, tables, time_to_ask
from segment_core.segments import belonging, reads, statistics

router = APIGatewayHttpRouter()


@router.post(
    "/customers/<id>/memberships",
    summary="Ask whether a customer is in segments",
    tags=["Customers"],
    operation_id="askSegmentsOfCustomer",
    security=needs("customers:read"),
    responses=answers(200, query_models.CustomerMemberships, 415),
)
def of_customer(
    customer_id: EntityId, body: query_models.SegmentsAsked, request: Request
) -> query_models.CustomerMemberships:
    """One customer in up to 500 segments."""
    ask = Ask.of(request)
    customer, found = belonging.of_customer(tables(), ask.shop, customer_id, body.segments, ask.at)
    return query_models.CustomerMemberships(
        customer_id=customer,
        as_of=found.as_of,
        memberships=[
            query_models.SegmentMembership(segment_id=one.id, member=one.member, since=one.since)
            for one in found.answers
        ],
        unknown=found.unknown,
    )


@router.post(
    "/segments/<id>/memberships",
    summary="Ask whether customers are in a segment",
    tags=["Members"],
    operation_id="askCustomersOfSegment",
    security=needs("segments:read"),
    responses=answers(200, query_models.SegmentMemberships, 415),
)
def in_segment(
    segment_id: EntityId, body: query_models.CustomersAsked, request: Request
) -> query_models.SegmentMemberships:
    """Up to 1,000 customers in one segment."""
    ask = Ask.of(request)
    found = belonging.in_segment(tables(), ask.shop, segment_id, body.customers, ask.at)
    return query_models.SegmentMemberships(
        segment_id=segment_id,
        as_of=found.as_of,
        memberships=[
            query_models.CustomerMembership(customer_id=one.id, member=one.member, since=one.since)
            for one in found.answers
        ],
        unknown=found.unknown,
    )


@router.get(
    "/segments/<id>/count",
    summary="Count who is in a segment",
    tags=["Members"],
    operation_id="countMembers",
    security=needs("segments:read"),
    responses=answers(200, query_models.SegmentCount),
)
def count(segment_id: EntityId, request: Request) -> query_models.SegmentCount:
    """The exact number, which changes in one transaction with the list."""
    ask = Ask.of(request)
    segment = reads.read(tables(), ask.shop, segment_id, ask.at)
    return query_models.SegmentCount(
        segment_id=segment_id, definition_id=segment.definition_id, count=segment.count, as_of=segment.as_of
    )


@router.get(
    "/segments/<id>/statistics",
    summary="Sum up what members spent",
    tags=["Members"],
    operation_id="readStatistics",
    security=needs("segments:read"),
    responses=answers(200, query_models.Statistics, 409, 413),
)
def spending(segment_id: EntityId, request: Request) -> query_models.Statistics:
    """Sum and average of what members spent: of all of them, or estimated from some."""
    ask, time = Ask.of(request), time_to_ask()
    found = statistics.statistics(tables(), ask.shop, segment_id, ask.at, time)
    return query_models.Statistics.model_validate(found)


@router.post(
    "/segments/overlap",
    summary="Compare segments",
    tags=["Members"],
    operation_id="compareSegments",
    security=needs("segments:read"),
    responses=answers(200, query_models.Overlap, 413, 415),
)
def overlap(body: query_models.OverlapRequest, request: Request) -> query_models.Overlap:
    """How many are in which of up to 10 segments, each customer counted once."""
    ask = Ask.of(request)
    return query_models.Overlap.model_validate(statistics.overlap(tables(), ask.shop, body.segments, ask.at))
