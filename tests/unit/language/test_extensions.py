"""Extensions are refused where only the store's own language is allowed, in words that say what it offers."""

from __future__ import annotations

import pytest

from segment_core.errors import InvalidQuery
from segment_core.language import Limits, check
from segment_core.language.vocabulary import ATTRIBUTES, FUNCTIONS, Attribute, Function

STRICT = Limits(strictness="shopify")


@pytest.mark.parametrize(
    ("query", "column", "hint"),
    [
        ("number_of_orders IN (1, 2)", 17, "one clause for each value, joined with OR"),
        ("rfm_group NOT IN ('NEW')", 10, "joined with AND"),
        ("customer_tags STARTS WITH 'vip'", 14, "one clause for each whole text"),
        ("metafields.custom.size STARTS WITH 'X'", 23, "one clause for each whole text"),
        ("products_purchased MATCHES (tag IN ('a', 'b'))", 32, "one clause for each value"),
        (
            "products_purchased MATCHES (tag STARTS WITH 'a', id = 1)",
            32,
            "one clause for each whole text, joined with OR",
        ),
        ("products_purchased NOT MATCHES (tag IN ('a', 'b'))", 36, "one clause for each value, joined with AND"),
        ("products_purchased MATCHES (tag IN ('a', 'b'), count > 2)", 32, "would not mean the same"),
        ("products_purchased MATCHES (tag NOT IN ('a', 'b'))", 32, "would not mean the same"),
        ("orders_placed MATCHES (channel IN ('web'))", 23, "app_id"),
        ("orders_placed MATCHES (discount_code = 'A')", 23, "only by date, amount"),
        ("products_purchased MATCHES (distinct_products >= 3)", 28, "for each product"),
        ("days_overdue > 7", 0, "last_order_date"),
        ("days_overdue IN (7, 8)", 0, "last_order_date"),
        ("event('quiz') NOT MATCHES (score IN (1, 2))", 0, "shopify_email and storefront"),
        ("NOT in_segment('vip')", 4, "repeat the clauses"),
        ("orders_placed MATCHES (count > 2 * count(date < -90d))", 31, "one clause for each window"),
        ("orders_refunded MATCHES (sum_amount > 5)", 0, "no filter on refunds"),
        ("products_purchased(tag: ('a', 'b')) = true", 22, "one clause for each value"),
    ],
)
def test_an_extension_is_refused_at_its_word(query: str, column: int, hint: str) -> None:
    assert check(query)
    with pytest.raises(InvalidQuery) as refusal:
        check(query, STRICT)
    [problem] = refusal.value.problems
    assert (problem.code, problem.column) == ("extension_not_allowed", column)
    assert problem.message.endswith("' is an extension that the store's own language does not have")
    assert hint in problem.hint


@pytest.mark.parametrize("entry", [*ATTRIBUTES.values(), *FUNCTIONS.values()], ids=lambda entry: entry.name)
def test_the_example_of_a_filter_is_refused_if_it_is_an_extension(entry: Attribute | Function) -> None:
    if not entry.instead:
        assert check(entry.example, STRICT).canonical == entry.example
        return
    with pytest.raises(InvalidQuery) as refusal:
        check(entry.example, STRICT)
    assert [problem.code for problem in refusal.value.problems] == ["extension_not_allowed"]
