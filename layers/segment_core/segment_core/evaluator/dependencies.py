"""Which facts a query reads, and how far back, so that whoever fetches facts can leave the others out.

Two tables stand beside those of the evaluator: what an attribute reads, and what the rows of a function are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from segment_core.language import ast

Kind = Literal["field", "score", "metafield", "orders", "lines", "checkouts", "event"]

Reach = int | None
"""How far back: local dates before that of `at`, that date itself always being read; None: for ever."""


class Fact(NamedTuple):
    """A kind of facts. `name` is the key in the customer document, of a metafield or score, or the type of event."""

    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts that count whenever they were told."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class _Newest:
    """The date of the newest of the facts: one that is older than all that is asked for might as well be missing."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows made of facts; `date` is the parameter that compares the date at which those happened."""

    facts: tuple[Fact, ...]
    date: str | None = None


def _field(name: str) -> _Known:
    return _Known(Fact("field", name))


_ORDERS: Final = Fact("orders")

ATTRIBUTES: Final[Mapping[str, _Known | _Newest]] = {
    "abandoned_checkout_date": _Newest(Fact("checkouts")),
    "amount_spent": _Known(_ORDERS),
    "companies": _field("companies"),
    "created_by_app_id": _field("created_by_app_id"),
    "customer_account_status": _field("state"),
    "customer_added_date": _field("created_at"),
    "customer_cities": _field("addresses"),
    "customer_countries": _field("addresses"),
    "customer_email_domain": _field("email"),
    "customer_language": _field("locale"),
    "customer_regions": _field("addresses"),
    "customer_tags": _field("tags"),
    "email_subscription_status": _field("email_marketing_consent"),
    "first_order_date": _Known(_ORDERS),
    "last_order_date": _Newest(_ORDERS),
    "number_of_orders": _Known(_ORDERS),
    "predicted_spend_tier": _Known(Fact("score", "predicted_spend_tier")),
    "product_subscription_status": _field("product_subscription_status"),
    "rfm_group": _Known(Fact("score", "rfm_group")),
    "sms_subscription_status": _field("sms_marketing_consent"),
}

_EVENTS: Final = (
    "shopify_email.bounced",
    "shopify_email.clicked",
    "shopify_email.delivered",
    "shopify_email.marked_as_spam",
    "shopify_email.opened",
    "shopify_email.unsubscribed",
    "storefront.collection_viewed",
    "storefront.product_viewed",
)

FUNCTIONS: Final[Mapping[str, _Rows]] = {
    "customer_within_distance": _Rows((Fact("field", "addresses"),)),
    "orders_placed": _Rows((_ORDERS,), "date"),
    "products_purchased": _Rows((_ORDERS, Fact("lines")), "date"),
    "store_credit_accounts": _Rows((Fact("field", "store_credit_accounts"),)),
    **{name: _Rows((Fact("event", name),), "date") for name in _EVENTS},
}

_METAFIELD: Final = "metafields."

# Operators that fail a date for being too early.
_SINCE: Final = ("=", ">", ">=", "BETWEEN")
_DAYS_AT_MOST: Final[Mapping[ast.OffsetUnit, int]] = {"d": 1, "w": 7, "m": 31, "y": 366}


def depends_on(query: ast.Query) -> dict[Fact, Reach]:
    """The facts that can change the answer, each with the number of local dates that it looks back at most.

    Facts that are older, or of another kind, can be left out: the verdict stays the same, at that instant and until it
    flips. A date that stands still, like 2026-01-01, counts as for ever. Raises KeyError for filters that the tables do
    not hold.
    """
    found: dict[Fact, Reach] = {}
    for fact, reach in _walk(query):
        found[fact] = _farther(found[fact], reach) if fact in found else reach
    return found


def _walk(query: ast.Query) -> Iterator[tuple[Fact, Reach]]:
    if isinstance(query, ast.And | ast.Or):
        for child in query.children:
            yield from _walk(child)
    elif isinstance(query, ast.Not):
        yield from _walk(query.child)
    elif isinstance(query, ast.Matches):
        yield from _rows(query)
    else:
        yield _attribute(query)


def _rows(clause: ast.Matches) -> Iterator[tuple[Fact, Reach]]:
    rows = FUNCTIONS[clause.function]
    dated = next((parameter for parameter in clause.parameters if parameter.name == rows.date), None)
    reach = None if dated is None else _since(dated.operator, dated.values[0])
    for fact in rows.facts:
        yield fact, reach


def _attribute(
    clause: ast.Comparison | ast.Between | ast.Contains | ast.IsNull | ast.Anniversary,
) -> tuple[Fact, Reach]:
    if clause.attribute.startswith(_METAFIELD):
        return Fact("metafield", clause.attribute.removeprefix(_METAFIELD)), None
    source = ATTRIBUTES[clause.attribute]
    reach = None
    if isinstance(source, _Newest):
        match clause:
            case ast.Comparison(operator="!=", value=value):
                # The complement of `=`, so it needs the same facts.
                reach = _since("=", value)
            case ast.Comparison(operator=operator, value=value):
                reach = _since(operator, value)
            case ast.Between(low=low):
                reach = _since("BETWEEN", low)
    return source.fact, reach


def _since(operator: str, low: ast.Value) -> Reach:
    """How far before today a date can lie and still be as asked."""
    match low:
        case _ if operator not in _SINCE:
            return None
        case ast.Named("yesterday"):
            return 1
        case ast.Named():
            return 0
        case ast.Offset(count, unit):
            return max(0, -count) * _DAYS_AT_MOST[unit]
        case _:
            return None


def _farther(one: Reach, other: Reach) -> Reach:
    return None if one is None or other is None else max(one, other)
