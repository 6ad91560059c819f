"""What the API takes and gives for queries that are not saved, and for who is in what: field by field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from segment_core.api.models import ENTITY_ID, Answer, Instant, NextCursor, QueryProblem, Request, Text
from segment_core.evaluator.ordering import SortKey
from segment_core.model.extract import Format

MOST_ASKED_SEGMENTS = 500
MOST_ASKED_CUSTOMERS = 1000
MOST_OVERLAPPING = 10

Amount = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:f}", return_type=str, when_used="json"),
    Field(description="A decimal number, as text", examples=["120.00"]),
]
Id = Annotated[str, Field(pattern=ENTITY_ID)]
Date = Annotated[date, Field(description="A date in the shop's zone")]


# Numbers --------------------------------------------------------------------------------------


class Count(Answer):
    """How many; between `low` and `high` 19 times in 20. They are the same if everybody was looked at."""

    value: int
    low: int
    high: int


class Money(Answer):
    """How much, in the shop's currency; between `low` and `high` 19 times in 20, null where too few were found."""

    value: Amount
    low: Amount | None
    high: Amount | None


class Scope(Answer):
    """Of how many customers how many were looked at: `exact` says all.

    They are always taken in the same order, so the sample is the same each time unless the 20 seconds end first: then
    it is shorter.
    """

    exact: bool
    customers: int
    looked_at: int


class Spending(Answer):
    """What customers spent, net of refunds: together, and each on average (null of nobody)."""

    currency: str
    total: Money
    average: Money | None


# Checking and previewing ----------------------------------------------------------------------


class CheckRequest(Request):
    """A query that somebody is writing."""

    query: Text


class Dependency(Answer):
    """A kind of facts that can change the answer; `days` is how many dates back it looks, null for ever."""

    kind: str
    name: str
    days: int | None


class Descriptions(Answer):
    """The query as a sentence, in English and in Norwegian Bokmål."""

    en: str
    nb: str


class Check(Answer):
    """All problems of a query; or, if there are none, what it means. Warnings do not keep it from being saved."""

    valid: bool
    problems: list[QueryProblem]
    warnings: list[QueryProblem]
    canonical: str | None
    descriptions: Descriptions | None
    depends_on: list[Dependency]


class PreviewRequest(Request):
    """A query; with `segment_id` also who would enter and leave that segment if it had this query."""

    query: Text
    segment_id: Id | None = None


class Group(Answer):
    """How many customers, and some of them."""

    count: Count
    sample: list[str]


class Difference(Answer):
    """Who would enter and leave a segment, against the definition that its readers see."""

    segment_id: str
    definition_id: str
    enter: Group
    leave: Group
    stay: Count


class Preview(Answer):
    """What a query comes to now. `share` is the part of the customers looked at who are in."""

    query: str
    as_of: Instant
    scope: Scope
    members: Group
    share: float
    spending: Spending
    difference: Difference | None


# Who is in what -------------------------------------------------------------------------------


class SegmentsAsked(Request):
    """Segments to ask one customer's membership of."""

    segments: Annotated[list[Id], Field(min_length=1, max_length=MOST_ASKED_SEGMENTS)]


class CustomersAsked(Request):
    """Customers to ask for in one segment."""

    customers: Annotated[list[Id], Field(min_length=1, max_length=MOST_ASKED_CUSTOMERS)]


class SegmentMembership(Answer):
    """Whether the customer is in the segment, and since when; null too while the member list follows."""

    segment_id: str
    member: bool
    since: Instant | None


class CustomerMemberships(Answer):
    """One entry for each known segment, in the order asked; ids of no segment are in `unknown`.

    Whoever was merged is answered under the id that they have now.
    """

    customer_id: str
    as_of: Instant
    memberships: list[SegmentMembership]
    unknown: list[str]


class CustomerMembership(Answer):
    """Whether a customer is in the segment, and since when; null too while the member list follows."""

    customer_id: str
    member: bool
    since: Instant | None


class SegmentMemberships(Answer):
    """One entry for each known customer, in the order asked; ids of no customer are in `unknown`.

    Whoever was merged is answered under the id that they have now.
    """

    segment_id: str
    as_of: Instant
    memberships: list[CustomerMembership]
    unknown: list[str]


class SegmentCount(Answer):
    """How many are in; null until the first build was published."""

    segment_id: str
    definition_id: str
    count: int | None
    as_of: Instant | None


class Statistics(Answer):
    """What the members spent. `scope` counts members."""

    segment_id: str
    definition_id: str
    as_of: Instant
    count: int
    scope: Scope
    spending: Spending


class OverlapRequest(Request):
    """Segments to be compared, each named once."""

    segments: Annotated[list[Id], Field(min_length=2, max_length=MOST_OVERLAPPING)]


class Combination(Answer):
    """Customers who are in exactly these of the segments compared."""

    segments: list[str]
    count: Count


class Overlap(Answer):
    """How segments overlap: everybody is in one combination, so these add up to `union`."""

    as_of: Instant
    scope: Scope
    sizes: dict[str, int]
    union: Count
    combinations: list[Combination]


# Orders and files -----------------------------------------------------------------------------


class SnapshotRequest(Request):
    """An order for the members. Whoever has no value comes last, in either direction."""

    sort: SortKey
    reverse: bool = False


class ExportRequest(Request):
    """A format for the members: a JSON object or a CSV row for each."""

    format: Format = "ndjson"


class Snapshot(Answer):
    """How far a snapshot came; its members can be read once it is `ready`, until `expires_at`."""

    id: str
    segment_id: str
    definition_id: str
    sort: str
    reverse: bool
    state: Literal["building", "ready", "failed"]
    error: str | None
    as_of: Instant
    expected: int
    written: int
    expires_at: Instant


class SnapshotMember(Answer):
    """A member, since when, and the value that the order goes by: an instant or a number, null if there is none."""

    customer_id: str
    since: Instant
    value: str | None


class SnapshotPage(Answer):
    """Members in the snapshot's order, as they were then."""

    snapshot_id: str
    segment_id: str
    definition_id: str
    as_of: Instant
    members: list[SnapshotMember]
    next_cursor: NextCursor


class Export(Answer):
    """How far an export came; `url` is there once it is `ready`, and opens the file until `url_expires_at`."""

    id: str
    segment_id: str
    definition_id: str
    format: str
    state: Literal["building", "ready", "failed"]
    error: str | None
    as_of: Instant
    expected: int
    written: int
    url: str | None
    url_expires_at: Instant | None
    expires_at: Instant
