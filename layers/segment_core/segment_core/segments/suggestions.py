"""Values to choose from while a query is written: what the shop's own customers have.

They are counted when somebody asks, among the same customers that a preview looks at, and kept as one item for an
hour, or until one of the shop's customers is erased. So they cost nothing while nobody writes queries and a bounded
read when somebody does; a value that only few customers of a large shop have may be missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from segment_core.errors import NotFound
from segment_core.evaluator.attributes import ATTRIBUTES, ListAttribute, TextAttribute
from segment_core.evaluator.subject import Subject
from segment_core.facts.customer import Customer, Order, OrderLine
from segment_core.language.vocabulary import Attribute as AttributeEntry
from segment_core.language.vocabulary import Function as FunctionEntry
from segment_core.language.vocabulary import find
from segment_core.membership.budget import SecondsLeft
from segment_core.record import record
from segment_core.segments import population
from segment_core.shop import Shop
from segment_core.store import generations, values
from segment_core.store.tables import Tables
from segment_core.store.values import Counted, Values

KEPT_FOR = timedelta(hours=1)
# The most frequent values of each filter: what fits into one item of the table.
MOST_VALUES = 500
_LONGEST_VALUE = 255

Read = Callable[[Customer, Shop, datetime], Iterable[str | None]]


@record
class Suggestion:
    """A value, and how many of the customers looked at have it (None for one that the language fixes)."""

    value: str
    customers: int | None


@record
class Suggestions:
    """Values of a filter or of one of its parameters; counted at `as_of`, among so many of so many customers."""

    filter: str
    parameter: str | None
    as_of: datetime
    customers: int
    looked_at: int
    values: list[Suggestion]


def suggest(
    tables: Tables,
    shop: str,
    name: str,
    parameter: str | None,
    search: str,
    limit: int,
    at: datetime,
    seconds_left: SecondsLeft,
) -> Suggestions:
    """Values that hold the search text, the most frequent first.

    Raises NotFound: `filter_not_found` for what no query can ask or has no values, `shop_not_found`.
    """
    key, fixed = _place(name, parameter)
    kept = _kept(tables, shop, at, seconds_left)
    known: Iterable[tuple[str, int | None]] = kept.by_filter.get(key, ())
    if fixed:
        counted: dict[str, int] = dict(kept.by_filter.get(key, ()))
        known = [(value, counted.get(value)) for value in fixed]
    wanted = search.casefold()
    found = [Suggestion(value, number) for value, number in known if wanted in value.casefold()]
    return Suggestions(name, parameter, kept.made_at, kept.customers, kept.looked_at, found[:limit])


def _place(name: str, parameter: str | None) -> tuple[str, tuple[str, ...]]:
    """Where values of it are counted, and those that the language allows, if it lists them."""
    key = ""
    fixed: tuple[str, ...] = ()
    match find(name):
        case AttributeEntry() as entry if parameter is None:
            key, fixed = entry.name, entry.domain.values
        case FunctionEntry() as entry if parameter and (one := entry.parameter(parameter)):
            key, fixed = f"{entry.name}.{parameter}", one.domain.values
        case FunctionEntry(argument=argument) as entry if argument and parameter == argument:
            # What stands in quotes after the name, like that of an event.
            key = f"{entry.name}.{parameter}"
    if fixed or key in SUGGESTED:
        return key, fixed
    raise NotFound("there is no such filter or parameter with values; GET /filters lists them", code="filter_not_found")


def _kept(tables: Tables, shop: str, at: datetime, seconds_left: SecondsLeft) -> Values:
    generation = generations.newest(tables.segments, shop)
    kept = values.read(tables.segments, shop)
    if kept is not None and at - KEPT_FOR < kept.made_at <= at:
        return kept
    mark = uuid4().hex
    values.begin(tables.segments, shop, mark)
    seen = population.Look(tables, shop, seconds_left)
    by_filter = counted(seen, generation.shop, at)
    made = Values(at, seen.scope.customers, seen.scope.looked_at, by_filter)
    values.keep(tables.segments, shop, mark, made)
    return made


def counted(customers: Iterable[Customer], shop: Shop, at: datetime) -> dict[str, Counted]:
    """By filter, its values with how many of the customers have each."""
    counters: dict[str, Counter[str]] = {key: Counter() for key in _READ}
    for customer in customers:
        for key, read in _READ.items():
            counters[key].update(
                {value for value in read(customer, shop, at) if value and len(value) <= _LONGEST_VALUE}
            )
    ranked = {key: sorted(counter.items(), key=lambda one: (-one[1], one[0])) for key, counter in counters.items()}
    return {key: found[:MOST_VALUES] for key, found in ranked.items() if found}


# Where values are ----------------------------------------------------------------------------


def _of_attribute(name: str) -> Read:
    attribute = ATTRIBUTES[name]
    if isinstance(attribute, ListAttribute):
        many = attribute.read
        return lambda customer, shop, at: many(Subject(customer, shop, at))
    if isinstance(attribute, TextAttribute):
        one = attribute.read
        return lambda customer, shop, at: (one(Subject(customer, shop, at)),)
    raise TypeError(f"{name} has no values to choose from")


def _of_orders(read: Callable[[Order], Iterable[str | None]]) -> Read:
    return lambda customer, shop, at: (value for order in customer.orders for value in read(order))


def _of_lines(read: Callable[[OrderLine], Iterable[str | None]]) -> Read:
    return lambda customer, shop, at: (value for line in _lines(customer) for value in read(line))


def _lines(customer: Customer) -> Iterator[OrderLine]:
    return (line for order in customer.orders for line in order.lines)


def _of_events(type_: str, key: str) -> Read:
    return lambda customer, shop, at: (
        str(event.properties[key]) for event in customer.events if event.type == type_ and key in event.properties
    )


_READ: Final[Mapping[str, Read]] = {
    **{
        name: _of_attribute(name)
        for name, attribute in ATTRIBUTES.items()
        if isinstance(attribute, ListAttribute | TextAttribute)
    },
    "orders_placed.app_id": _of_orders(lambda order: (order.app_id,)),
    "orders_placed.channel": _of_orders(lambda order: (order.channel,)),
    "orders_placed.currency": _of_orders(lambda order: (order.currency,)),
    "orders_placed.discount_code": _of_orders(lambda order: order.discount_codes),
    "orders_placed.location_id": _of_orders(lambda order: (order.location_id,)),
    "orders_placed.tag": _of_orders(lambda order: order.tags),
    "products_purchased.category": _of_lines(lambda line: (line.category,)),
    "products_purchased.id": _of_lines(lambda line: (line.product_id,)),
    "products_purchased.product_type": _of_lines(lambda line: (line.product_type,)),
    "products_purchased.sku": _of_lines(lambda line: (line.sku,)),
    "products_purchased.tag": _of_lines(lambda line: line.tags),
    "products_purchased.variant_id": _of_lines(lambda line: (line.variant_id,)),
    "products_purchased.vendor": _of_lines(lambda line: (line.vendor,)),
    "event.name": lambda customer, shop, at: {event.type for event in customer.events},
    "storefront.collection_viewed.id": _of_events("storefront.collection_viewed", "id"),
    "storefront.product_viewed.id": _of_events("storefront.product_viewed", "id"),
    "store_credit_accounts.currency": lambda customer, shop, at: (
        account.currency for account in customer.store_credit_accounts
    ),
}
"""By filter, or filter and parameter: the values that a customer has."""

SUGGESTED: Final = frozenset(_READ)
"""What has suggestions from the shop's own data."""
