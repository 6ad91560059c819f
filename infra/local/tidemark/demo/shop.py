"""The customers of the demo shop: two years of orders, the same on every machine.

Each customer is drawn from a generator seeded with the customer's own number, so the first 300 of 2,000
are the same people as a shop of 300. The model is the usual one for shops without contracts: everybody
buys at an own rate, lapses for good with an own probability after each order, and buys more in autumn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from segment_core.instants import iso
from segment_core.zones import zone
from tidemark.demo import catalogue

Document = dict[str, Any]

SHOP = "demo"
ZONE = zone("America/New_York")
CURRENCY = "USD"

# The story begins here. A month later New York has moved its clocks: midnight is 05:00Z, then 04:00Z.
OPENING = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HISTORY_DAYS = 730

# The two customers whose story is told; the others are numbered on from them.
BUYER = "1001"
TAGGED = "1002"
_FIRST_ID = 1001
_SEED = "tidemark demo shop"

_CENT = Decimal("0.01")
_NEVER_BUYS = 0.18
_REFUND_SHARE = 0.06
_CANCELLED_SHARE = 0.015
_DISCOUNT_SHARE = 0.15
_VIP_SPEND = Decimal(800)


def customers(count: int) -> Iterator[Document]:
    """`count` customer documents as of `OPENING`, in the order of their numbers."""
    told = (_buyer, _tagged)
    for n in range(count):
        yield told[n]() if n < len(told) else _drawn(_FIRST_ID + n)


def _buyer() -> Document:
    """Bought once, last summer, and may be mailed: one-timer, lapsed, to be won back."""
    document = _person(Random(_SEED), BUYER, "Rowan", "Example", datetime(2025, 7, 14, 18, 20, tzinfo=UTC))
    document["email_marketing_consent"] = "SUBSCRIBED"
    document["orders"] = [_plain_order(f"{BUYER}001", datetime(2025, 7, 14, 18, 31, tzinfo=UTC), "84.00")]
    return document


def _tagged() -> Document:
    """A regular with the tag `vip` and consent."""
    document = _person(Random(_SEED), TAGGED, "Maple", "Sample", datetime(2024, 5, 6, 14, 0, tzinfo=UTC))
    document["email_marketing_consent"] = "SUBSCRIBED"
    document["tags"] = ["vip"]
    document["orders"] = [
        _plain_order(f"{TAGGED}001", datetime(2024, 5, 6, 14, 9, tzinfo=UTC), "312.50"),
        _plain_order(f"{TAGGED}002", datetime(2025, 11, 28, 2, 40, tzinfo=UTC), "548.00"),
    ]
    return document


def _plain_order(order_id: str, at: datetime, total: str) -> Document:
    return {
        "id": order_id, "created_at": iso(at), "updated_at": iso(at), "total": total, "currency": CURRENCY,
        "cancelled_at": None, "test": False, "channel": "web", "tags": [], "discount_codes": [], "refunds": [],
        "lines": [_line(catalogue.PRODUCTS[4], 2)],
    }  # fmt: skip


@dataclass(frozen=True)
class _Habit:
    """How one customer buys. `rate` is orders a year; `basket` the mean of the logarithm of a basket."""

    rate: float
    lapse: float
    basket: float


def _drawn(number: int) -> Document:
    """One customer whose facts depend on nothing but the number."""
    draw = Random(f"{_SEED} {number}")
    # The shop grows: more customers signed up lately than two years ago.
    days = HISTORY_DAYS * draw.random() ** 1.3
    signed_up = (OPENING - timedelta(days=days)).replace(microsecond=0)
    first, last = draw.choice(catalogue.FIRST_NAMES), draw.choice(catalogue.LAST_NAMES)
    document = _person(draw, str(number), first, last, signed_up)
    habit = _Habit(
        rate=min(max(draw.gammavariate(1.1, 3.4), 0.3), 30.0),
        lapse=draw.betavariate(1.2, 5.0),
        basket=draw.gauss(3.9, 0.5),
    )
    buys = draw.random() >= _NEVER_BUYS
    placed = _order_instants(draw, habit, signed_up) if buys else []
    document["orders"] = [_order(draw, habit, f"{number}{k:03}", at) for k, at in enumerate(placed, 1)]
    spent = sum((Decimal(order["total"]) for order in document["orders"]), Decimal(0))
    if spent >= _VIP_SPEND:
        document["tags"].append("vip")
    return document


def _person(draw: Random, customer_id: str, first: str, last: str, signed_up: datetime) -> Document:
    (place,) = draw.choices(catalogue.PLACES, [place.weight for place in catalogue.PLACES])
    (consent,) = draw.choices(list(catalogue.CONSENT_WEIGHTS), list(catalogue.CONSENT_WEIGHTS.values()))
    return {
        "id": customer_id,
        "as_of": iso(OPENING),
        "created_at": iso(signed_up),
        "email": f"customer-{customer_id}@example.com",
        "first_name": first,
        "last_name": last,
        "locale": place.locale,
        "state": draw.choice(("ENABLED", "ENABLED", "DISABLED", "INVITED")),
        "tags": [tag for tag, share in catalogue.TAG_WEIGHTS.items() if draw.random() < share],
        "email_marketing_consent": consent,
        "sms_marketing_consent": draw.choice(("SUBSCRIBED", "NOT_SUBSCRIBED", "NOT_SUBSCRIBED", "NOT_SUBSCRIBED")),
        "addresses": [
            {
                "country": place.country, "region": place.region, "city": place.city,
                "latitude": float(place.latitude), "longitude": float(place.longitude),
            }
        ],
        "orders": [],
    }  # fmt: skip


def _order_instants(draw: Random, habit: _Habit, signed_up: datetime) -> list[datetime]:
    """When the customer orders: first soon after signing up, then at the own rate, thinned by the season."""
    peak = max(catalogue.MONTH_WEIGHTS)
    wait = draw.expovariate(1 / 0.02) if draw.random() < 0.8 else draw.expovariate(1 / 6)
    at = (signed_up + timedelta(days=wait)).replace(microsecond=0)
    placed = []
    while at < OPENING:
        placed.append(at)
        if draw.random() < habit.lapse:
            break
        day = at
        accepted = False
        while not accepted:
            day += timedelta(days=draw.expovariate(habit.rate * peak / 365))
            accepted = draw.random() < catalogue.MONTH_WEIGHTS[day.month - 1] / peak
        at = max(_hour_of_day(draw, day.astimezone(ZONE).date()), at + timedelta(minutes=1))
    return placed


def _hour_of_day(draw: Random, local_date: date) -> datetime:
    (hour,) = draw.choices(range(24), catalogue.HOUR_WEIGHTS)
    local = datetime.combine(local_date, time(hour, draw.randrange(60), draw.randrange(60)), ZONE)
    return local.astimezone(UTC)


def _order(draw: Random, habit: _Habit, order_id: str, at: datetime) -> Document:
    paid = max(Decimal(draw.lognormvariate(habit.basket, 0.45)), Decimal(5)).quantize(_CENT)
    refunds = _refunds(draw, order_id, at, paid)
    kept = paid - sum((Decimal(refund["amount"]) for refund in refunds), Decimal(0))
    cancelled = at + timedelta(hours=2) if draw.random() < _CANCELLED_SHARE else None
    changed = [at, *([cancelled] if cancelled else []), *(datetime.fromisoformat(r["created_at"]) for r in refunds)]
    return {
        "id": order_id,
        "created_at": iso(at),
        "updated_at": iso(min(max(changed), OPENING)),
        "total": str(kept),
        "currency": CURRENCY,
        "cancelled_at": iso(cancelled) if cancelled and cancelled < OPENING else None,
        "test": False,
        "channel": draw.choice(("web", "web", "web", "pos")),
        "tags": [],
        "discount_codes": [draw.choice(catalogue.DISCOUNT_CODES)] if draw.random() < _DISCOUNT_SHARE else [],
        "refunds": refunds,
        "lines": _lines(draw, paid),
    }


def _refunds(draw: Random, order_id: str, at: datetime, paid: Decimal) -> list[Document]:
    """Mostly none; else one of the whole or a part, some days after the order."""
    back_at = (at + timedelta(days=draw.uniform(2, 20))).replace(microsecond=0)
    if draw.random() >= _REFUND_SHARE or back_at >= OPENING:
        return []
    share = Decimal(draw.choice(("1", "0.5", "0.25")))
    return [{"id": f"{order_id}-r", "created_at": iso(back_at), "amount": str((paid * share).quantize(_CENT))}]


def _lines(draw: Random, paid: Decimal) -> list[Document]:
    """Different products, the more the larger the basket."""
    wanted = 1 + int(paid > 40) + int(paid > 90)
    chosen = draw.choices(catalogue.PRODUCTS, [product.weight for product in catalogue.PRODUCTS], k=wanted)
    return [_line(product, draw.choice((1, 1, 1, 2))) for product in dict.fromkeys(chosen)]


def _line(product: catalogue.Product, quantity: int) -> Document:
    return {
        "product_id": product.id, "variant_id": product.variant_id, "sku": product.sku, "quantity": quantity,
        "vendor": product.vendor, "product_type": product.product_type, "category": product.category,
        "tags": list(product.tags),
    }  # fmt: skip
