"""What a rule refuses, and that every filter the language supports has an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from segment_core.errors import InvalidQuery
from segment_core.evaluator import Fact, compile_query, depends_on, describe
from segment_core.evaluator.attributes import ATTRIBUTES, as_it_stands
from segment_core.evaluator.functions import FUNCTIONS
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.facts.metafields import KINDS
from segment_core.language import ast, check, parse, vocabulary
from segment_core.language.vocabulary import Domain
from segment_core.language.vocabulary.domains import DATE, TEXT
from segment_core.shop import Shop

COORDINATES = ast.Parameter("coordinates", "=", (ast.Text("1,2"),))
DISTANCE = ast.Parameter("distance_km", "=", (ast.Number(Decimal(1)),))
SHOP = Shop(ZoneInfo("UTC"), "USD")


def test_every_attribute_of_the_language_has_an_answer() -> None:
    assert set(ATTRIBUTES) == set(vocabulary.ATTRIBUTES)


@pytest.mark.parametrize(
    ("entry", "facts", "text"),
    [
        (("first_name", TEXT, False), {"first_name": "A"}, "= 'A'"),
        (("tags", TEXT, True), {"tags": ["A"]}, "CONTAINS 'a'"),
        (("created_at", DATE, False), {"created_at": "2025-12-31T12:00:00Z"}, "= yesterday"),
    ],
)
def test_a_field_of_the_customer_is_answered_from_its_entry_alone(
    entry: tuple[str, Domain, bool],
    facts: dict[str, object],
    text: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    field, domain, many = entry
    new = vocabulary.Attribute("customer_new", domain, "New.", "", (Fact("field", field),), many=many)
    monkeypatch.setitem(vocabulary._BY_SPELLING, "customer_new", new)  # type: ignore[arg-type]
    monkeypatch.setitem(vocabulary.ATTRIBUTES, "customer_new", new)  # type: ignore[arg-type]
    monkeypatch.setitem(ATTRIBUTES, "customer_new", as_it_stands(new))

    checked = check(f"customer_new {text}")

    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert compile_query(checked.query).evaluate(read_customer({"id": "1", **facts}), SHOP, at).member
    assert not compile_query(checked.query).evaluate(Customer("1"), SHOP, at).member
    assert depends_on(checked.query) == dict.fromkeys(new.reads)
    assert describe(checked.query, "en") == f"Customers who match “{checked.canonical}”."


def test_every_function_of_the_language_has_an_answer_for_each_parameter() -> None:
    assert {name: set(function.parameters) for name, function in FUNCTIONS.items()} == {
        function.name: {parameter.name for parameter in function.parameters}
        for function in vocabulary.FUNCTIONS.values()
    }


def test_every_type_of_metafield_of_the_language_has_an_answer() -> None:
    assert set(KINDS) == set(vocabulary.METAFIELD_TYPES)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (ast.Comparison("total_spent", "=", ast.Text("1")), "unknown_filter"),
        (ast.IsNull("total_spent"), "unknown_filter"),
        (ast.Comparison("last_order_date", "=", ast.Text("1")), "wrong_type"),
        (ast.Comparison("amount_spent", "=", ast.Named("today")), "wrong_type"),
        (ast.Comparison("rfm_group", ">", ast.Text("LOYAL")), "unknown_filter"),
        (ast.Contains("customer_tags", ast.Named("today")), "wrong_type"),
        (ast.Contains("metafields.a.b", ast.Named("today")), "wrong_type"),
        (ast.Between("metafields.a.b", ast.Number(Decimal(1)), ast.Named("today")), "wrong_type"),
        (ast.Anniversary("customer_tags", "=", (ast.Named("today"),)), "unknown_filter"),
        (ast.Matches("shopify_email.read", ()), "unknown_filter"),
        (ast.Matches("orders_placed", (ast.Parameter("color", "=", (ast.Text("red"),)),)), "unknown_filter"),
        (ast.Matches("orders_placed", (ast.Parameter("date", "IN", (ast.Named("today"),)),)), "unknown_filter"),
        (ast.Matches("customer_within_distance", (DISTANCE,)), "unknown_filter"),
        (ast.Matches("customer_within_distance", (COORDINATES,)), "unknown_filter"),
        (ast.Between("last_order_date", ast.Named("today"), ast.Text("1")), "wrong_type"),
        (ast.Comparison("days_overdue", "=", ast.Text("1")), "wrong_type"),
        (ast.StartsWith("metafields.a.b", ast.Number(Decimal(1))), "wrong_type"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_is_refused_before_anyone_is_asked_about(query: ast.Query, code: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        compile_query(ast.And((ast.IsNull("companies"), ast.Not(query))))
    assert refusal.value.problems[0].code == code


def test_a_refusal_says_where_and_why() -> None:
    refused = {
        ast.IsNull("total_spent", span=ast.Span(4, 23)): "'total_spent'",
        ast.Comparison("last_order_date", "=", ast.Text("1")): "a date is compared with a date",
        ast.Comparison("amount_spent", "=", ast.Named("today")): "a date stands where a number or a text is compared",
        ast.Comparison("days_overdue", "=", ast.Text("1")): "a number is compared with a number",
        ast.Between("metafields.a.b", ast.Number(Decimal(1)), ast.Named("today")): (
            "a metafield is compared with values of one kind"
        ),
        ast.Matches("customer_within_distance", (DISTANCE,)): "'a radius and its centre belong together'",
        ast.Matches("customer_within_distance", (COORDINATES, ast.Parameter("distance_km", "=", (ast.Text("1"),)))): (
            "a radius is a number around coordinates"
        ),
        ast.Anniversary("customer_tags", "=", (ast.Named("today"),)): "'customer_tags is no date'",
    }
    for clause, why in refused.items():
        with pytest.raises(InvalidQuery) as refusal:
            compile_query(clause)
        [problem] = refusal.value.problems
        assert problem.message == f"this clause cannot be evaluated: {why}"
        assert (problem.line, problem.column, problem.length) == (1, clause.span.start, 19 if clause.span.end else 0)


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
