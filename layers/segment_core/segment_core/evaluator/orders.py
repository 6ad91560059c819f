"""What can be asked of orders and of the products on their lines: a table for each function."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from segment_core.evaluator.things import Elements, OfLine, OfTotals, Things, Value, When, Worth

ORDERS_PLACED: Final = Things(
    rows=attrgetter("orders"),
    unit="orders",
    start=attrgetter("start"),
    end=attrgetter("end"),
    worth=attrgetter("spend"),
    sources={
        "date": When(attrgetter("order.created_at")),
        "amount": Worth(),
        "location_id": Value(attrgetter("order.location_id")),
        "app_id": Value(attrgetter("order.app_id")),
        "channel": Value(attrgetter("order.channel")),
        "currency": Value(attrgetter("currency")),
        "discount_code": Elements(attrgetter("order.discount_codes")),
        "tag": Elements(attrgetter("order.tags")),
        "count": OfTotals(attrgetter("orders"), "orders"),
        "sum_amount": OfTotals(attrgetter("amount"), "money"),
    },
)
PRODUCTS_PURCHASED: Final = Things(
    rows=attrgetter("orders"),
    unit="orders",
    start=attrgetter("start"),
    end=attrgetter("end"),
    lines=attrgetter("order.lines"),
    sources={
        "date": When(attrgetter("order.created_at")),
        "id": OfLine(Value(attrgetter("product_id"))),
        "tag": OfLine(Elements(attrgetter("tags"))),
        "category": OfLine(Value(attrgetter("category"))),
        "variant_id": OfLine(Value(attrgetter("variant_id"))),
        "sku": OfLine(Value(attrgetter("sku"))),
        "vendor": OfLine(Value(attrgetter("vendor"))),
        "product_type": OfLine(Value(attrgetter("product_type"))),
        "quantity": OfLine(Value(attrgetter("quantity"))),
        "count": OfTotals(attrgetter("orders"), "orders"),
        "sum_quantity": OfTotals(attrgetter("units"), "units"),
        "distinct_products": OfTotals(attrgetter("products"), "products"),
    },
)
