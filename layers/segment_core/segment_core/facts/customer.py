"""A customer: all facts that queries can ask about, with their types.

Instants are UTC, money is Decimal, ids are text. None means "not known". Collections that are not
known are empty. `facts.document` reads these from JSON; nothing here checks anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from types import MappingProxyType

from segment_core.facts.checkouts import Left, left
from segment_core.facts.emails import domain
from segment_core.facts.ledger import Ledger, added_up
from segment_core.facts.metafields import Metafield, Seen, readings_of
from segment_core.record import computed, record


@record
class Address:
    """`country` is ISO 3166-1 alpha-2; `region` the part of ISO 3166-2 after the country."""

    country: str | None = None
    region: str | None = None
    city: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@record
class Refund:
    """Money that went back; `amount` is positive, in the order's currency."""

    id: str
    created_at: datetime | None = None
    amount: Decimal = Decimal(0)


@record
class OrderLine:
    """One line of an order, with what the product was at that time."""

    product_id: str | None = None
    variant_id: str | None = None
    sku: str | None = None
    quantity: int = 1
    vendor: str | None = None
    product_type: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()


@record
class Order:
    """An order. `total` is what was paid and kept up to `updated_at`, net of refunds not later than it.

    A missing `currency` is the shop's. `checkout_id` is the checkout that it came from.
    """

    id: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    total: Decimal | None = None
    currency: str | None = None
    cancelled_at: datetime | None = None
    test: bool = False
    app_id: str | None = None
    location_id: str | None = None
    channel: str | None = None
    checkout_id: str | None = None
    tags: tuple[str, ...] = ()
    discount_codes: tuple[str, ...] = ()
    refunds: tuple[Refund, ...] = ()
    lines: tuple[OrderLine, ...] = ()


@record
class Checkout:
    """A checkout; abandoned some time after its last change if neither a completion nor an order followed."""

    id: str
    updated_at: datetime | None = None
    completed_at: datetime | None = None


@record
class Event:
    """Something that happened once, for example `shopify_email.opened`."""

    id: str
    type: str
    at: datetime
    properties: Mapping[str, object] = MappingProxyType({})


@record
class StoreCreditAccount:
    """Store credit in one currency."""

    id: str
    currency: str | None = None
    balance: Decimal | None = None
    next_expiry_date: date | None = None
    last_credit_date: date | None = None


@record
class Customer:
    """Everything known of one customer: the input of `evaluate`.

    `default_address` is one of `addresses` too, see `facts.document`. `email_domain` is in lower case, `ledger` what
    the orders come to, `left` what followed each checkout, `metafield_values` what metafields say that can be compared,
    `metafield_parts` the same with numbers in PARTS; both are read at once, as `metafield_readings`.
    """

    id: str
    as_of: datetime | None = None
    created_at: datetime | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    locale: str | None = None
    state: str | None = None
    tags: tuple[str, ...] = ()
    created_by_app_id: str | None = None
    companies: tuple[str, ...] = ()
    email_marketing_consent: str | None = None
    sms_marketing_consent: str | None = None
    product_subscription_status: str | None = None
    addresses: tuple[Address, ...] = ()
    default_address: Address | None = None
    metafields: Mapping[str, Metafield] = MappingProxyType({})
    store_credit_accounts: tuple[StoreCreditAccount, ...] = ()
    orders: tuple[Order, ...] = ()
    checkouts: tuple[Checkout, ...] = ()
    events: tuple[Event, ...] = ()
    scores: Mapping[str, str] = MappingProxyType({})
    email_domain: str | None = computed(domain, "email")
    ledger: Ledger = computed(added_up, "orders")
    left: tuple[Left, ...] = computed(left, "checkouts", "orders")
    metafield_readings: tuple[Mapping[str, Seen], Mapping[str, Seen | int]] = computed(readings_of, "metafields")
    metafield_values: Mapping[str, Seen] = computed(itemgetter(0), "metafield_readings")
    metafield_parts: Mapping[str, Seen | int] = computed(itemgetter(1), "metafield_readings")
