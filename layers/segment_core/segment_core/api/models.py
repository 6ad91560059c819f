"""What the API takes and gives, field by field; the OpenAPI document is made from these.

Requests refuse fields that they do not know, and never turn one type into another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, SecretStr, ValidationInfo

from segment_core import zones
from segment_core.facts import kinds
from segment_core.instants import iso
from segment_core.language.limits import DEEPEST_NESTING
from segment_core.language.vocabulary.metafields import PREFIX, key_of
from segment_core.model.language import LanguageSettings
from segment_core.runtime.secrets import MOST_SECRETS
from segment_core.shop import LONGEST_WAIT_MINUTES

MOST_DOCUMENTS = 100
MOST_EVENTS = 500

# Two labels or more, each of at most 63 characters.
_HOSTNAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$"
_CURRENCY = "^[A-Z]{3}$"
ENTITY_ID = r"^[A-Za-z0-9_.:\-]{1,128}$"

# The store has many types and makes more; those that cannot be compared are only there or not.
_METAFIELD_TYPE = r"^(list\.)?[a-z][a-z0-9_]{0,63}$"
MOST_METAFIELDS = 200

_QUERIES = LanguageSettings()

# What each pattern asks for, in words.
FORMS = {
    _HOSTNAME: "must be a host name in lower case, such as example.myshopify.com",
    ENTITY_ID: "must be an id: letters, digits and _ . : - only, at most 128",
    _CURRENCY: "must be a currency code of three capital letters, such as EUR",
    _METAFIELD_TYPE: "must be the store's name of a metafield's type, such as date or list.number_integer",
}

_SHORTEST_SECRET, _LONGEST_SECRET = 8, 256


def _known_zone(name: str) -> str:
    if name not in zones.names():
        raise ValueError("must be the name of an IANA time zone, such as Europe/Berlin")
    return name


def _whole(text: str) -> str:
    # JSON can hold half of a surrogate pair; nothing that keeps text can.
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a surrogate pair, which is no character") from None
    return text


def _whole_secret(secret: SecretStr) -> SecretStr:
    length = len(_whole(secret.get_secret_value()))
    if not _SHORTEST_SECRET <= length <= _LONGEST_SECRET:
        raise ValueError(f"must have {_SHORTEST_SECRET} to {_LONGEST_SECRET} characters")
    return secret


def _metafield_key(text: str) -> str:
    if key_of(f"{PREFIX}{text}") != text:
        raise ValueError("must be a metafield as namespace.key, such as facts.birth_date")
    return text


def _instant(text: str) -> str:
    try:
        return iso(kinds.instant(text))
    except kinds.Refused as refused:
        raise ValueError(refused.message) from None


Zone = Annotated[str, AfterValidator(_known_zone), Field(description="IANA time zone", examples=["Europe/Berlin"])]
Instant = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    Field(description="ISO 8601, in UTC", json_schema_extra={"format": "date-time"}),
]
Text = Annotated[str, AfterValidator(_whole)]
MetafieldKey = Annotated[str, AfterValidator(_metafield_key)]
MetafieldType = Annotated[str, Field(pattern=_METAFIELD_TYPE)]
AsOf = Annotated[
    str,
    AfterValidator(_instant),
    Field(description="ISO 8601 with an offset", json_schema_extra={"format": "date-time"}),
]
Secret = Annotated[
    SecretStr,
    AfterValidator(_whole_secret),
    Field(json_schema_extra={"minLength": _SHORTEST_SECRET, "maxLength": _LONGEST_SECRET}),
]
NextCursor = Annotated[str | None, Field(description="The next page's `cursor`; null on the last page")]


PlatformName = Literal["shopify", "woocommerce"]


# A request needs few of the models, so that making all of them ready while they are imported would be in vain.


class Request(BaseModel):
    """A body that is sent to us."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)


class Answer(BaseModel):
    """A body that we send, made from what the core returns."""

    model_config = ConfigDict(frozen=True, from_attributes=True, defer_build=True)


# Shops ----------------------------------------------------------------------------------------


class ShopSettings(Request):
    """Which orders exist for queries, how long a checkout waits for one, and whether guests are customers."""

    count_test_orders: bool = False
    count_cancelled_orders: bool = False
    abandoned_after_minutes: Annotated[
        int, Field(ge=1, le=LONGEST_WAIT_MINUTES, description="After that, a checkout without an order was abandoned")
    ] = 60
    guests_are_customers: Annotated[bool, Field(description="Not for a shop on woocommerce")] = False


def _of_platform(settings: ShopSettings, others: ValidationInfo) -> ShopSettings:
    # Nothing in WooCommerce's webhooks says that a guest has to be forgotten.
    if settings.guests_are_customers and others.data.get("platform") == "woocommerce":
        raise ValueError(
            "guests_are_customers is not for woocommerce, which does not say when a guest has to be forgotten"
        )
    return settings


class QuerySettings(Request):
    """What queries may be, when they are checked and saved; what was saved before stays as it is.

    `metafields` are the store's definitions for customers: with them a query with a metafield that is not defined, or
    with a comparison that its type does not have, is refused. `strictness` `shopify` refuses what the store's own
    language does not have.
    """

    clauses: Annotated[int, Field(ge=1, le=500)] = _QUERIES.clauses
    characters: Annotated[int, Field(ge=1, le=50_000)] = _QUERIES.characters
    ids: Annotated[int, Field(ge=1, le=5_000, description="Values in one list")] = _QUERIES.ids
    nesting: Annotated[int, Field(ge=0, le=DEEPEST_NESTING, description="Parentheses inside each other")] = (
        _QUERIES.nesting
    )
    strictness: Literal["lenient", "shopify"] = _QUERIES.strictness
    metafields: Annotated[
        dict[MetafieldKey, MetafieldType] | None,
        Field(
            max_length=MOST_METAFIELDS,
            description="`namespace.key` to the store's name of the type; null: any metafield may be asked",
            examples=[{"facts.birth_date": "date"}],
        ),
    ] = None


class ShopRequest(Request):
    """A shop in full: what is absent has the value that is named here, secrets excepted."""

    domain: Annotated[
        str,
        Field(
            pattern=_HOSTNAME,
            max_length=253,
            description="The store's own host name in lower case: webhooks that name another one are refused",
            examples=["example.myshopify.com"],
        ),
    ]
    platform: Annotated[PlatformName, Field(description="The make of the store: how it writes its webhooks")] = (
        "shopify"
    )
    zone: Zone
    currency: Annotated[str, Field(pattern=_CURRENCY, description="ISO 4217", examples=["EUR"])]
    settings: Annotated[ShopSettings, AfterValidator(_of_platform)] = ShopSettings()
    queries: QuerySettings = QuerySettings()
    webhook_secrets: Annotated[
        list[Secret] | None,
        Field(
            min_length=1,
            max_length=MOST_SECRETS,
            description="Replace the secrets that webhooks are signed with; absent: those that are set stay",
        ),
    ] = None


class Shop(Answer):
    """A shop; `webhook_secrets` is how many are set.

    Zone, currency and settings are as they were asked for. Where there are segments, these are built under them first,
    and readers see all of them change together: until then each has a `build`.
    """

    shop: str
    domain: str
    platform: PlatformName
    zone: str
    currency: str
    settings: ShopSettings
    queries: QuerySettings
    webhook_secrets: int


# Segments -------------------------------------------------------------------------------------


class SegmentRequest(Request):
    """A segment to be made. With `announce` false nobody is told of those who are in when it is first published."""

    name: Text
    query: Text
    announce: bool = True


class SegmentChange(Request):
    """What is to be changed of a segment: its name, its query, or both."""

    name: Text | None = None
    query: Text | None = None


class Build(Answer):
    """A definition that is being built: readers do not see it yet.

    `done` of `total` customers had their turn. `total` and `seconds_left` are null for the seconds that the request
    itself works on it and until the customers were counted, which is what the work after it begins with; where counting
    takes longer than half a minute, they stay null. `error` is what keeps it from going on.
    """

    definition_id: str
    query: str
    done: int
    total: int | None
    started_at: Instant
    seconds_left: Annotated[int | None, Field(description="If it goes on as it did; null: not known yet")]
    error: str | None


class Segment(Answer):
    """A segment; `query` is the canonical text of what readers see. `count` and `as_of` are null until that was built.

    `etag` is the state of name and query, which a change has to name in `If-Match`; what follows from facts, time and
    builds changes under it.
    """

    id: str
    name: str
    query: str
    definition_id: str
    state: Literal["building", "ready"]
    count: int | None
    as_of: Instant | None
    build: Annotated[Build | None, Field(description="What will take its place; null: nothing")]
    created_at: Instant
    updated_at: Instant
    etag: str


class SegmentPage(Answer):
    """Segments of the shop."""

    segments: list[Segment]
    next_cursor: NextCursor


class Member(Answer):
    """A customer in a segment, and since when; null of a past member whose entry is kept no longer."""

    customer_id: str
    since: Instant | None


class MemberPage(Answer):
    """Members of one definition of a segment; `definition_id` is null for a past instant: which it was is not kept.

    A page may hold fewer than `limit`, or none, where many have left lately. The last is the one whose
    `next_cursor` is null.
    """

    segment_id: str
    definition_id: str | None
    as_of: Instant
    members: list[Member]
    next_cursor: NextCursor


# Customers ------------------------------------------------------------------------------------


class CustomerSegment(Answer):
    """A segment that a customer is in, and since when; null in the moments before the member list has followed."""

    id: str
    name: str | None
    since: Instant | None


class SegmentName(Answer):
    """A segment by id and name."""

    id: str
    name: str


class SegmentNames(Answer):
    """Segments by id and name."""

    segments: list[SegmentName]


class CustomerSegments(Answer):
    """The segments that a customer is in. The name is null of a segment that was deleted since the past asked for."""

    customer_id: str
    as_of: Instant
    segments: list[CustomerSegment]


# Privacy --------------------------------------------------------------------------------------


class DataRequest(Answer):
    """A customer's request for what is known of them. `fetched_at` is null until the answer was fetched."""

    id: str
    customers: list[str]
    asked_at: Instant
    ends_at: Instant
    fetched_at: Instant | None


class DataRequests(Answer):
    """Requests of the last seven days."""

    requests: list[DataRequest]


class DataRequestPart(Answer):
    """Some of what is known: customer documents in parts, which belong together by their `id`.

    One without an id has orders that the store named and nobody is known to have placed.
    """

    id: str
    customers: list[dict[str, Any]]
    segments: list[CustomerSegments]
    next_cursor: NextCursor


# Imports --------------------------------------------------------------------------------------


class ImportRequest(Request):
    """Customer documents; each is judged by itself.

    `as_of` is the store time of documents that carry none: with it, what is imported again changes nothing,
    and what the store told later stays. Without it they count from when they are received. A document with
    `"guest": true` and an e-mail address in place of an `id` tells of orders of a buyer without an account; it is
    refused with `guests_are_no_customers` where the shop's setting `guests_are_customers` is off.
    The format of a document is in `docs/customers.md`, an example in `events/customers.ndjson`.
    """

    as_of: AsOf | None = None
    customers: Annotated[list[Any], Field(min_length=1, max_length=MOST_DOCUMENTS)]


class IntakeResult(Answer):
    """What became of what was sent at `index`: queued, or refused with the reason."""

    index: int
    id: str | None = None
    status: Literal["accepted", "refused"]
    code: str | None = None
    path: str | None = None
    message: str | None = None


class IntakeResults(Answer):
    """A result for each thing that was sent, in their order."""

    results: list[IntakeResult]


# Events ---------------------------------------------------------------------------------------


class EventRequest(Request):
    """Things that happened once, each with the customer whom it happened to; each is judged by itself.

    An event is `{customer_id, id, type, at, properties?}`, as in a customer document: `docs/customers.md`. An event
    whose id the customer has already is the same event.
    """

    events: Annotated[list[Any], Field(min_length=1, max_length=MOST_EVENTS)]


# Problems -------------------------------------------------------------------------------------


class QueryProblem(Answer):
    """One problem of a query: lines count from 1, columns from 0."""

    line: int
    column: int
    length: int
    code: str
    message: str
    hint: str


class GatewayMessage(Answer):
    """An error that the gateway answers before the service is asked."""

    message: str


class Problem(Answer):
    """An error, as RFC 9457 has it. `code` is stable; `problems` is there if a query has any."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    problems: list[QueryProblem] | None = None
