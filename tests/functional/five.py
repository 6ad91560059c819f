"""Five customers on the first of March: whom they are, and when it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


def customer(number: int, *orders: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A customer with orders given by date and total."""
    return {
        "id": f"c{number:02d}",
        "as_of": "2026-03-01T00:00:00Z",
        "created_at": "2026-01-01T00:00:00Z",
        "orders": [
            {"id": f"o{number}-{n}", "created_at": f"{day}T10:00:00Z", "total": total, "currency": "EUR"}
            for n, (day, total) in enumerate(orders)
        ],
        **more,
    }


CUSTOMERS = [
    customer(1, ("2026-02-20", "100.00"), ("2026-02-25", "50.00")),
    customer(2, ("2026-02-10", "20.00")),
    customer(3, ("2026-01-05", "500.00"), tags=["vip"]),
    customer(4, tags=["vip", "new"]),
    customer(5, ("2026-02-28", "9.99"), tags=["vip"]),
]
