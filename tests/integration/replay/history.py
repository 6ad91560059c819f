"""Real purchase histories as three shops' webhooks: who tells what, when, and in which shape.

Dates, amounts and quantities are the file's. Times of day are drawn with a fixed seed and lean towards
local midnight and the seconds beside it. The same customer and order ids occur in every shop, so that
a shop that sees another one's data gives wrong answers.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import hmac
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from .days import SECOND, day_start

_CUSTOMER_BASE = 7_100_000_000_000
_ORDER_BASE = 5_200_000_000_000
# One in so many orders: announced by customers/create some days before, delivered twice, in the older shape.
_ANNOUNCED_ONE_IN = 6
_TWICE_ONE_IN = 30
_OLD_SHAPE_ONE_IN = 3


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop of the replay. `customers` limits it to the file's first ones (None: all)."""

    id: str
    zone: ZoneInfo
    customers: int | None = None
    never_ordering: int = 40

    @property
    def domain(self) -> str:
        return f"{self.id}.example.com"

    @property
    def secret(self) -> str:
        return f"signed by {self.id}"


@dataclass(frozen=True, slots=True)
class Order:
    """One order as its shop tells it. `at` is UTC; `old_shape` is that before API version 2025-01."""

    shop: str
    customer: str
    customer_created_at: datetime
    id: str
    at: datetime
    amount: Decimal
    quantity: int
    old_shape: bool = False
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """A customer record that is made without an order."""

    shop: str
    customer: str
    at: datetime
    old_shape: bool = False
    twice: bool = False

    @property
    def customer_created_at(self) -> datetime:
        return self.at


Happening = Order | Registration


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: one order."""

    number: int
    customer: int
    day: date
    quantity: int
    amount: Decimal


def rows(file: Path) -> list[Row]:
    """The orders of the file, in its order."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        return [
            Row(
                number,
                int(line["customer_id"]),
                date.fromisoformat(line["date"]),
                int(line["quantity"]),
                Decimal(line["amount_usd"]),
            )
            for number, line in enumerate(csv.DictReader(text))
        ]


def happenings(shop: Shop, table: Sequence[Row], seed: int = 1997) -> list[Happening]:
    """Everything the shop tells, in the order in which it happened."""
    chance = random.Random(f"{seed} {shop.id}")
    by_customer: dict[int, list[Row]] = {}
    for row in table:
        by_customer.setdefault(row.customer, []).append(row)
    told: list[Happening] = []
    for customer in list(by_customer)[: shop.customers]:
        told.extend(_of_customer(shop, customer, by_customer[customer], chance))
    days = sorted({row.day for row in table})
    for number in range(shop.never_ordering):
        at = instant_of_day(shop.zone, chance.choice(days), chance)
        told.append(Registration(shop.id, str(_CUSTOMER_BASE + 900_000 + number), at, old_shape=chance.random() < 0.5))
    return sorted(told, key=lambda happening: (happening.at, happening.customer))


def _of_customer(shop: Shop, customer: int, table: Sequence[Row], chance: random.Random) -> Iterator[Happening]:
    customer_id = str(_CUSTOMER_BASE + customer)
    placed = sorted(((instant_of_day(shop.zone, row.day, chance), row) for row in table), key=itemgetter(0))
    created_at = placed[0][0]
    if not chance.randrange(_ANNOUNCED_ONE_IN):
        created_at = instant_of_day(shop.zone, table[0].day - timedelta(days=chance.randint(1, 40)), chance)
        yield Registration(shop.id, customer_id, created_at, old_shape=chance.random() < 0.5)
    for at, row in placed:
        yield Order(
            shop.id,
            customer_id,
            created_at,
            str(_ORDER_BASE + row.number),
            at,
            row.amount,
            row.quantity,
            old_shape=not chance.randrange(_OLD_SHAPE_ONE_IN),
            twice=not chance.randrange(_TWICE_ONE_IN),
        )


def instant_of_day(zone: ZoneInfo, day: date, chance: random.Random) -> datetime:
    """An instant of that local day: one time in four its first, second or last second, else any second."""
    start, end = day_start(zone, day), day_start(zone, day + timedelta(days=1))
    edges = (start, start + SECOND, end - SECOND)
    if not chance.randrange(4):
        return chance.choice(edges)
    return start + timedelta(seconds=chance.randrange(int((end - start) / SECOND)))


# Webhooks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery: path, headers and the signed bytes."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def webhook(shop: Shop, happening: Happening) -> Webhook:
    """The happening as the store delivers it, signed with the shop's secret."""
    topic, content = (
        ("orders/create", _order_body(shop, happening))
        if isinstance(happening, Order)
        else ("customers/create", _customer_body(shop, happening, happening.at))
    )
    body = json.dumps(content).encode()
    signature = hmac.digest(shop.secret.encode(), body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": "2024-10" if happening.old_shape else "2025-07",
        "X-Shopify-Webhook-Id": hashlib.blake2b(body, digest_size=16).hexdigest(),
        "X-Shopify-Triggered-At": happening.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z"),
        "X-Shopify-Hmac-Sha256": base64.b64encode(signature).decode(),
    }
    return Webhook(f"/webhooks/{shop.id}", headers, body)


def _customer_body(shop: Shop, happening: Happening, updated_at: datetime) -> dict[str, object]:
    """A customer; the older shape also carries tags, consent and (too old) order numbers."""
    body: dict[str, object] = {
        "id": int(happening.customer),
        "admin_graphql_api_id": f"gid://shopify/Customer/{happening.customer}",
        "email": f"c{happening.customer}@example.com",
        "created_at": _local(shop, happening.customer_created_at),
        "updated_at": _local(shop, updated_at),
        "first_name": "Chris",
        "last_name": "Newton",
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "phone": None,
        "currency": "USD",
        "addresses": [],
        "tax_exemptions": [],
    }
    if happening.old_shape:
        body |= {
            "orders_count": 0,
            "total_spent": "0.00",
            "last_order_id": None,
            "tags": "",
            "email_marketing_consent": None,
            "sms_marketing_consent": None,
        }
    return body


def _order_body(shop: Shop, order: Order) -> dict[str, object]:
    total = f"{order.amount:.2f}"
    money = {"amount": total, "currency_code": "USD"}
    price_set = {"shop_money": money, "presentment_money": money}
    return {
        "id": int(order.id),
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "app_id": 580111,
        "cancelled_at": None,
        "created_at": _local(shop, order.at),
        "updated_at": _local(shop, order.at),
        "processed_at": _local(shop, order.at),
        "currency": "USD",
        "presentment_currency": "USD",
        "current_total_price": total,
        "current_total_price_set": price_set,
        "total_price": total,
        "total_price_set": price_set,
        "financial_status": "paid",
        "discount_codes": [],
        "location_id": None,
        "source_name": "web",
        "tags": "",
        "test": False,
        "customer": _customer_body(shop, order, order.at),
        "line_items": [
            {
                "id": int(order.id) * 10,
                "product_id": 8_300_000_000_000,
                "variant_id": 4_400_000_000_000,
                "sku": "CD-1",
                "title": "Compact disc",
                "vendor": "CDNOW",
                "quantity": order.quantity,
                "current_quantity": order.quantity,
                "price": total,
            }
        ],
        "refunds": [],
        "shipping_lines": [],
    }


def _local(shop: Shop, at: datetime) -> str:
    """The instant as the store writes it: local time with its offset."""
    return at.astimezone(shop.zone).isoformat(timespec="seconds")
