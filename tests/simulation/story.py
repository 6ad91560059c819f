"""What stores and merchants do in one run: steps that are drawn at once, so that a failing run can be had with fewer.

A step names customers by number, and orders and segments by their place among those that are there. Where there is
none, nothing is done, so steps do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

SHOPS = ("ash", "birch")
ZONES = ("Europe/Oslo", "America/New_York", "America/Santiago", "Africa/Cairo", "Asia/Kolkata", "Pacific/Apia", "UTC")
CUSTOMERS = (1, 2, 3, 4)
TAGS = ("vip", "new")
# Each near a day on which some of the zones change their clocks, or at the end of a month.
BEGINNINGS = (
    datetime(2026, 3, 7, 20, 10, tzinfo=UTC),
    datetime(2026, 4, 23, 21, 40, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
    datetime(2026, 2, 27, 12, 0, tzinfo=UTC),
    datetime(2026, 9, 5, 3, 58, tzinfo=UTC),
)
QUERIES = (
    "number_of_orders >= 2",
    "amount_spent > 100",
    "last_order_date >= -2d",
    "last_order_date < -3d",
    "last_order_date = today",
    "first_order_date >= -1d AND amount_spent >= 50",
    "customer_added_date >= -1d",
    "orders_placed NOT MATCHES (date >= -2d)",
    "orders_placed MATCHES (date >= -3d, count <= 1)",
    "orders_placed MATCHES (date > -2d, sum_amount >= 90)",
    "orders_placed MATCHES (date >= -1d, amount >= 50) OR customer_tags CONTAINS 'vip'",
    "products_purchased MATCHES (id = '1', date >= -2d)",
    "customer_tags CONTAINS 'vip'",
    "customer_tags NOT CONTAINS 'new' AND number_of_orders = 0",
    "email_subscription_status = 'SUBSCRIBED'",
    "customer_email_domain = 'example.org'",
    "NOT (last_order_date >= -1d) AND number_of_orders > 0",
    "customer_added_date <= -1d",
    "abandoned_checkout_date >= -1d",
    "storefront.product_viewed MATCHES (date >= -1d, count >= 1)",
    "storefront.product_viewed NOT MATCHES (date >= -2d) AND number_of_orders > 0",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does, in a shop; `after` is how many things happen in the cloud before the next step."""

    number: int
    kind: str
    shop: str
    what: Mapping[str, Any]
    after: int

    def __str__(self) -> str:
        what = ", ".join(f"{name}={value}" for name, value in self.what.items())
        return f"{self.number:3} {self.shop:6} {self.kind} {what}".rstrip()


# Without segments and customers, nothing could go wrong.
FIRST = ("makes segment", "buys", "makes segment", "person", "makes segment")

Draw = Callable[[Random], dict[str, Any]]


def _customer(chance: Random) -> dict[str, Any]:
    return {"customer": chance.choice(CUSTOMERS)}


def _one_of(chance: Random) -> dict[str, Any]:
    """Which of those that are there, counted around."""
    return {"which": chance.randrange(12)}


# Kind of step to how often it is drawn, and what is drawn for it.
KINDS: Mapping[str, tuple[float, Draw]] = {
    "person": (
        5,
        lambda r: {
            **_customer(r),
            "domain": r.choice(("example.com", "example.org")),
            "tags": {tag for tag in TAGS if r.random() < 0.4},
            "old_shape": r.random() < 0.5,
        },
    ),
    "buys": (
        10,
        lambda r: {
            **_customer(r),
            # Days ago and minutes; a few are dated ahead.
            "days": r.choice((0, 0, 0, 1, 2, 3, 9)),
            "minutes": r.choice((0, 0, 30, 600, -5)),
            "total": r.choice((40, 50, 60, 120)),
            "test": r.random() < 0.08,
            "again": r.random() < 0.5,
            "guest": r.random() < 0.1,
        },
    ),
    "tag": (3, lambda r: {**_customer(r), "tag": r.choice(TAGS)}),
    "consents": (2, lambda r: {**_customer(r), "state": r.choice(("subscribed", "unsubscribed"))}),
    "edits": (2, lambda r: {**_one_of(r), "total": r.choice((30, 95, 150))}),
    "refunds": (2, lambda r: {**_one_of(r), "with_order": r.random() < 0.5}),
    "cancels": (1.5, _one_of),
    "deletes": (1, _one_of),
    "hands over": (3, lambda r: {**_one_of(r), **_customer(r)}),
    "erases": (1, _customer),
    "redacts": (1, lambda r: {**_customer(r), "lists": r.random() < 0.5}),
    "merges": (
        2,
        lambda r: {
            **_customer(r),
            # Some of them are merged on into somebody else.
            "into": [r.choice(CUSTOMERS) for _ in range(r.choice((1, 2)))],
            "edits": r.random() < 0.5,
            "untags": r.random() < 0.5,
            "deletes": r.random() < 0.5,
        },
    ),
    "imports": (
        1.5,
        lambda r: {"customers": sorted(r.sample(CUSTOMERS, r.randint(1, 3))), "dated": r.random() < 0.7},
    ),
    "makes segment": (5, lambda r: {"query": r.choice(QUERIES), "name": f"segment {r.randrange(100)}"}),
    "edits segment": (2.5, lambda r: {**_one_of(r), "query": r.choice(QUERIES)}),
    "drops segment": (2, _one_of),
    "checks out": (2, _customer),
    "completes": (1, _one_of),
    "looks": (2, lambda r: {**_customer(r), "hours": r.choice((0, 0, 5, 30))}),
    "settings": (1.5, lambda r: {"zone": r.choice(ZONES), "test": r.random() < 0.3, "cancelled": r.random() < 0.3}),
    "time": (
        7,
        lambda r: {"minutes": r.choice((1, 7, 60, 400, 1440, 1450, 3000, 3000, 60_000)), "sweeps": r.random() < 0.7},
    ),
    "sweep": (4, lambda r: {}),
    "reads": (3, _one_of),
    "check": (0.7, lambda r: {}),
}


def drawn(chance: Random, most: int) -> list[Step]:
    """The steps of a run."""
    kinds = [*KINDS]
    weights = [weight for weight, _ in KINDS.values()]
    # Either the store or the merchant says in which zone a shop is: who was last of both is for other tests.
    settings = chance.choice(("settings", "moves"))
    steps = []
    for number in range(chance.randint(most // 2, most)):
        kind = FIRST[number] if number < len(FIRST) else chance.choices(kinds, weights)[0]
        drawn_for = KINDS[kind][1](chance)
        kind = settings if kind == "settings" else kind
        shop = SHOPS[0] if chance.random() < 0.85 else SHOPS[1]
        steps.append(Step(number, kind, shop, drawn_for, chance.choice((0, 1, 4, 12, 30))))
    return steps


def told(steps: Sequence[Step]) -> str:
    """The steps, one on a line."""
    return "\n".join(f"  {step}" for step in steps)
