"""The shop under which files are evaluated: from `--shop`, `--zone`, and the currency found in the orders."""

from __future__ import annotations

import json
import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from segment_core.facts.customer import Customer
from segment_core.language.ast import Clause, InSegment, Matches, Query
from segment_core.language.segments import clauses
from segment_core.language.vocabulary import FUNCTIONS, Domain, domain_of
from segment_core.record import replace
from segment_core.shop import LONGEST_WAIT_MINUTES, NO_CURRENCY, OrderPolicy, Shop
from tidemark.cli import arguments
from tidemark.cli.errors import UsageError

_CURRENCY = re.compile("[A-Z]{3}")
# Checked, and of no consequence here: everybody in a file of customers has an id, so nobody is a guest.
_GUESTS = "guests_are_customers"
# Name in the file, name and type in the policy.
_SETTINGS: dict[str, tuple[str, type[bool] | type[int]]] = {
    "count_test_orders": ("count_test", bool),
    "count_cancelled_orders": ("count_cancelled", bool),
    "abandoned_after_minutes": ("abandoned_after_minutes", int),
}
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", dict: "an object"}

Value = TypeVar("Value", str, bool, int, dict[str, Any])


@dataclass(frozen=True)
class ShopFile:
    """What a shop file says; None where it is silent."""

    zone: ZoneInfo | None = None
    currency: str | None = None
    orders: OrderPolicy = field(default_factory=OrderPolicy)


class ShopInQuestion:
    """The shop of a file of customers. Its currency may have to be found in the orders as they come by.

    A customer without orders in any currency is answered alike under each, so it is enough that a customer's own
    orders were seen before it is evaluated. What only the shop's currency decides has to be told.
    """

    def __init__(self, options: Namespace, query: Query) -> None:
        told = _read(options.shop) if options.shop else ShopFile()
        zone = options.zone or told.zone
        if zone is None:
            raise UsageError("a zone is needed: give --zone, or --shop with one")
        self._currency_is_told = told.currency is not None
        self._deciding = {domain.shops for clause in clauses(query) for domain in _domains(clause)}
        self.shop = Shop(zone=zone, currency=told.currency or NO_CURRENCY, orders=told.orders)

    def see(self, customer: Customer) -> None:
        """Learn from the customer's orders. Raises UsageError when they leave the answer open, wherever in the file."""
        if self._currency_is_told:
            return
        for order in customer.orders:
            if order.currency is None and "currency" in self._deciding:
                raise UsageError(
                    f"order '{order.id}' is in no currency and the query asks for one: say which one is the shop's "
                    "with --shop"
                )
            if order.currency is None or order.currency == self.shop.currency:
                continue
            if self.shop.currency == NO_CURRENCY:
                self.shop = replace(self.shop, currency=order.currency)
            elif "money" in self._deciding:
                raise UsageError(
                    f"the orders are in several currencies ({self.shop.currency}, {order.currency}) and the query "
                    "compares money: say which one is the shop's with --shop"
                )


def _domains(clause: Clause) -> Iterator[Domain]:
    """What the values of the clause are."""
    if isinstance(clause, Matches):
        known = (FUNCTIONS[clause.function].parameter(parameter.name) for parameter in clause.parameters)
        yield from (parameter.domain for parameter in known if parameter is not None)
    elif not isinstance(clause, InSegment):
        yield domain_of(clause.attribute)


def _read(path: Path) -> ShopFile:
    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError:
        raise UsageError(f"{path} is not JSON") from None
    shop = _Fields(path, "", told, ("zone", "currency", "settings"))
    settings = _Fields(path, "settings.", shop.get("settings", dict) or {}, (*_SETTINGS, _GUESTS))
    settings.get(_GUESTS, bool)
    currency = shop.get("currency", str)
    if currency is not None and not _CURRENCY.fullmatch(currency):
        raise UsageError(f"{path}: currency: three capital letters, like USD")
    return ShopFile(
        zone=_zone(path, shop.get("zone", str)),
        currency=currency,
        orders=OrderPolicy(**_policy(settings)),
    )


def _policy(settings: _Fields) -> dict[str, Any]:
    """What the file says of the policy; the rest is as it is for a shop that says nothing."""
    told = {name: settings.get(key, kind) for key, (name, kind) in _SETTINGS.items()}
    if (wait := told["abandoned_after_minutes"]) is not None and not 1 <= wait <= LONGEST_WAIT_MINUTES:
        raise settings.refusal("abandoned_after_minutes", f"1 to {LONGEST_WAIT_MINUTES}")
    return {name: value for name, value in told.items() if value is not None}


def _zone(path: Path, name: str | None) -> ZoneInfo | None:
    try:
        return None if name is None else arguments.zone(name)
    except ArgumentTypeError as error:
        raise UsageError(f"{path}: zone: {error}") from None


class _Fields:
    """A JSON object of the shop file: its keys are known and its values have the right type, or `UsageError`."""

    def __init__(self, path: Path, where: str, told: object, known: tuple[str, ...]) -> None:
        if not isinstance(told, dict):
            raise UsageError(f"{path}: a shop is a JSON object")
        for key in told:
            if key not in known:
                raise UsageError(f"{path}: '{where}{key}' is not known here, only {', '.join(known)}")
        self._path, self._where, self._told = path, where, told

    def get(self, key: str, kind: type[Value]) -> Value | None:
        """The value, or None where the key is absent."""
        value = self._told.get(key)
        # bool first: in Python a bool is an int.
        wrong = isinstance(value, bool) and kind is not bool
        if value is not None and (wrong or not isinstance(value, kind)):
            raise self.refusal(key, _KINDS[kind])
        return value

    def refusal(self, key: str, form: str) -> UsageError:
        """What to raise if the value at that key is not of that form."""
        return UsageError(f"{self._path}: {self._where}{key}: must be {form}")
