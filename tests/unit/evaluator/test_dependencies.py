"""Which facts queries read, and how far back."""

from __future__ import annotations

import pytest

from segment_core.evaluator import Fact, Reach, depends_on
from segment_core.evaluator.dependencies import HAPPENED
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse, vocabulary
from segment_core.record import names

ORDERS, LINES, CHECKOUTS, TAGS = Fact("orders"), Fact("lines"), Fact("checkouts"), Fact("field", "tags")


def test_every_filter_says_what_it_reads() -> None:
    for name, attribute in vocabulary.ATTRIBUTES.items():
        assert depends_on(ast.IsNull(name)) == dict.fromkeys(attribute.reads)
    for name, function in vocabulary.FUNCTIONS.items():
        event = "quiz" if function.argument else ""
        facts = {Fact("event", event)} if event else {*function.reads}
        assert depends_on(ast.Matches(name, (), event=event)) == dict.fromkeys(facts)


def test_the_facts_are_those_of_a_customer() -> None:
    facts = {fact for attribute in vocabulary.ATTRIBUTES.values() for fact in attribute.reads}
    facts |= {fact for function in vocabulary.FUNCTIONS.values() for fact in function.reads}
    assert {fact.name for fact in facts if fact.kind == "field"} <= set(names(Customer))


def test_rows_of_dated_facts_are_limited_by_a_date() -> None:
    for function in vocabulary.FUNCTIONS.values():
        parameter = function.parameter(HAPPENED)
        assert (parameter is not None) == all(fact.kind in ("orders", "lines", "event") for fact in function.reads)
        assert parameter is None or parameter.domain.type == "date"


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("customer_tags CONTAINS 'vip'", {TAGS: None}),
        ("rfm_group = 'LOYAL'", {Fact("score", "rfm_group"): None}),
        ("customer_cities IS NULL OR customer_regions IS NULL", {Fact("field", "addresses"): None}),
        ("metafields.custom.points > 1", {Fact("metafield", "custom.points"): None}),
        ("anniversary('metafields.facts.birth_date') = today", {Fact("metafield", "facts.birth_date"): None}),
        ("anniversary('last_order_date') = today", {ORDERS: None}),
        ("shopify_email.opened MATCHES (date > -1w)", {Fact("event", "shopify_email.opened"): 7}),
        ("number_of_orders >= 3", {ORDERS: None}),
        ("last_order_date > -30d", {ORDERS: 30}),
        ("last_order_date >= -2w", {ORDERS: 14}),
        ("last_order_date = -1m", {ORDERS: 31}),
        ("last_order_date != -1y", {ORDERS: 366}),
        ("last_order_date = today", {ORDERS: 0}),
        ("last_order_date = yesterday", {ORDERS: 1}),
        ("last_order_date > +30d", {ORDERS: 0}),
        ("last_order_date BETWEEN -60d AND -30d", {ORDERS: 60}),
        ("last_order_date BETWEEN 2026-01-01 AND today", {ORDERS: None}),
        ("last_order_date < -30d", {ORDERS: None}),
        ("last_order_date IS NULL", {ORDERS: None}),
        ("first_order_date >= -30d", {ORDERS: None}),
        ("abandoned_checkout_date >= -7d", {CHECKOUTS: 7, ORDERS: 7}),
        ("orders_placed MATCHES ()", {ORDERS: None}),
        ("orders_placed NOT MATCHES (date >= -30d, count > 2)", {ORDERS: 30}),
        ("orders_placed MATCHES (date != -30d)", {ORDERS: None}),
        ("orders_placed MATCHES (date >= -90d, count > count(date BETWEEN -180d AND -91d))", {ORDERS: 180}),
        ("orders_placed MATCHES (count > count(date >= -180d))", {ORDERS: None}),
        ("event('quiz') MATCHES (date >= -7d, score > 1)", {Fact("event", "quiz"): 7}),
        ("days_overdue > 7 AND last_order_date IN (today, -7d)", {ORDERS: None}),
        ("last_order_date IN (today, -7d)", {ORDERS: 7}),
        ("orders_refunded MATCHES (date >= -30d)", {ORDERS: None}),
        ("products_purchased MATCHES (date >= -30d, id = 1)", {ORDERS: 30, LINES: 30}),
        (
            "NOT (last_order_date > -90d OR products_purchased MATCHES (date > -7d) AND customer_tags CONTAINS 'vip')",
            {ORDERS: 90, LINES: 7, TAGS: None},
        ),
        ("last_order_date > -90d AND number_of_orders > 1", {ORDERS: None}),
    ],
)
def test_a_query_depends_on(query: str, facts: dict[Fact, Reach]) -> None:
    assert depends_on(parse(query)) == facts
