"""Which facts a query reads, and how far back, so that whoever fetches facts can leave the others out.

Two tables stand beside those of the evaluator: what an attribute reads, and what the rows of a function are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from segment_core.language import ast
from segment_core.language.limits import DEEPEST_SEGMENTS
from segment_core.language.vocabulary.metafields import PREFIX

if TYPE_CHECKING:
    from segment_core.evaluator.rule import Rule

Kind = Literal["segment", "field", "score", "metafield", "orders", "lines", "checkouts", "event"]

Reach = int | None
"""How far back: local dates before that of `at`, that date itself always being read; None: for ever."""


class Fact(NamedTuple):
    """A kind of facts. `name` is the key in the customer document, of a metafield or score, or the type of event."""

    kind: Kind
    name: str = ""


_ORDERS: Final = Fact("orders")
_CHECKOUTS: Final = Fact("checkouts")
_NAMED_EVENT: Final = Fact("event")
_ADDRESSES: Final = Fact("field", "addresses")

ATTRIBUTES: Final[Mapping[str, Fact]] = {
    "abandoned_checkout_date": _CHECKOUTS,
    "amount_spent": _ORDERS,
    "average_days_between_orders": _ORDERS,
    "average_order_value": _ORDERS,
    "companies": Fact("field", "companies"),
    "created_by_app_id": Fact("field", "created_by_app_id"),
    "customer_account_status": Fact("field", "state"),
    "customer_added_date": Fact("field", "created_at"),
    "customer_cities": _ADDRESSES,
    "customer_countries": _ADDRESSES,
    "customer_email_domain": Fact("field", "email"),
    "customer_language": Fact("field", "locale"),
    "customer_regions": _ADDRESSES,
    "customer_tags": Fact("field", "tags"),
    "days_overdue": _ORDERS,
    "email_subscription_status": Fact("field", "email_marketing_consent"),
    "first_order_date": _ORDERS,
    "last_order_date": _ORDERS,
    "number_of_orders": _ORDERS,
    "predicted_spend_tier": Fact("score", "predicted_spend_tier"),
    "product_subscription_status": Fact("field", "product_subscription_status"),
    "rfm_group": Fact("score", "rfm_group"),
    "sms_subscription_status": Fact("field", "sms_marketing_consent"),
}
"""What an attribute reads."""

NEWEST: Final = ("abandoned_checkout_date", "last_order_date")
"""Attributes that are the date of the newest fact: one older than all that is asked for might as well be missing."""

FUNCTIONS: Final[Mapping[str, tuple[Fact, ...]]] = {
    "customer_within_distance": (_ADDRESSES,),
    "event": (_NAMED_EVENT,),
    "orders_placed": (_ORDERS,),
    "orders_refunded": (_ORDERS,),
    "products_purchased": (_ORDERS, Fact("lines")),
    "store_credit_accounts": (Fact("field", "store_credit_accounts"),),
    **{
        name: (Fact("event", name),)
        for name in (
            "shopify_email.bounced",
            "shopify_email.clicked",
            "shopify_email.delivered",
            "shopify_email.marked_as_spam",
            "shopify_email.opened",
            "shopify_email.unsubscribed",
            "storefront.collection_viewed",
            "storefront.product_viewed",
        )
    },
}
"""What the rows of a function are made of."""

HAPPENED: Final = "date"
"""The parameter that compares when the facts of a row happened."""

LATER: Final = ("orders_refunded",)
"""Functions whose rows are dated later than the facts that they are made of, by any time."""

# Operators that fail a date for being too early.
_SINCE: Final = ("=", ">", ">=", "BETWEEN")
_DAYS_AT_MOST: Final[Mapping[ast.OffsetUnit, int]] = {"d": 1, "w": 7, "m": 31, "y": 366}


def depends_on(query: ast.Query, segments: Mapping[str, Rule] = MappingProxyType({})) -> dict[Fact, Reach]:
    """The facts that can change the answer, each with the number of local dates that it looks back at most.

    Facts that are older, or of another kind, can be left out: the verdict stays the same, at that instant and until it
    flips. A date that stands still, like 2026-01-01, counts as for ever. What segments that are asked read is looked up
    in `segments`, as in a shop's. Raises KeyError for filters that the tables do not hold.
    """
    found: dict[Fact, Reach] = {}
    for fact, reach in _walk(query, segments, ()):
        found[fact] = _farther(found[fact], reach) if fact in found else reach
    return found


def _walk(query: ast.Query, segments: Mapping[str, Rule], path: tuple[str, ...]) -> Iterator[tuple[Fact, Reach]]:
    if isinstance(query, ast.And | ast.Or):
        for child in query.children:
            yield from _walk(child, segments, path)
    elif isinstance(query, ast.Not):
        yield from _walk(query.child, segments, path)
    elif isinstance(query, ast.InSegment):
        name = query.segment
        yield Fact("segment", name), None
        if name in segments and name not in path and len(path) < DEEPEST_SEGMENTS:
            yield from _walk(segments[name].query, segments, (*path, name))
    elif isinstance(query, ast.Matches):
        yield from _rows(query)
    else:
        fact, reach = _attribute(query)
        yield fact, reach
        if fact == _CHECKOUTS:
            # Whether one was abandoned depends on the orders from its last change on.
            yield _ORDERS, reach


def _rows(clause: ast.Matches) -> Iterator[tuple[Fact, Reach]]:
    reach = None if clause.function in LATER else _farthest_window(clause)
    for fact in FUNCTIONS[clause.function]:
        yield fact if fact != _NAMED_EVENT else Fact("event", clause.event), reach


def _farthest_window(clause: ast.Matches) -> Reach:
    """How far back the clause's own window goes, or another one that its totals are compared with."""
    windows = [parameter for parameter in clause.parameters if parameter.name == HAPPENED]
    if not windows:
        return None
    windows += [one.window for known in clause.parameters for one in known.values if isinstance(one, ast.Total)]
    return reduce(_farther, (_since(window.operator, window.values[0]) for window in windows))


def _attribute(
    clause: ast.Comparison | ast.Between | ast.Contains | ast.In | ast.StartsWith | ast.IsNull | ast.Anniversary,
) -> tuple[Fact, Reach]:
    name = clause.attribute
    if name.startswith(PREFIX):
        return Fact("metafield", name.removeprefix(PREFIX)), None
    reach = None
    if name in NEWEST:
        match clause:
            case ast.Comparison(operator="!=", value=value):
                # The complement of `=`, so it needs the same facts.
                reach = _since("=", value)
            case ast.Comparison(operator=operator, value=value):
                reach = _since(operator, value)
            case ast.Between(low=low):
                reach = _since("BETWEEN", low)
            case ast.In(values=values):
                reach = reduce(_farther, (_since("=", value) for value in values))
    return ATTRIBUTES[name], reach


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
