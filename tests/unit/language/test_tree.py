"""The tree that a query becomes, as the evaluator reads it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from segment_core.language import parse
from segment_core.language.ast import (
    And,
    Between,
    Comparison,
    Contains,
    Day,
    IsNull,
    Matches,
    Moment,
    Named,
    Not,
    Number,
    Offset,
    Or,
    Parameter,
    Query,
    Span,
    Text,
)

ONE = Comparison("number_of_orders", "=", Number(Decimal(1)))
TWO = Comparison("number_of_orders", "=", Number(Decimal(2)))
RICH = Comparison("amount_spent", ">", Number(Decimal(500)))


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("number_of_orders = 1", ONE),
        ("last_order_date > 2026-03-01", Comparison("last_order_date", ">", Day(date(2026, 3, 1)))),
        (
            "last_order_date <= 2026-03-01T16:05:09",
            Comparison("last_order_date", "<=", Moment(datetime(2026, 3, 1, 16, 5, 9))),
        ),
        (
            "last_order_date BETWEEN -3m AND today",
            Between("last_order_date", Offset(-3, "m"), Named("today")),
        ),
        ("rfm_group != 'NEW'", Comparison("rfm_group", "!=", Text("NEW"))),
        ("created_by_app_id = 0129785", Comparison("created_by_app_id", "=", Text("129785"))),
        ("companies = 55", Contains("companies", Text("55"))),
        ("customer_tags NOT CONTAINS 'it\\'s'", Contains("customer_tags", Text("it's"), negated=True)),
        ("customer_tags IS NULL", IsNull("customer_tags")),
        ("customer_tags IS NOT NULL", IsNull("customer_tags", negated=True)),
        ("orders_placed NOT MATCHES ()", Matches("orders_placed", (), negated=True)),
        (
            "products_purchased(id: (1, 2), quantity: 5) = true",
            Matches(
                "products_purchased",
                (
                    Parameter("id", "IN", (Text("1"), Text("2"))),
                    Parameter("quantity", "=", (Number(Decimal(5)),)),
                ),
            ),
        ),
        (
            "orders_placed(until: -7d, since: -30d) = true",
            Matches("orders_placed", (Parameter("date", "BETWEEN", (Offset(-30, "d"), Offset(-7, "d"))),)),
        ),
    ],
)
def test_a_clause(query: str, tree: Query) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("number_of_orders = 1 OR number_of_orders = 2 AND amount_spent > 500", Or((ONE, And((TWO, RICH))))),
        ("(number_of_orders = 1 OR number_of_orders = 2) AND amount_spent > 500", And((Or((ONE, TWO)), RICH))),
        ("NOT number_of_orders = 1 AND amount_spent > 500", And((Not(ONE), RICH))),
        ("NOT (number_of_orders = 1 AND amount_spent > 500)", Not(And((ONE, RICH)))),
        ("NOT NOT number_of_orders = 1", Not(Not(ONE))),
        ("number_of_orders = 1 AND (number_of_orders = 2 AND amount_spent > 500)", And((ONE, TWO, RICH))),
        ("(number_of_orders = 1 OR number_of_orders = 2) OR amount_spent > 500", Or((ONE, TWO, RICH))),
        ("((number_of_orders = 1))", ONE),
    ],
)
def test_how_clauses_join(query: str, tree: Query) -> None:
    assert parse(query) == tree


def test_a_node_knows_its_place() -> None:
    text = "  amount_spent > 500 AND NOT (number_of_orders = 1 OR orders_placed MATCHES (count = 2))"

    tree = parse(text)

    assert isinstance(tree, And)
    negation = tree.children[1]
    assert isinstance(negation, Not)
    assert isinstance(negation.child, Or)
    matches = negation.child.children[1]
    assert isinstance(matches, Matches)
    assert [text[span.start : span.end] for span in (tree.span, negation.span, negation.child.span)] == [
        text.strip(),
        "NOT (number_of_orders = 1 OR orders_placed MATCHES (count = 2))",
        "number_of_orders = 1 OR orders_placed MATCHES (count = 2)",
    ]
    assert [text[span.start : span.end] for span in (matches.span, matches.parameters[0].span)] == [
        "orders_placed MATCHES (count = 2)",
        "count = 2",
    ]


def test_places_do_not_make_trees_differ() -> None:
    assert parse("number_of_orders=1") == parse("  number_of_orders  =  1")
    assert parse("number_of_orders=1").span == Span(0, 18)


def test_a_number_keeps_its_trailing_zeros() -> None:
    tree = parse("amount_spent > 100.50")

    assert isinstance(tree, Comparison)
    assert str(tree.value) == str(Number(Decimal("100.50")))
