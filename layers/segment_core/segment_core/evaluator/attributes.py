"""What can be asked of a customer: one table from the name of a filter to its type and its value in time.

To add a filter, add its row to ATTRIBUTES.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from segment_core.calendar import NEVER
from segment_core.evaluator.conditions import text
from segment_core.evaluator.extremes import extreme
from segment_core.evaluator.rhythm import average_gap, average_order_value, overdue
from segment_core.evaluator.rows import Totals
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Unit
from segment_core.evaluator.timeline import Course
from segment_core.facts.customer import Address
from segment_core.language import ast


class DateAttribute(NamedTuple):
    """An instant, compared by its date in the shop's zone."""

    read: Callable[[Subject], Course[datetime | None]]


class NumberAttribute(NamedTuple):
    """A number; `unit` is what it counts, `money` stands for the shop's currency."""

    read: Callable[[Subject], Course[Decimal | int]]
    unit: Unit


class MeasureAttribute(NamedTuple):
    """A number that can be missing and have a fraction."""

    read: Callable[[Subject], Course[Decimal | None]]


class OverdueAttribute(MeasureAttribute):
    """The number that grows with every date; `read` sees it as it is when orders come and go."""


class TextAttribute(NamedTuple):
    """A text, an id or a word from a fixed list; `same(seen, wanted)` is what `=` means."""

    read: Callable[[Subject], str | None]
    same: Callable[[str, str], bool] = operator.eq


class ListAttribute(NamedTuple):
    """Texts of which whole elements are looked for, in the spelling that `fold` gives both sides."""

    read: Callable[[Subject], Collection[str]]
    fold: Callable[[str], str] = str
    # How elements are spelled for a value that is only a part of one.
    partly: Callable[[str], str] | None = None

    def spelled(self, values: Sequence[ast.Value]) -> Iterator[tuple[Callable[[str], str], list[ast.Value]]]:
        """The spellings in which elements are compared, each with those of the values that are written so."""
        bare = [value for value in values if self.partly and "-" not in text(value)]
        for fold, some in ((self.fold, [value for value in values if value not in bare]), (self.partly, bare)):
            if fold and some:
                yield fold, some


Attribute = DateAttribute | NumberAttribute | MeasureAttribute | TextAttribute | ListAttribute


def _order_date(newest: bool) -> Callable[[Subject], Course[datetime | None]]:
    def read(subject: Subject) -> Course[datetime | None]:
        settled = subject.settled
        if settled is not None:
            return Course(settled.last if newest else settled.first)
        return extreme(
            subject.at, [(counted.start, counted.end) for counted in subject.orders if counted.order.created_at], newest
        )

    return read


def _order_total(pick: Callable[[Totals], Decimal | int]) -> Callable[[Subject], Course[Decimal | int]]:
    def read(subject: Subject) -> Course[Decimal | int]:
        totals = subject.lifetime
        if not totals.later:
            return Course(pick(totals.now))
        return Course(pick(totals.now), tuple((since, pick(total)) for since, total in totals.later))

    return read


def _abandoned(subject: Subject) -> Course[datetime | None]:
    """The last change of the latest checkout that is not completed."""
    return extreme(
        subject.at,
        [
            (checkout.updated_at, checkout.completed_at or NEVER)
            for checkout in subject.customer.checkouts
            if checkout.updated_at is not None
        ],
        newest=True,
    )


def _added(subject: Subject) -> Course[datetime | None]:
    created = subject.customer.created_at
    if created is not None and created > subject.at:
        return Course(None, ((created, created),))
    return Course(created)


def _places(spell: Callable[[Address], str | None]) -> Callable[[Subject], Collection[str]]:
    def read(subject: Subject) -> Collection[str]:
        return [place for place in map(spell, subject.customer.addresses) if place]

    return read


def _region(address: Address) -> str | None:
    return f"{address.country}-{address.region}" if address.country and address.region else None


def _without_country(region: str) -> str:
    return region.partition("-")[2] or region


def _city(address: Address) -> str | None:
    """`US-NY-NewYorkCity`; without the region where none is known, as in countries that have no regions."""
    if not address.country or not address.city:
        return None
    return "-".join(filter(None, (address.country, address.region, "".join(address.city.split()))))


def _email_domain(subject: Subject) -> str | None:
    _, separator, domain = (subject.customer.email or "").rpartition("@")
    return domain.lower() if separator and domain else None


def _speaks(locale: str, wanted: str) -> bool:
    """A language without a region means all its regions: `en` is also `en-US`, but `en-US` only itself."""
    return locale == wanted or locale.startswith(f"{wanted}-")


ATTRIBUTES: Final[dict[str, Attribute]] = {
    "abandoned_checkout_date": DateAttribute(_abandoned),
    "amount_spent": NumberAttribute(_order_total(lambda totals: totals.amount), "money"),
    "average_days_between_orders": MeasureAttribute(average_gap),
    "average_order_value": MeasureAttribute(average_order_value),
    "companies": ListAttribute(lambda subject: subject.customer.companies),
    "created_by_app_id": TextAttribute(lambda subject: subject.customer.created_by_app_id),
    "customer_account_status": TextAttribute(lambda subject: subject.customer.state),
    "customer_added_date": DateAttribute(_added),
    "customer_cities": ListAttribute(_places(_city)),
    "customer_countries": ListAttribute(_places(lambda address: address.country)),
    "customer_email_domain": TextAttribute(_email_domain),
    "customer_language": TextAttribute(lambda subject: subject.customer.locale, _speaks),
    "customer_regions": ListAttribute(_places(_region), partly=_without_country),
    "customer_tags": ListAttribute(lambda subject: subject.customer.tags, str.casefold),
    "days_overdue": OverdueAttribute(overdue),
    "email_subscription_status": TextAttribute(lambda subject: subject.customer.email_marketing_consent),
    "first_order_date": DateAttribute(_order_date(newest=False)),
    "last_order_date": DateAttribute(_order_date(newest=True)),
    "number_of_orders": NumberAttribute(_order_total(lambda totals: totals.orders), "orders"),
    "predicted_spend_tier": TextAttribute(lambda subject: subject.customer.scores.get("predicted_spend_tier")),
    "product_subscription_status": TextAttribute(lambda subject: subject.customer.product_subscription_status),
    "rfm_group": TextAttribute(lambda subject: subject.customer.scores.get("rfm_group")),
    "sms_subscription_status": TextAttribute(lambda subject: subject.customer.sms_marketing_consent),
}
