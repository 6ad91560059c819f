"""What can be asked of a customer: one table from the name of a filter to its type and its value in time.

What is a field or a score of the customer, as it stands there, follows from the vocabulary. To add a filter that is
made of more, add its row to COMPUTED.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from segment_core.evaluator.abandonment import abandoned, last_abandoned
from segment_core.evaluator.conditions import text
from segment_core.evaluator.extremes import extreme
from segment_core.evaluator.rhythm import average_gap, average_order_value, overdue
from segment_core.evaluator.rows import Totals
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Unit
from segment_core.evaluator.timeline import Course, mapped
from segment_core.facts.customer import Address
from segment_core.language import ast, vocabulary
from segment_core.language.spelling import composed, folded
from segment_core.language.vocabulary.domains import TEXT
from segment_core.record import record


@record
class DateAttribute:
    """An instant, compared by its date in the shop's zone.

    `field` is the customer's that it is, if it stands there; `settled` that of `Settled`, which is it where time
    changes no order any more; `shortly` reads the instant itself if time does not change it.
    """

    read: Callable[[Subject], Course[datetime | None]]
    field: str | None = None
    settled: str | None = None
    shortly: Callable[[Subject], datetime | Course[datetime | None] | None] | None = None


@record
class NumberAttribute:
    """A number; `unit` is what it counts, `money` stands for the shop's currency. `settled` as with dates."""

    read: Callable[[Subject], Course[Decimal | int]]
    unit: Unit
    settled: str | None = None


@record
class MeasureAttribute:
    """A number that can be missing and have a fraction."""

    read: Callable[[Subject], Course[Decimal | None]]


@record
class OverdueAttribute(MeasureAttribute):
    """The number that grows with every date; `read` sees it as it is when orders come and go."""


@record
class TextAttribute:
    """A text, an id or a word from a fixed list; `same(seen, wanted)` is what `=` means.

    `field` is the customer's that it is, if it stands there, `score` the name of the score.
    """

    read: Callable[[Subject], str | None]
    same: Callable[[str, str], bool] = operator.eq
    field: str | None = None
    score: str | None = None


@record
class ListAttribute:
    """Texts of which whole elements are looked for, in the spelling that `fold` gives both sides.

    `field` is the customer's that they are, if they stand there.
    """

    read: Callable[[Subject], Collection[str]]
    fold: Callable[[str], str] = composed
    # How elements are spelled for a value that is only a part of one.
    partly: Callable[[str], str] | None = None
    field: str | None = None

    def spelled(self, values: Sequence[ast.Value]) -> Iterator[tuple[Callable[[str], str], list[ast.Value]]]:
        """The spellings in which elements are compared, each with those of the values that are written so."""
        bare = [value for value in values if self.partly and "-" not in text(value)]
        for fold, some in ((self.fold, [value for value in values if value not in bare]), (self.partly, bare)):
            if fold and some:
                yield fold, some


Attribute = DateAttribute | NumberAttribute | MeasureAttribute | TextAttribute | ListAttribute


def _order_date(newest: bool) -> DateAttribute:
    name = "last" if newest else "first"

    def read(subject: Subject) -> Course[datetime | None]:
        if subject.settled is not None:
            return Course(getattr(subject.settled, name))
        return extreme(
            subject.at, [(counted.start, counted.end) for counted in subject.orders if counted.order.created_at], newest
        )

    return DateAttribute(read, settled=name)


def _order_total(name: str, unit: Unit) -> NumberAttribute:
    pick: Callable[[Totals], Decimal | int] = attrgetter(name)
    return NumberAttribute(lambda subject: mapped(subject.lifetime, pick), unit, settled=name)


def _places(spell: Callable[[Address], str | None]) -> Callable[[Subject], Collection[str]]:
    def read(subject: Subject) -> Collection[str]:
        return [place for place in map(spell, subject.customer.addresses) if place]

    return read


def _region(address: Address) -> str | None:
    return f"{address.country}-{address.region}" if address.country and address.region else None


def _without_country(region: str) -> str:
    return composed(region).partition("-")[2] or region


def _city(address: Address) -> str | None:
    """`US-NY-NewYorkCity`; without the region where none is known, as in countries that have no regions."""
    if not address.country or not address.city:
        return None
    return "-".join(filter(None, (address.country, address.region, "".join(address.city.split()))))


def _text(field: str, same: Callable[[str, str], bool] = operator.eq) -> TextAttribute:
    return TextAttribute(attrgetter(f"customer.{field}"), same, field)


def _speaks(locale: str, wanted: str) -> bool:
    """A language without a region means all its regions: `en` is also `en-US`, but `en-US` only itself."""
    return locale == wanted or locale.startswith(f"{wanted}-")


COMPUTED: Final[dict[str, Attribute]] = {
    "abandoned_checkout_date": DateAttribute(abandoned, shortly=last_abandoned),
    "amount_spent": _order_total("amount", "money"),
    "average_days_between_orders": MeasureAttribute(average_gap),
    "average_order_value": MeasureAttribute(average_order_value),
    "customer_cities": ListAttribute(_places(_city)),
    "customer_countries": ListAttribute(_places(lambda address: address.country)),
    "customer_email_domain": _text("email_domain"),
    "customer_language": _text("locale", _speaks),
    "customer_regions": ListAttribute(_places(_region), partly=_without_country),
    "days_overdue": OverdueAttribute(overdue),
    "first_order_date": _order_date(newest=False),
    "last_order_date": _order_date(newest=True),
    "number_of_orders": _order_total("orders", "orders"),
}


def as_it_stands(entry: vocabulary.Attribute) -> Attribute:
    """How a filter is answered that is a field of the customer, or a score. Raises KeyError for any other."""
    kind, name = entry.reads[0].kind, entry.reads[0].name
    if kind == "score":
        return TextAttribute(lambda subject: subject.customer.scores.get(name), score=name)
    if kind != "field":
        raise KeyError(f"{entry.name} is not answered")
    read: Any = attrgetter(f"customer.{name}")
    if entry.many:
        # Values with a form of their own differ by case; texts of the merchant's do not.
        return ListAttribute(read, folded if entry.domain == TEXT else composed, field=name)
    return DateAttribute(_happened(read), name) if entry.domain.type == "date" else _text(name)


def _happened(read: Callable[[Subject], datetime | None]) -> Callable[[Subject], Course[datetime | None]]:
    """What is dated after `at` has not happened yet."""

    def happened(subject: Subject) -> Course[datetime | None]:
        when = read(subject)
        return Course(None, ((when, when),)) if when is not None and when > subject.at else Course(when)

    return happened


ATTRIBUTES: Final[dict[str, Attribute]] = {
    name: COMPUTED.get(name) or as_it_stands(entry) for name, entry in vocabulary.ATTRIBUTES.items()
}
