"""How much work a query can be, counted in calls of functions: hostile ones are valid, and must not hold anybody up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core.calendar import day_start, local_date
from segment_core.evaluator import anniversaries, compile_query, conditions, depends_on
from segment_core.facts.customer import Customer, Order
from segment_core.facts.metafields import Metafield
from segment_core.instants import parse as instant
from segment_core.language import check, parse
from segment_core.shop import Shop

AT = instant("2026-03-01T12:00:00Z")
SHOP = Shop(ZoneInfo("Europe/Oslo"), "USD")
BORN = Customer(
    "1",
    metafields={f"a.d{day}": Metafield("date", f"1990-{1 + day // 28:02}-{1 + day % 28:02}") for day in range(100)},
)
ORDERS = 500
BUYER = Customer(
    "2",
    orders=tuple(
        Order(str(n), AT - timedelta(hours=31 * n), total=Decimal(n % 90), currency="USD", tags=("a", "b"))
        for n in range(ORDERS)
    ),
)


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, and generators resumed; nothing is remembered from before."""
    caches: Any = (day_start, local_date, anniversaries._window, conditions._windows_of_day, conditions._first_day)
    for cache in caches:
        cache.cache_clear()
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def evaluating(query: str, customer: Customer, shop: Shop = SHOP) -> int:
    rule = compile_query(check(query).query)
    return calls(lambda: rule.evaluate(customer, shop, AT))


def on_day(day: int) -> str:
    return f"anniversary('metafields.a.d{day}') = today"


@pytest.mark.parametrize(
    "query",
    [
        f"{on_day(1)} AND {on_day(2)}",
        " AND ".join(map(on_day, range(50))),
        " OR ".join(f"{on_day(day)} AND {on_day(day + 1)}" for day in range(0, 50, 2)),
        f"{'NOT (' * 8}{on_day(0)} AND {on_day(1)}"
        + "".join(f") AND ({on_day(n)} OR {on_day(n + 1)} AND {on_day(n + 2)})" for n in range(2, 26, 3)),
        " AND ".join(f"anniversary('metafields.a.d{day}') BETWEEN -1y AND +1d" for day in range(50)),
        " OR ".join(f"anniversary('metafields.a.d{day}') BETWEEN +2d AND -2d" for day in range(50)),
    ],
    ids=["two days", "fifty days", "pairs", "nested", "always", "never"],
)
def test_days_that_never_meet_are_not_looked_for_through_all_years(query: str) -> None:
    # Some tens of calls for each window of a year, and a few windows for each clause beside the 64 steps of all.
    assert evaluating(query, BORN) < 15_000


def test_clauses_on_the_same_rows_go_over_them_once() -> None:
    def query(count: int) -> str:
        return " OR ".join(f"orders_placed MATCHES (tag = 'a', date >= -90d, count > {50 + n})" for n in range(count))

    assert evaluating(query(50), BUYER) < 4 * evaluating(query(1), BUYER)


def test_windows_of_the_same_rows_filter_them_once() -> None:
    def query(*windows: str) -> str:
        compared = (f"sum_amount > 99 * sum_amount({window})" for window in windows)
        return " OR ".join(f"orders_placed MATCHES (tag = 'a', date >= -90d, {one})" for one in compared)

    window, other = (f"date BETWEEN -{days}d AND -91d" for days in (180, 179))
    alone = evaluating(query(window), BUYER)
    assert evaluating(query(window, window), BUYER) < 1.25 * alone
    assert evaluating(query(window, other), BUYER) < 2 * alone
    # What a window costs for each row, most of which are too old for it.
    assert evaluating(query(*(f"date BETWEEN -{days}d AND -91d" for days in range(101, 126))), BUYER) < 25 * 15 * ORDERS


def test_a_segment_is_answered_once_however_many_ask_it() -> None:
    def doubled(levels: int) -> Shop:
        queries = {f"s{n}": f"in_segment('s{n + 1}') AND NOT (NOT in_segment('s{n + 1}'))" for n in range(levels)}
        queries[f"s{levels}"] = "last_order_date >= -30d"
        return Shop(SHOP.zone, "USD", segments={name: compile_query(parse(query)) for name, query in queries.items()})

    nine = doubled(9)
    rule = compile_query(parse("in_segment('s0')"))
    assert rule.evaluate(BUYER, nine, AT).member
    assert calls(lambda: rule.evaluate(BUYER, nine, AT)) - calls(lambda: rule.evaluate(BUYER, doubled(0), AT)) < 3_000
    assert calls(lambda: depends_on(rule.query, nine.segments)) < 500
