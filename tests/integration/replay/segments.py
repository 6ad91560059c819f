"""The replay's segments: each query beside the SQL condition that says the same, written by hand.

The SQL stands in HAVING, over one customer `c` joined with the orders `o` that are known and not
later than `:at`. `{-30d}` is the start of the local day that is 30 dates before today, `{-30d+}` the
start of the day after it; `{1997-02-01}` is the start of that date. Money is in cents.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """`late` ones are created in the middle of the history, over customers who are already there."""

    name: str
    query: str
    having: str
    late: bool = False


SEGMENTS = (
    Segment(
        "recent repeat purchasers",
        "last_order_date > -30d AND number_of_orders >= 2",
        "MAX(o.at) >= {-30d+} AND COUNT(o.id) >= 2",
    ),
    Segment(
        "no order for 60 days",
        "number_of_orders >= 2 AND orders_placed NOT MATCHES (date >= -60d)",
        "COUNT(o.id) >= 2 AND TOTAL(o.at >= {-60d}) = 0",
    ),
    Segment(
        "three orders in 90 days",
        "orders_placed MATCHES (date >= -90d, count >= 3)",
        "TOTAL(o.at >= {-90d}) >= 3",
    ),
    Segment(
        "exactly once in 90 days, 50 spent",
        "orders_placed MATCHES (date >= -90d, count = 1) AND amount_spent >= 50",
        "TOTAL(o.at >= {-90d}) = 1 AND TOTAL(o.cents) >= 5000",
    ),
    Segment(
        "100 spent in 6 months",
        "orders_placed MATCHES (date >= -6m, sum_amount >= 100)",
        "TOTAL((o.at >= {-6m}) * o.cents) >= 10000",
    ),
    Segment(
        "high lifetime spend",
        "amount_spent >= 200",
        "TOTAL(o.cents) >= 20000",
    ),
    Segment(
        "one-timers who went quiet",
        "number_of_orders = 1 AND last_order_date < -8w",
        "COUNT(o.id) = 1 AND MAX(o.at) < {-8w}",
    ),
    Segment(
        "never ordered",
        "number_of_orders = 0",
        "COUNT(o.id) = 0",
    ),
    Segment(
        "added lately, nothing bought",
        "customer_added_date > -2w AND number_of_orders = 0",
        "c.created_at >= {-2w+} AND COUNT(o.id) = 0",
    ),
    Segment(
        "big spenders or fresh ones",
        "amount_spent > 500 OR orders_placed MATCHES (date >= -7d, amount >= 50)",
        "TOTAL(o.cents) > 50000 OR TOTAL(o.at >= {-7d} AND o.cents >= 5000) > 0",
    ),
    Segment(
        "neither new nor regular",
        "NOT (first_order_date >= -3m OR number_of_orders >= 4)",
        "NOT (COALESCE(MIN(o.at) >= {-3m}, 0) OR COUNT(o.id) >= 4)",
        late=True,
    ),
    Segment(
        "five discs between 1 and 5 months ago",
        "products_purchased MATCHES (date BETWEEN -5m AND -1m, sum_quantity >= 5)",
        "TOTAL((o.at >= {-5m} AND o.at < {-1m+}) * o.quantity) >= 5",
    ),
    Segment(
        "first bought in February, one free order or two dates",
        "first_order_date BETWEEN 1997-02-01 AND 1997-02-28 AND (orders_placed MATCHES (amount = 0)"
        " OR last_order_date >= 1997-03-30T16:00:00)",
        "MIN(o.at) >= {1997-02-01} AND MIN(o.at) < {1997-03-01}"
        " AND (TOTAL(o.cents = 0) > 0 OR MAX(o.at) >= {1997-03-30T16:00:00})",
    ),
)

_BY_NAME = {segment.name: segment for segment in SEGMENTS}

FEW = (
    Segment(
        "recent purchasers",
        "last_order_date > -30d",
        "MAX(o.at) >= {-30d+}",
    ),
    Segment(
        "last order 4 to 12 weeks ago",
        "last_order_date BETWEEN -12w AND -4w",
        "MAX(o.at) >= {-12w} AND MAX(o.at) < {-4w+}",
    ),
    Segment(
        "at most one order in 90 days",
        "orders_placed MATCHES (date >= -90d, count <= 1) AND number_of_orders >= 1",
        "TOTAL(o.at >= {-90d}) <= 1 AND COUNT(o.id) >= 1",
        # In it from the first moment are most who bought until then: that is where events of a definition come from.
        late=True,
    ),
    Segment(
        "large order yesterday",
        "orders_placed MATCHES (date = yesterday, amount >= 90)",
        "TOTAL(o.at >= {-1d} AND o.at < {-1d+} AND o.cents >= 9000) > 0",
    ),
    _BY_NAME["never ordered"],
    _BY_NAME["neither new nor regular"],
)
"""Six in which few customers move often, for the small replays."""
