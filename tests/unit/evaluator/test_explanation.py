"""What an explanation says of a query's parts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import Explanation, compile_query, evaluate, explain
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.facts.metafields import Metafield
from segment_core.instants import parse as instant
from segment_core.language import parse
from segment_core.shop import NO_CURRENCY, Shop

SHOP = Shop(ZoneInfo("America/New_York"), "USD")
AT = instant("2026-03-01T12:00:00Z")
CUSTOMER = read_customer(
    {
        "id": "1",
        "tags": ["vip", "new"],
        "email": "a@example.com",
        "orders": [
            {"id": "1", "created_at": "2026-02-20T12:00:00Z", "total": "40.00", "lines": [{"quantity": 3}]},
            {"id": "2", "created_at": "2026-02-25T12:00:00Z", "total": "80.50", "lines": [{"quantity": 1}]},
        ],
    }
)


def explained(query: str, customer: Customer = CUSTOMER, at: datetime = AT) -> Explanation:
    return compile_query(parse(query)).explain(customer, SHOP, at)


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("last_order_date > -30d", instant("2026-02-25T12:00:00Z")),
        ("abandoned_checkout_date > -30d", None),
        ("number_of_orders = 1", "2 orders"),
        ("amount_spent > 1", "120.50 USD"),
        ("customer_tags CONTAINS 'vip'", "new, vip"),
        ("customer_countries CONTAINS 'US'", None),
        ("customer_email_domain = 'x'", "example.com"),
        ("customer_language = 'en'", None),
        ("last_order_date IS NULL", instant("2026-02-25T12:00:00Z")),
        ("orders_placed MATCHES ()", "2 orders"),
        ("orders_placed NOT MATCHES (date > -7d)", "1 order"),
        ("orders_placed MATCHES (sum_amount > 1, count > 1)", "120.50 USD, 2 orders"),
        ("products_purchased MATCHES (sum_quantity > 1)", "4 units"),
        ("event('quiz') MATCHES ()", "0 events"),
        ("shopify_email.opened MATCHES ()", "0 events"),
        ("orders_refunded MATCHES ()", "0 refunds"),
        ("average_order_value > 1", "60.25"),
        ("average_days_between_orders > 1", "5"),
        ("days_overdue > 1", "-1"),
        ("orders_placed MATCHES (date > -7d, sum_amount > 2 * sum_amount(date <= -7d))", "80.50 USD against 80.00 USD"),
    ],
)
def test_a_clause_shows_the_value_it_saw(query: str, seen: datetime | str | None) -> None:
    assert explained(query).seen == seen


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("number_of_orders >= 3", "2 of 3 orders"),
        ("number_of_orders > 3", "2 of 4 orders"),
        ("number_of_orders = 3", "2 of 3 orders"),
        ("number_of_orders BETWEEN 3 AND 5", "2 of 3 orders"),
        ("number_of_orders = 1", ""),
        ("number_of_orders IN (3, 4)", ""),
        ("number_of_orders != 2", ""),
        ("number_of_orders < 2", ""),
        ("number_of_orders >= 2", ""),
        ("amount_spent >= 500", "120.50 of 500 USD"),
        ("amount_spent > 120.50", "120.50 of more than 120.50 USD"),
        ("amount_spent > 500", "120.50 of more than 500 USD"),
        ("orders_placed MATCHES (date > -7d, count >= 3)", "1 of 3 orders"),
        ("orders_placed MATCHES (date = today)", "0 of 1 order"),
        ("orders_placed MATCHES (sum_amount >= 500, count >= 3)", "120.50 of 500 USD, 2 of 3 orders"),
        ("orders_placed MATCHES (sum_amount >= 100, count >= 3)", "2 of 3 orders"),
        ("products_purchased MATCHES (sum_quantity > 4)", "4 of 5 units"),
        (
            "orders_placed MATCHES (date > -7d, sum_amount > 3 * sum_amount(date <= -7d))",
            "80.50 of more than 120.00 USD",
        ),
        ("orders_placed NOT MATCHES (count >= 1)", ""),
        ("orders_placed NOT MATCHES (count >= 3)", ""),
        ("last_order_date > today", ""),
    ],
)
def test_a_clause_that_does_not_hold_says_how_far_totals_fall_short(query: str, missing: str) -> None:
    assert explained(query).missing == missing


@pytest.mark.parametrize(
    ("query", "ahead"),
    [
        ("orders_placed MATCHES (date >= -12d, count >= 3)", "the window loses one on 2026-03-05"),
        ("orders_placed MATCHES (date >= -12d)", "the window loses one on 2026-03-05"),
        ("orders_placed NOT MATCHES (date >= -12d, count >= 3)", "the window loses one on 2026-03-05"),
        ("orders_placed MATCHES (date <= -7d, count = 0)", "the window gains one on 2026-03-04"),
        ("orders_placed MATCHES (date >= -12d, sum_amount > 100)", "the window loses 40.00 USD on 2026-03-05"),
        (
            "orders_placed MATCHES (date >= -12d, sum_amount > 1, count > 1)",
            "the window loses 40.00 USD, loses 1 order on 2026-03-05",
        ),
        ("products_purchased MATCHES (date >= -12d, sum_quantity > 1)", "the window loses 3 on 2026-03-05"),
        ("number_of_orders = 3", ""),
        ("orders_placed MATCHES (date > -7d, count > count(date <= -7d))", "the difference loses 2 on 2026-03-04"),
        (
            "orders_placed MATCHES (date > -7d, sum_amount > 2 * sum_amount(date <= -7d), count > 1)",
            "the difference loses 241.50 USD, loses 1 order on 2026-03-04",
        ),
        ("days_overdue > 1", "next on 2026-03-04"),
        ("orders_placed MATCHES (date >= 2026-01-01)", ""),
        ("last_order_date = -7d", "next on 2026-03-04"),
        ("last_order_date < -7d", "next on 2026-03-05"),
        ("last_order_date > -7d", ""),
        ("last_order_date > today", ""),
        ("customer_tags CONTAINS 'sale'", ""),
    ],
)
def test_a_clause_says_what_time_alone_brings_next(query: str, ahead: str) -> None:
    assert explained(query).ahead == ahead


def test_a_total_without_a_window_changes_too_when_a_fact_is_dated_ahead() -> None:
    order = {"id": "1", "created_at": "2026-02-20T12:00:00Z", "cancelled_at": "2026-03-02T04:59:59Z"}
    cancelled = read_customer({"id": "1", "orders": [order]})
    assert explained("number_of_orders >= 1", cancelled).ahead == "loses one on 2026-03-01"


@pytest.mark.parametrize(("total", "change"), [("0.50", "loses 0.50 USD"), ("-0.50", "gains 0.50 USD")])
def test_a_small_change_is_one_too(total: str, change: str) -> None:
    order = {"id": "1", "created_at": "2026-02-28T12:00:00Z", "total": total}
    customer = read_customer({"id": "1", "orders": [order]})
    window = "orders_placed MATCHES (date >= -2d, sum_amount > 0)"
    assert explained(window, customer).ahead == f"the window {change} on 2026-03-03"


@pytest.mark.parametrize(
    ("tags", "seen"),
    [("gfedcba", "a, b, c, d, e and 2 more"), ("fedcba", "a, b, c, d, e and 1 more"), ("edcba", "a, b, c, d, e")],
)
def test_a_long_list_is_shortened(tags: str, seen: str) -> None:
    assert explained("customer_tags CONTAINS 'x'", Customer("1", tags=tuple(tags))).seen == seen


@pytest.mark.parametrize(
    ("type_", "value", "query", "seen"),
    [
        ("boolean", True, "= true", "true"),
        ("boolean", "false", "= true", "false"),
        ("date", "2026-03-01", "= today", "2026-03-01"),
        ("date_time", "2026-03-01T12:00:00Z", "= today", instant("2026-03-01T12:00:00Z")),
        ("number_decimal", "0.000000001", "= 1", "0.000000001"),
        ("number_decimal", "0.0000000001", "= 1", "0.00"),
        ("number_integer", "1200", "= 1", "1200"),
        ("list.number_integer", [3, 12], "CONTAINS 3", "12, 3"),
        ("json", "{}", "IS NULL", "a value of type json"),
        ("boolean", "true", "IN (today, -1d)", "true"),
    ],
)
def test_a_metafield_is_shown_as_what_it_is(type_: str, value: object, query: str, seen: datetime | str) -> None:
    customer = Customer("1", metafields={"a.b": Metafield(type_, value)})
    assert explained(f"metafields.a.b {query}", customer).seen == seen


def test_an_average_of_many_decimals_is_rounded_to_hundredths() -> None:
    orders = [{"id": str(n), "created_at": "2026-02-20T12:00:00Z", "total": total} for n, total in enumerate("118")]
    assert explained("average_order_value > 1", read_customer({"id": "1", "orders": orders})).seen == "3.33"


def test_money_of_a_shop_without_a_currency_is_shown_without_one() -> None:
    shop = Shop(ZoneInfo("UTC"), NO_CURRENCY)
    seen = [explain(parse(query), CUSTOMER, shop, AT).seen for query in ("amount_spent > 1", "number_of_orders > 1")]
    assert seen == ["120.50", "2 orders"]


def test_the_tree_is_that_of_the_query_with_the_verdict_of_every_part() -> None:
    query = "last_order_date > -30d AND (number_of_orders >= 3 OR NOT customer_tags CONTAINS 'vip')"
    leaves = instant("2026-03-27T04:00:00Z")
    assert explained(query) == Explanation(
        kind="and",
        text=query,
        member=False,
        until=None,
        children=(
            Explanation("clause", "last_order_date > -30d", True, leaves, seen=instant("2026-02-25T12:00:00Z")),
            Explanation(
                "or",
                "number_of_orders >= 3 OR NOT customer_tags CONTAINS 'vip'",
                False,
                None,
                children=(
                    Explanation(
                        "clause", "number_of_orders >= 3", False, None, seen="2 orders", missing="2 of 3 orders"
                    ),
                    Explanation(
                        "not",
                        "NOT customer_tags CONTAINS 'vip'",
                        False,
                        None,
                        children=(Explanation("clause", "customer_tags CONTAINS 'vip'", True, None, seen="new, vip"),),
                    ),
                ),
            ),
        ),
    )


@pytest.mark.parametrize("query", ["last_order_date > -30d", "NOT (last_order_date > -5d AND number_of_orders > 1)"])
def test_an_explanation_agrees_with_the_verdict(query: str) -> None:
    rule = parse(query)
    explanation = explain(rule, CUSTOMER, SHOP, AT)
    assert (explanation.member, explanation.until) == evaluate(rule, CUSTOMER, SHOP, AT)


@pytest.mark.parametrize(
    ("value", "zone"), [("0001-01-01T00:00:00Z", "America/New_York"), ("9999-12-31T23:59:59Z", "Pacific/Kiritimati")]
)
def test_instants_at_the_ends_of_the_calendar_are_shown(value: str, zone: str) -> None:
    customer = Customer("1", metafields={"a.d": Metafield("date_time", value)})
    shop = Shop(ZoneInfo(zone), "USD")
    explanation = explain(parse("metafields.a.d <= 9999-01-01"), customer, shop, AT)
    assert explanation.seen == instant(value)
