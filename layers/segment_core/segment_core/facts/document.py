"""Customer documents: JSON to `Customer` and back, strictly and by one table.

Two doors lead in. `read_customer` is for what people and other programs write and also refuses words that
are not in a closed vocabulary. `assemble` is for facts that we stored: a store may invent a word that we
do not know yet, and its customer must still be readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from segment_core.errors import InvalidDocument
from segment_core.facts import kinds, strict_json
from segment_core.facts.customer import (
    Address,
    Checkout,
    Customer,
    Event,
    Order,
    OrderLine,
    Refund,
    StoreCreditAccount,
)
from segment_core.facts.kinds import Kind, Refused, by_name, many, optional, structure
from segment_core.facts.metafields import Metafield
from segment_core.instants import iso
from segment_core.record import is_record, names, replace, required

_TEXT = optional(kinds.text)
_ID = optional(kinds.identifier)
_INSTANT = optional(kinds.instant)
_DAY = optional(kinds.day)
_CURRENCY = optional(kinds.currency)

_ADDRESS = structure(
    Address,
    {
        "country": optional(kinds.country),
        "region": _TEXT,
        "city": _TEXT,
        "latitude": optional(kinds.degrees(90)),
        "longitude": optional(kinds.degrees(180)),
    },
)
_REFUND = structure(
    Refund,
    {"id": kinds.key_identifier, "created_at": _INSTANT, "amount": kinds.paid_back},
    required=("id",),
)
_LINE = structure(
    OrderLine,
    {
        "product_id": _ID,
        "variant_id": _ID,
        "sku": _TEXT,
        "quantity": kinds.quantity,
        "vendor": _TEXT,
        "product_type": _TEXT,
        "category": _TEXT,
        "tags": many(kinds.text),
    },
)
_ORDER = structure(
    Order,
    {
        "id": kinds.key_identifier,
        "created_at": _INSTANT,
        "updated_at": _INSTANT,
        "total": optional(kinds.money),
        "currency": _CURRENCY,
        "cancelled_at": _INSTANT,
        "test": kinds.truth,
        "app_id": _ID,
        "location_id": _ID,
        "channel": _TEXT,
        "checkout_id": _ID,
        "tags": many(kinds.text),
        "discount_codes": many(kinds.text),
        "refunds": many(_REFUND),
        "lines": many(_LINE),
    },
    required=("id",),
)
_CHECKOUT = structure(
    Checkout,
    {"id": kinds.key_identifier, "updated_at": _INSTANT, "completed_at": _INSTANT},
    required=("id",),
)
_EVENT_KEYS: dict[str, Kind[object]] = {
    "id": kinds.key_identifier,
    "type": kinds.text,
    "at": kinds.instant,
    "properties": kinds.properties,
}
_EVENT_REQUIRED = ("id", "type", "at")
_EVENT = structure(Event, _EVENT_KEYS, _EVENT_REQUIRED)
_METAFIELD = structure(Metafield, {"type": kinds.text, "value": kinds.anything}, required=("type", "value"))
_STORE_CREDIT_ACCOUNT = structure(
    StoreCreditAccount,
    {
        "id": kinds.identifier,
        "currency": _CURRENCY,
        "balance": optional(kinds.money),
        "next_expiry_date": _DAY,
        "last_credit_date": _DAY,
    },
    required=("id",),
)
_CUSTOMER: dict[str, Kind[object]] = {
    "id": kinds.key_identifier,
    "as_of": _INSTANT,
    "created_at": _INSTANT,
    "email": _TEXT,
    "phone": _TEXT,
    "first_name": _TEXT,
    "last_name": _TEXT,
    "locale": _TEXT,
    "state": _TEXT,
    "tags": many(kinds.text),
    "created_by_app_id": _ID,
    "companies": many(kinds.identifier),
    "email_marketing_consent": _TEXT,
    "sms_marketing_consent": _TEXT,
    "product_subscription_status": _TEXT,
    "addresses": many(_ADDRESS),
    "default_address": optional(_ADDRESS),
    "metafields": by_name(_METAFIELD),
    "store_credit_accounts": many(_STORE_CREDIT_ACCOUNT),
    "orders": many(_ORDER),
    "checkouts": many(_CHECKOUT),
    "events": many(_EVENT),
    "scores": by_name(kinds.text),
}

# What is written has to say which event it is; one without that may have been stored before.
_WRITTEN_EVENT = structure(Event, {**_EVENT_KEYS, "type": kinds.said}, _EVENT_REQUIRED)

# The words of the segment query language for these attributes.
_CONSENTS = ("SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED")
_VOCABULARIES: dict[str, Kind[object]] = {
    "state": optional(kinds.one_of("ENABLED", "DISABLED", "INVITED", "DECLINED")),
    "email_marketing_consent": optional(kinds.one_of(*_CONSENTS, "INVALID")),
    "sms_marketing_consent": optional(kinds.one_of(*_CONSENTS)),
    "product_subscription_status": optional(
        kinds.one_of("SUBSCRIBED", "CANCELED", "EXPIRED", "FAILED", "NEVER_SUBSCRIBED", "PAUSED")
    ),
    "scores": structure(
        dict,
        {
            "rfm_group": kinds.one_of(
                "CHAMPIONS", "LOYAL", "ACTIVE", "NEW", "PROMISING", "NEEDS_ATTENTION",
                "ALMOST_LOST", "PREVIOUSLY_LOYAL", "AT_RISK", "DORMANT", "PROSPECTS",
            ),
            "predicted_spend_tier": kinds.one_of("HIGH", "MEDIUM", "LOW"),
        },
    ),
}  # fmt: skip

_STORED = structure(Customer, _CUSTOMER, required=("id",))
_WRITTEN = structure(Customer, {**_CUSTOMER, **_VOCABULARIES, "events": many(_WRITTEN_EVENT)}, required=("id",))


def read_customer(document: Mapping[str, object]) -> Customer:
    """The customer that a document describes. Raises InvalidDocument with the place of the first mistake.

    Unknown keys are refused at every level, and ids of orders, refunds, checkouts and events that come
    twice. A key that is absent or null is a fact that is not known. An order without `updated_at` gets the
    document's `as_of`, which is the store time of all facts that carry none of their own.
    """
    customer = _read(_WRITTEN, document)
    for key in ("orders", "checkouts", "events"):
        _refuse_repeated(key, [element.id for element in getattr(customer, key)])
    for number, order in enumerate(customer.orders):
        _refuse_repeated(f"orders[{number}].refunds", [refund.id for refund in order.refunds])
    default = customer.default_address
    if default is not None and default not in customer.addresses:
        # Sources that know only this one of the addresses tell it apart, so that it does not stand for all.
        customer = replace(customer, addresses=(*customer.addresses, default))
    dated = (order if order.updated_at else replace(order, updated_at=customer.as_of) for order in customer.orders)
    return replace(customer, orders=tuple(dated))


def assemble(document: Mapping[str, object]) -> Customer:
    """The customer of stored facts: every type is checked, but not the words of closed vocabularies."""
    return _read(_STORED, document)


def assemble_order(document: Mapping[str, object]) -> Order:
    """One order of stored facts."""
    return _read(_ORDER, document)


def parse_line(line: str, read: Callable[[Mapping[str, object]], Customer] = read_customer) -> Customer:
    """The customer in one line of an NDJSON file, as `read` reads it. Raises InvalidDocument, for no JSON as well."""
    try:
        document = strict_json.loads(line)
    except strict_json.NotJson as error:
        raise InvalidDocument("", str(error)) from None
    if not isinstance(document, dict):
        raise InvalidDocument("", "must be an object: one customer document")
    return read(document)


def write_customer(customer: Customer) -> dict[str, object]:
    """The document of a customer, without what is not known: `read_customer` of it gives the same again."""
    return _object(customer)


def _read(kind: Kind[kinds.T], document: Mapping[str, object]) -> kinds.T:
    try:
        return kind(document)
    except Refused as refused:
        raise InvalidDocument(refused.place, refused.message) from None


def _refuse_repeated(place: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, id_ in enumerate(ids):
        if (first := seen.setdefault(id_, number)) != number:
            raise InvalidDocument(f"{place}[{number}].id", f"is the id of {place}[{first}] too")


def _object(record: object) -> dict[str, object]:
    known = {}
    needed = required(record)
    for name in names(record):
        value = getattr(record, name)
        if name in needed or (value is not None and value != () and value != {}):
            known[name] = float(value) if name in ("latitude", "longitude") else _value(value)
    return known


def _value(value: object) -> object:
    if is_record(value):
        return _object(value)
    if isinstance(value, Mapping):
        return {key: _value(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_value(part) for part in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value
