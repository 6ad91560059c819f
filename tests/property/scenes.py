"""Random shops and customers: everything in a scene lies near one instant `at`.

Facts lie shortly before and after it, on local midnights and a second beside them, near the days on which the clocks
of the shop's zone change.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from segment_core.evaluator import compile_query
from segment_core.facts.customer import (
    Address,
    Checkout,
    Customer,
    Event,
    Metafield,
    Order,
    OrderLine,
    Refund,
    StoreCreditAccount,
)
from segment_core.language import parse
from segment_core.record import record, replace
from segment_core.shop import OrderPolicy, Shop

from .draws import FIRST, ZONES, anchors, near, number, pick, rarely, several


@record
class Scene:
    """A customer of a shop at an instant."""

    shop: Shop
    at: datetime
    customer: Customer

    @property
    def today(self) -> date:
        """What a calendar on the wall of the shop shows."""
        return self.at.astimezone(self.shop.zone).date()


AMOUNTS = [Decimal(text) for text in ("0", "0.10", "0.20", "10.00", "10.99", "49.99", "50", "100.00", "1234.56")]
PRODUCTS = ("11", "12", "13")
POINTS = ((Decimal("40.7128"), Decimal("-74.0060")), (Decimal("-16.5"), Decimal("179.99")), (Decimal(90), Decimal(0)))
SEGMENTS = {
    name: compile_query(parse(query))
    for name, query in {
        "recent": "last_order_date >= -30d",
        "seldom": "orders_placed MATCHES (date > -90d, count <= 1) AND NOT in_segment('staff')",
        "either": "in_segment('recent') OR in_segment('seldom') AND NOT in_segment('recent')",
        "deep": "NOT in_segment('either') OR in_segment('seldom') AND number_of_orders > 1",
        "deeper": "in_segment('deep') AND NOT (in_segment('recent') AND in_segment('either'))",
        "deepest": "NOT in_segment('deeper') OR in_segment('nowhere') OR customer_tags CONTAINS 'vip'",
    }.items()
}
USUAL_EVENTS = ("shopify_email.opened", "shopify_email.clicked", "storefront.product_viewed")
EVENTS = (
    *USUAL_EVENTS,
    "shopify_email.bounced",
    "shopify_email.delivered",
    "shopify_email.marked_as_spam",
    "shopify_email.unsubscribed",
    "storefront.collection_viewed",
)
SCORES = (5, 7.5, "7.5", 0, True, False, [5, 9], ["a", 7.5], "2024-02-29", "2024-03-01T05:00:00+00:00", "gold")
LINE_PARTS: tuple[dict[str, Any], ...] = (
    {"variant_id": "21", "sku": "S-1"},
    {"variant_id": "22", "vendor": "V"},
    {"sku": "s-1", "product_type": "T"},
)
TAGS = ("sale", "Sale", "VIP", "vip", "new", "Größe", "GRO\u0308SSE", "Cafe\u0301")


def happened(draw: st.DrawFn, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a fact happened: days, months or years before `at`, exactly then, soon after; or not known."""
    if rarely(draw):
        return pick(draw, (None, at))
    distance = pick(draw, (0, 0, 0, -7, -30, -60, -90, -180, -365, 20))
    return near(draw, at + timedelta(days=distance), zone, days=4)


def order(draw: st.DrawFn, at: datetime, zone: ZoneInfo) -> Order:
    """An order, at times test, cancelled, refunded, in another currency or half known."""
    return Order(
        id="1",
        created_at=happened(draw, at, zone),
        updated_at=happened(draw, at, zone),
        total=None if rarely(draw) else pick(draw, AMOUNTS),
        currency=pick(draw, (None, None, "USD", "EUR")),
        cancelled_at=happened(draw, at, zone) if number(draw, 0, 2) == 2 else None,
        test=rarely(draw),
        app_id=pick(draw, (None, "1", "2")),
        location_id=pick(draw, (None, "7", "8")),
        channel=pick(draw, (None, "web", "pos")),
        checkout_id=pick(draw, (None, None, "1")),
        tags=several(draw, 2, lambda: pick(draw, TAGS)) if rarely(draw) else (),
        discount_codes=pick(draw, ((), (), ("WELCOME10",), ("welcome10", "Summer"))),
        refunds=several(draw, 2, lambda: Refund("1", happened(draw, at, zone), pick(draw, AMOUNTS))),
        lines=several(draw, 2, lambda: line(draw)),
    )


def line(draw: st.DrawFn) -> OrderLine:
    """A line of an order."""
    return OrderLine(
        product_id=pick(draw, (None, *PRODUCTS)),
        quantity=number(draw, 0, 3),
        category=pick(draw, (None, "aa-1", "aa-2")),
        tags=several(draw, 2, lambda: pick(draw, TAGS)),
        **(pick(draw, LINE_PARTS) if rarely(draw) or rarely(draw) else {}),
    )


def address(draw: st.DrawFn) -> Address:
    """An address of which parts may be missing."""
    return Address(
        country=pick(draw, (None, "US", "SG", "NO")),
        region=pick(draw, (None, "NY", "03")),
        city=pick(draw, (None, "New York City", "Singapore", "Oslo")),
        latitude=Decimal(number(draw, -1, 1)) / 100 + pick(draw, POINTS)[0] if number(draw, 0, 3) else None,
        longitude=pick(draw, POINTS)[1] if number(draw, 0, 3) else None,
    )


def event(draw: st.DrawFn, at: datetime, zone: ZoneInfo) -> Event:
    """Something that happened to an e-mail or that was looked at; its properties may be missing or odd."""
    properties: dict[str, object] = {
        "activity_id": pick(draw, (None, "99", 99, "98", True)),
        "id": pick(draw, (None, *PRODUCTS, 11)),
        "tag": pick(draw, (None, "sale", ["VIP", "new"], ["Sale", 7], 7)),
    }
    if rarely(draw) or rarely(draw):
        properties["score"] = pick(draw, SCORES)
        # Names that parameters have too.
        properties["date"] = pick(draw, ("2024-02-29", "today", 7.5))
        properties["count"] = pick(draw, (5, "5", "many"))
    present = {name: value for name, value in properties.items() if value is not None}
    type_ = pick(draw, EVENTS if rarely(draw) else USUAL_EVENTS)
    return Event("1", type_, happened(draw, at, zone) or at, present)


def some_day(draw: st.DrawFn, at: datetime, zone: ZoneInfo, years: tuple[int, ...]) -> date:
    """A day near this one, in another year; or a 29 February."""
    if rarely(draw) or rarely(draw):
        return date(1996, 2, 29)
    day = near(draw, at, zone, days=pick(draw, (3, 40, 99))).astimezone(zone).date()
    year = day.year - pick(draw, years)
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def account(draw: st.DrawFn, at: datetime, zone: ZoneInfo) -> StoreCreditAccount:
    """Store credit of which anything may be unknown, and that may expire soon or have been given tomorrow."""
    return StoreCreditAccount(
        id="1",
        currency=pick(draw, (None, "USD", "EUR")),
        balance=pick(draw, (None, *AMOUNTS)),
        next_expiry_date=pick(draw, (None, some_day(draw, at, zone, (0,)))),
        last_credit_date=pick(draw, (None, some_day(draw, at, zone, (0, 0, 1)))),
    )


def metafields(draw: st.DrawFn, at: datetime, zone: ZoneInfo) -> dict[str, Metafield]:
    """Metafields of all types, some with values that are not of their type."""
    birthday = some_day(draw, at, zone, (0, 1, 4, 30)).isoformat()
    renewal = near(draw, at + timedelta(days=pick(draw, (0, -30, 30))), zone, days=9)
    kinds: dict[str, tuple[Metafield, ...]] = {
        "facts.birth_date": (Metafield("date", birthday), Metafield("date", "someday"), Metafield("json", birthday)),
        "custom.renewal": (
            Metafield("date_time", renewal.isoformat()),
            Metafield("date_time", renewal.replace(tzinfo=None).isoformat()),
            Metafield("date", renewal.date().isoformat()),
        ),
        "custom.points": (
            Metafield("number_integer", number(draw, 0, 4)),
            Metafield("number_decimal", str(pick(draw, AMOUNTS))),
            Metafield("single_line_text_field", "2"),
            Metafield("number_integer", None),
        ),
        "custom.size": (
            Metafield("single_line_text_field", pick(draw, ("XL", "xl", "", "2024-02-29"))),
            Metafield("boolean", "true"),
        ),
        "custom.vip": (Metafield("boolean", True), Metafield("boolean", "false"), Metafield("boolean", "yes")),
        "custom.sizes": (
            Metafield("list.single_line_text_field", ["XL", "2"]),
            Metafield("list.single_line_text_field", '["xl"]'),
            Metafield("list.single_line_text_field", []),
            Metafield("list.number_integer", "[2, 3]"),
            Metafield("list.number_decimal", ["2.0"]),
        ),
    }
    return {name: pick(draw, values) for name, values in kinds.items() if not rarely(draw)}


def profile(draw: st.DrawFn) -> Customer:
    """What is known of a customer apart from what happened."""
    return Customer(
        id="1",
        email=pick(draw, (None, "", "a@Example.com", "b@example.org", "nobody", "c@")),
        locale=pick(draw, (None, "en", "en-US", "enm", "nb-NO")),
        state=pick(draw, (None, "ENABLED", "DISABLED")),
        tags=several(draw, 2, lambda: pick(draw, TAGS)),
        created_by_app_id=pick(draw, (None, "1", "2")),
        companies=several(draw, 2, lambda: pick(draw, ("55", "56"))),
        email_marketing_consent=pick(draw, (None, "SUBSCRIBED", "PENDING")),
        sms_marketing_consent=pick(draw, (None, "SUBSCRIBED", "PENDING")),
        product_subscription_status=pick(draw, (None, "SUBSCRIBED", "PAUSED")),
        addresses=several(draw, 2, lambda: address(draw)),
        scores=pick(draw, ({}, {"rfm_group": "LOYAL"}, {"rfm_group": "NEW", "predicted_spend_tier": "HIGH"})),
    )


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A shop, an instant, more often than not near a change of clocks, and a customer with facts around it."""
    policy = pick(draw, (OrderPolicy(), OrderPolicy(), OrderPolicy(True, False, 1), OrderPolicy(False, True, 1440)))
    shop = Shop(ZoneInfo(pick(draw, ZONES)), "USD", policy, SEGMENTS)
    days = anchors(shop.zone)
    anchor = FIRST + timedelta(days=31 * number(draw, 0, 199)) if rarely(draw) else pick(draw, days)
    at = near(draw, anchor, shop.zone, days=3)

    def when() -> datetime | None:
        return happened(draw, at, shop.zone)

    customer = replace(
        # Most queries ask for what happened: a profile that is empty saves many draws.
        profile(draw) if rarely(draw) or rarely(draw) else Customer("1"),
        created_at=when(),
        orders=several(draw, 5, lambda: order(draw, at, shop.zone)),
        checkouts=several(draw, 2, lambda: Checkout(pick(draw, ("1", "2")), when(), when() if rarely(draw) else None)),
    )
    return Scene(shop, at, _with_more(draw, customer, at, shop.zone))


def _with_more(draw: st.DrawFn, customer: Customer, at: datetime, zone: ZoneInfo) -> Customer:
    """The customer with one more kind of facts, or none: all kinds at once would cost many draws."""
    match number(draw, 0, 7):
        case 0:
            return replace(customer, events=several(draw, 4, lambda: event(draw, at, zone)))
        case 1:
            return replace(customer, store_credit_accounts=several(draw, 2, lambda: account(draw, at, zone)))
        case 2 | 3:
            return replace(customer, metafields=metafields(draw, at, zone))
        case 4:
            return replace(customer, addresses=several(draw, 2, lambda: address(draw)))
    return customer
