"""Random shops, customers and queries, crowded around the instants at which calendars are hardest.

Everything in a scene lies near one instant `at`: facts shortly before and after it, on local midnights and a second
beside them, near the days on which the clocks of the shop's zone change; queries ask for dates at such distances.

Parts are plain functions of `draw`: strategies made anew for every example would cost most of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from segment_core.facts.customer import Address, Checkout, Customer, Order, OrderLine, Refund
from segment_core.language import ast
from segment_core.shop import OrderPolicy, Shop

ZONES = (
    "UTC",
    "Europe/Oslo",
    "America/New_York",
    "America/Santiago",  # no midnight on a day in September
    "Africa/Cairo",  # no midnight on a day in April, since 2023
    "America/Havana",  # no midnight in March, two in November
    "Asia/Beirut",  # no midnight in March
    "America/Sao_Paulo",  # no midnight in October, until 2018
    "America/St_Johns",  # clocks changed at 00:01, until 2011
    "Pacific/Apia",  # no 2011-12-30
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Pacific/Kiritimati",
)
T = TypeVar("T")
FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scene:
    """A customer of a shop at an instant."""

    shop: Shop
    at: datetime
    customer: Customer

    @property
    def today(self) -> date:
        """What a calendar on the wall of the shop shows."""
        return self.at.astimezone(self.shop.zone).date()


_CHOICES = [st.integers(0, last) for last in range(200)]


@lru_cache
def anchors(zone: ZoneInfo) -> Sequence[datetime]:
    """Noons (UTC) of days between FIRST and LAST at which calendars are hard: changes of clocks, ends of months."""
    days = [FIRST + timedelta(hours=12, days=day) for day in range((LAST - FIRST).days)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    changes = [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]
    ends = [day for day in days if day.year in (2024, 2026) and (day + timedelta(days=3)).month != day.month]
    return [*changes, *changes, *ends]


def pick(draw: st.DrawFn, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[draw(_CHOICES[len(choices) - 1])]


def number(draw: st.DrawFn, low: int, high: int) -> int:
    """An integer between the two, both included."""
    return low + draw(_CHOICES[high - low])


def rarely(draw: st.DrawFn) -> bool:
    """True about once in eight."""
    return number(draw, 0, 7) == 7


def several(draw: st.DrawFn, most: int, one: Callable[[], T]) -> tuple[T, ...]:
    """Up to `most` of what `one` makes."""
    return tuple(one() for _ in range(number(draw, 0, most)))


def near(draw: st.DrawFn, instant: datetime, zone: ZoneInfo, days: int) -> datetime:
    """An instant at most about `days` away, often on a local midnight or a little beside it."""
    moved = instant + timedelta(days=number(draw, -days, days))
    if rarely(draw) or rarely(draw):
        return moved
    if rarely(draw) or rarely(draw):
        return moved + timedelta(seconds=number(draw, 0, 99) * 871, milliseconds=pick(draw, (0, 1, 999)))
    midnight = datetime.combine(moved.astimezone(zone).date(), datetime.min.time(), zone)
    return midnight.astimezone(UTC) + timedelta(seconds=pick(draw, (0, -1, 1, -60, 60, -3600, 3600)))


# Facts

AMOUNTS = [Decimal(text) for text in ("0", "0.10", "0.20", "10.00", "10.99", "49.99", "50", "100.00", "1234.56")]
PRODUCTS = ("11", "12", "13")
TAGS = ("sale", "Sale", "VIP", "vip", "new")


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
    )


def address(draw: st.DrawFn) -> Address:
    """An address of which parts may be missing."""
    return Address(
        country=pick(draw, (None, "US", "SG", "NO")),
        region=pick(draw, (None, "NY", "03")),
        city=pick(draw, (None, "New York City", "Singapore", "Oslo")),
    )


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
    policy = pick(draw, (OrderPolicy(), OrderPolicy(), OrderPolicy(True, False), OrderPolicy(False, True)))
    shop = Shop(ZoneInfo(pick(draw, ZONES)), "USD", policy)
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
        checkouts=several(draw, 2, lambda: Checkout("1", when(), when() if rarely(draw) else None)),
    )
    return Scene(shop, at, customer)


# Queries

DATE_ATTRIBUTES = (
    "last_order_date",
    "last_order_date",
    "first_order_date",
    "customer_added_date",
    "abandoned_checkout_date",
)
TEXT_ATTRIBUTES = {
    "customer_email_domain": ("example.com", "example.org"),
    "customer_language": ("en", "en-US", "nb"),
    "customer_account_status": ("ENABLED", "DISABLED"),
    "created_by_app_id": ("1", "2"),
    "email_subscription_status": ("SUBSCRIBED", "PENDING"),
    "sms_subscription_status": ("SUBSCRIBED", "PENDING"),
    "product_subscription_status": ("SUBSCRIBED", "PAUSED"),
    "rfm_group": ("LOYAL", "NEW"),
    "predicted_spend_tier": ("HIGH", "LOW"),
}
LIST_ATTRIBUTES = {
    "customer_tags": ("vip", "sale", "new"),
    "customer_countries": ("US", "SG"),
    "customer_regions": ("US-NY", "NO-03"),
    "customer_cities": ("US-NY-NewYorkCity", "SG-Singapore", "NO-03-Oslo"),
    "companies": ("55", "56"),
}
COMPARISONS: Sequence[ast.ComparisonOperator] = ("=", "!=", ">", ">=", "<", "<=")
ORDERED: Sequence[ast.ParameterOperator] = (*COMPARISONS, "BETWEEN")
IDS: Sequence[ast.ParameterOperator] = ("=", "!=", "IN", "NOT IN")
SAME: Sequence[ast.ParameterOperator] = ("=", "!=")
OFFSETS: Sequence[tuple[ast.OffsetUnit, int]] = (("d", 8), ("d", 95), ("w", 6), ("m", 13), ("y", 1))

PARAMETERS: dict[str, dict[str, tuple[Sequence[ast.ParameterOperator], Sequence[ast.Value] | None]]] = {
    # Each with its operators and values; dates are made for the scene.
    "orders_placed": {
        "date": (ORDERED, None),
        "amount": (ORDERED, [ast.Number(amount) for amount in AMOUNTS]),
        "location_id": (IDS, [ast.Text("7"), ast.Text("8")]),
        "app_id": (IDS, [ast.Text("1"), ast.Text("2")]),
        "count": (ORDERED, [ast.Number(Decimal(count)) for count in range(5)]),
        "sum_amount": (ORDERED, [ast.Number(amount) for amount in (*AMOUNTS, Decimal("60.99"), Decimal("150"))]),
    },
    "products_purchased": {
        "date": (ORDERED, None),
        "id": (IDS, [ast.Text(product) for product in PRODUCTS]),
        "tag": (SAME, [ast.Text("sale"), ast.Text("VIP")]),
        "category": (SAME, [ast.Text("aa-1"), ast.Text("aa-2")]),
        "quantity": (ORDERED, [ast.Number(Decimal(units)) for units in range(4)]),
        "count": (ORDERED, [ast.Number(Decimal(count)) for count in range(4)]),
        "sum_quantity": (ORDERED, [ast.Number(Decimal(units)) for units in range(7)]),
    },
}


def date_expression(draw: st.DrawFn, today: date) -> ast.DateExpression:
    """An expression that means a date around which facts of the scene lie."""
    kind = number(draw, 0, 7)
    if kind == 0:
        return ast.Day(today + timedelta(days=number(draw, -40, 25)))
    if kind == 1:
        second = pick(draw, (0, 1, 60, 3599, 3600, 7200, 86_399))
        return ast.Moment(datetime(today.year, today.month, today.day) + timedelta(number(draw, -5, 5), second))
    if kind == 2:
        return pick(draw, (ast.Named("today"), ast.Named("yesterday")))
    unit, most = pick(draw, OFFSETS)
    return ast.Offset(number(draw, -most, 3), unit)


def parameter(draw: st.DrawFn, today: date, function: str, name: str) -> ast.Parameter:
    """A parameter of the function with any of its operators."""
    operators, values = PARAMETERS[function][name]
    operator = pick(draw, operators)
    count = {"BETWEEN": 2, "IN": number(draw, 1, 2), "NOT IN": number(draw, 1, 2)}.get(operator, 1)
    return ast.Parameter(
        name,
        operator,
        tuple(pick(draw, values) if values else date_expression(draw, today) for _ in range(count)),
    )


def matches(draw: st.DrawFn, today: date) -> ast.Matches:
    """A MATCHES, with a date more often than not."""
    function = pick(draw, tuple(PARAMETERS))
    names = {"date"} if number(draw, 0, 2) else set()
    names.update(several(draw, 2, lambda: pick(draw, tuple(PARAMETERS[function]))))
    parameters = tuple(parameter(draw, today, function, name) for name in PARAMETERS[function] if name in names)
    return ast.Matches(function, parameters, rarely(draw))


def clause(draw: st.DrawFn, today: date) -> ast.Clause:
    """Any single clause, with dates around today."""
    match pick(draw, ("matches", "matches", "matches", "date", "date", "between", "number", "text", "list", "null")):
        case "matches":
            return matches(draw, today)
        case "date":
            return ast.Comparison(pick(draw, DATE_ATTRIBUTES), pick(draw, COMPARISONS), date_expression(draw, today))
        case "between":
            return ast.Between(pick(draw, DATE_ATTRIBUTES), date_expression(draw, today), date_expression(draw, today))
        case "number":
            count = ast.Comparison("number_of_orders", pick(draw, COMPARISONS), ast.Number(Decimal(number(draw, 0, 4))))
            low, high = ast.Number(pick(draw, AMOUNTS)), ast.Number(pick(draw, AMOUNTS))
            spent = ast.Comparison("amount_spent", pick(draw, COMPARISONS), low)
            numbers: Sequence[ast.Clause] = (count, spent, ast.Between("amount_spent", low, high))
            return pick(draw, numbers)
        case "text":
            name = pick(draw, tuple(TEXT_ATTRIBUTES))
            return ast.Comparison(name, pick(draw, ("=", "!=")), ast.Text(pick(draw, TEXT_ATTRIBUTES[name])))
        case "list":
            name = pick(draw, tuple(LIST_ATTRIBUTES))
            return ast.Contains(name, ast.Text(pick(draw, LIST_ATTRIBUTES[name])), rarely(draw))
        case _:
            return ast.IsNull(pick(draw, (*DATE_ATTRIBUTES, *LIST_ATTRIBUTES, "customer_email_domain")), rarely(draw))


def query(draw: st.DrawFn, today: date, depth: int = 2) -> ast.Query:
    """A clause, or clauses under AND, OR and NOT."""
    kind = number(draw, 0, 5) if depth else 0
    if kind <= 1:
        return clause(draw, today)
    if kind == 5:
        return ast.Not(query(draw, today, depth - 1))
    children = tuple(query(draw, today, depth - 1) for _ in range(number(draw, 2, 3)))
    return ast.And(children) if kind <= 3 else ast.Or(children)


@st.composite
def clauses(draw: st.DrawFn, scene: Scene) -> ast.Clause:
    """Any single clause about the scene."""
    return clause(draw, scene.today)


@st.composite
def queries(draw: st.DrawFn, scene: Scene) -> ast.Query:
    """Any query about the scene."""
    return query(draw, scene.today)
