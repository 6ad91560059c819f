"""What a rule refuses, and that every filter the language supports has an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from segment_core.errors import InvalidQuery
from segment_core.evaluator import compile_query
from segment_core.evaluator.attributes import ATTRIBUTES
from segment_core.evaluator.functions import FUNCTIONS
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse, vocabulary
from segment_core.shop import Shop

SHOP = Shop(ZoneInfo("UTC"), "USD")


def test_every_attribute_of_the_language_has_an_answer() -> None:
    assert set(ATTRIBUTES) == set(vocabulary.ATTRIBUTES)


def test_every_supported_function_of_the_language_has_an_answer_for_each_parameter() -> None:
    supported = [function for function in vocabulary.FUNCTIONS.values() if function.supported]
    assert {name: set(parameters) for name, parameters in FUNCTIONS.items()} == {
        function.name: {parameter.name for parameter in function.parameters} for function in supported
    }


@pytest.mark.parametrize(
    "query",
    [
        ast.Comparison("total_spent", "=", ast.Text("1")),
        ast.IsNull("total_spent"),
        ast.Comparison("last_order_date", "=", ast.Text("1")),
        ast.Comparison("amount_spent", "=", ast.Named("today")),
        ast.Comparison("rfm_group", ">", ast.Text("LOYAL")),
        ast.Contains("customer_tags", ast.Named("today")),
        ast.Matches("shopify_email.opened", ()),
        ast.Matches("orders_placed", (ast.Parameter("color", "=", (ast.Text("red"),)),)),
        ast.Matches("orders_placed", (ast.Parameter("date", "IN", (ast.Named("today"),)),)),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_refused_before_anyone_is_asked_about(query: ast.Query) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        compile_query(ast.And((ast.IsNull("companies"), ast.Not(query))))
    assert refusal.value.problems[0].code == "not_supported_yet"


def test_an_instant_without_an_offset_is_refused() -> None:
    rule = compile_query(parse("number_of_orders = 0"))
    with pytest.raises(ValueError, match="aware"):
        rule.evaluate(Customer("1"), SHOP, datetime(2026, 1, 1))


def test_one_rule_answers_for_many_customers_and_shops() -> None:
    rule = compile_query(parse("customer_tags CONTAINS 'vip'"))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert [rule.evaluate(Customer("1", tags=tags), SHOP, at).member for tags in ((), ("vip",), ())] == [
        False,
        True,
        False,
    ]
