"""The ten segments of the demo shop, in the words of people who send mail to customers.

They are chosen to show what moves a customer: a fact alone, the clock alone (out of a window, into one,
or both ways), and a mixture.
"""

from __future__ import annotations

from typing import NamedTuple


class DemoSegment(NamedTuple):
    """A segment as `POST /segments` takes it."""

    name: str
    query: str


SEGMENTS = (
    DemoSegment("Recent purchasers", "last_order_date >= -30d"),
    DemoSegment("High spenders of the last 6 months", "orders_placed MATCHES (date >= -6m, sum_amount >= 500)"),
    DemoSegment("One-timers", "number_of_orders = 1"),
    DemoSegment("Lapsed customers", "number_of_orders >= 1 AND last_order_date < -4m"),
    DemoSegment("Frequent this quarter", "orders_placed MATCHES (date >= -90d, count >= 3)"),
    DemoSegment("Loyal - at risk", "number_of_orders >= 3 AND last_order_date BETWEEN -150d AND -61d"),
    DemoSegment(
        "Win-back opportunities",
        "number_of_orders >= 1 AND last_order_date < -180d AND email_subscription_status = 'SUBSCRIBED'",
    ),
    DemoSegment("New signups without an order", "number_of_orders = 0 AND customer_added_date >= -60d"),
    DemoSegment(
        "Replenishment due",
        "products_purchased MATCHES (tag = 'consumable', date BETWEEN -35d AND -25d) "
        "AND products_purchased NOT MATCHES (tag = 'consumable', date >= -24d)",
    ),
    DemoSegment("VIP with consent", "customer_tags CONTAINS 'vip' AND email_subscription_status = 'SUBSCRIBED'"),
)
