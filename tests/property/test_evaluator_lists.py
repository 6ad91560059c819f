"""Lists of which one element is to be one of several values: every attribute, every choice of two, every way to hold
or not to hold them, against the oracle.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations, product
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import evaluate
from segment_core.facts.customer import Address, Customer
from segment_core.language import ast
from segment_core.shop import Shop

from . import oracle
from .questions import LIST_ATTRIBUTES

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Shop(ZoneInfo("UTC"), "USD")
PLACES = (
    Address(country="US", region="NY", city="New York City"),
    Address(country="US", region="03"),
    Address(country="SG", city="Singapore"),
    Address(country="NO", region="03", city="Oslo"),
    Address(region="NY"),
)
CUSTOMERS = (
    Customer("1"),
    *(Customer("1", tags=tags) for tags in (("VIP",), ("sale", "Gro\u0308\u00dfe"), ("CAFE\u0301", "x"), ("vipp",))),
    *(Customer("1", companies=companies) for companies in (("55",), ("56", "57"), ("555",))),
    *(Customer("1", addresses=some) for number in (1, 2) for some in combinations(PLACES, number)),
)


@pytest.mark.parametrize("name", sorted(LIST_ATTRIBUTES))
def test_one_of_several_values_of_a_list(name: str) -> None:
    values = [ast.Text(text) for text in LIST_ATTRIBUTES[name]]
    held = []
    for some, negated in product((*combinations(values, 1), *combinations(values, 2), tuple(values)), (False, True)):
        query = ast.In(name, some, negated)
        for customer in CUSTOMERS:
            member = evaluate(query, customer, SHOP, AT).member
            assert member == oracle.member(query, customer, SHOP, AT), (query, customer)
            held.append(member)
    assert {*held} == {True, False}
