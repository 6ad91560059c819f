"""What it costs to answer queries about a customer, in units of reading that customer's JSON.

Whoever holds the document has paid for `json.loads` already; the ratio says what the answer adds.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.shop import Shop

from ..integration.replay.segments import SEGMENTS
from .sampling import seconds_per_call

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ORDER_COUNTS = (0, 3, 30)


def measure() -> dict[str, float | str]:
    """Per number of orders: microseconds to evaluate all segments once, and that over `json.loads`."""
    shop = Shop(ZoneInfo("Europe/Oslo"), "USD")
    rules = [compile_query(parse(segment.query)) for segment in SEGMENTS]
    result: dict[str, float | str] = {"queries": len(rules)}
    for orders in ORDER_COUNTS:
        text = json.dumps(_document(orders))
        customer = read_customer(json.loads(text))

        def evaluate_all(customer: Customer = customer) -> None:
            for rule in rules:
                rule.evaluate(customer, shop, AT)

        def load(text: str = text) -> object:
            return json.loads(text)

        def read(text: str = text) -> object:
            return read_customer(json.loads(text))

        loading, evaluating, reading = seconds_per_call(load, evaluate_all, read)
        name = f"with {orders} orders"
        result |= {
            f"{name}: document bytes": len(text),
            f"{name}: json.loads, us": loading * 1e6,
            f"{name}: document to customer / json.loads": reading / loading,
            f"{name}: one query, us": evaluating / len(rules) * 1e6,
            f"{name}: one query / json.loads": evaluating / len(rules) / loading,
            f"{name}: all queries / json.loads": evaluating / loading,
        }
    return result


def _document(orders: int) -> dict[str, object]:
    placed = [AT - timedelta(days=11 * n + 2, hours=n) for n in range(orders)]
    return {
        "id": "8401",
        "as_of": "2026-02-03T00:00:00Z",
        "created_at": "2024-11-03T09:12:00Z",
        "email": "a@example.com",
        "first_name": "A",
        "last_name": "B",
        "state": "ENABLED",
        "tags": ["vip"],
        "orders": [
            {
                "id": str(n),
                "created_at": at.isoformat(),
                "updated_at": at.isoformat(),
                "total": f"{20 + 7 * n % 90}.50",
                "currency": "USD",
                "lines": [{"product_id": "11", "variant_id": "12", "sku": "S-1", "quantity": 1 + n % 3}],
            }
            for n, at in enumerate(placed)
        ],
    }
