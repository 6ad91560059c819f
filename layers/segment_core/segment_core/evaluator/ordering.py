"""What members of a segment can be ordered by: values of filters, under the names that the store has for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from segment_core.evaluator.attributes import ATTRIBUTES, DateAttribute, NumberAttribute
from segment_core.evaluator.subject import Subject
from segment_core.facts.customer import Customer
from segment_core.shop import Shop

SortKey = Literal[
    "created_at",
    "first_order_date",
    "last_abandoned_order_date",
    "last_order_date",
    "number_of_orders",
    "amount_spent",
]

SortValue = datetime | Decimal | int | None

FILTERS: Final[Mapping[SortKey, str]] = {
    "created_at": "customer_added_date",
    "first_order_date": "first_order_date",
    "last_abandoned_order_date": "abandoned_checkout_date",
    "last_order_date": "last_order_date",
    "number_of_orders": "number_of_orders",
    "amount_spent": "amount_spent",
}
"""The filter whose value members are ordered by."""


def sort_value(key: SortKey, customer: Customer, shop: Shop, at: datetime) -> SortValue:
    """What the customer is ordered by at the instant; None if there is nothing, like the date of no order."""
    attribute = ATTRIBUTES[FILTERS[key]]
    if not isinstance(attribute, DateAttribute | NumberAttribute):
        raise TypeError(f"values of {FILTERS[key]} have no order")
    return attribute.read(Subject(customer, shop, at)).now


def spent(customer: Customer, shop: Shop, at: datetime) -> Decimal:
    """What the customer spent in the shop's currency, net of refunds; nothing if nothing is known."""
    value = sort_value("amount_spent", customer, shop, at)
    if not isinstance(value, Decimal):
        raise TypeError("what was spent is a sum of money")
    return value
