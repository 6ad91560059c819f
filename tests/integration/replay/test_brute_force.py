"""The brute force itself, on histories small enough to answer by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from .brute_force import BruteForce
from .days import day_start
from .history import Order, Registration
from .segments import FEW, SEGMENTS, Segment

OSLO = ZoneInfo("Europe/Oslo")
SECOND = timedelta(seconds=1)
ALL = tuple({segment.name: segment for segment in (*SEGMENTS, *FEW)}.values())


def start(text: str) -> datetime:
    return day_start(OSLO, date.fromisoformat(text))


def told(*orders: tuple[datetime, str, int], segments: tuple[Segment, ...] = ALL) -> BruteForce:
    """One customer's orders (instant, amount, quantity), each told at once."""
    brute = BruteForce({"shop": OSLO}, segments)
    for number, (at, amount, quantity) in enumerate(orders):
        created = orders[0][0]
        brute.learn([Order("shop", "c", created, str(number), at, Decimal(amount), quantity)], at)
    return brute


def names(brute: BruteForce, at: datetime) -> set[str]:
    return {name for name, members in brute.members("shop", at).items() if "c" in members}


def flips(brute: BruteForce, name: str, instants: list[datetime]) -> list[bool]:
    return ["c" in brute.members("shop", at)[name] for at in instants]


@pytest.mark.parametrize(
    ("name", "orders", "last_in"),
    [
        ("recent repeat purchasers", 2, "1997-03-30"),
        ("exactly once in 90 days, 50 spent", 1, "1997-05-30"),
        ("last order 4 to 12 weeks ago", 1, "1997-05-24"),
        ("large order yesterday", 1, "1997-03-02"),
    ],
)
def test_a_window_ends_with_a_local_day(name: str, orders: int, last_in: str) -> None:
    end = day_start(OSLO, date.fromisoformat(last_in) + timedelta(days=1))
    for placed in (start("1997-03-01"), start("1997-03-02") - SECOND):
        brute = told(*[(placed, "95.00", 1)] * orders)
        assert flips(brute, name, [end - SECOND, end]) == [True, False]


@pytest.mark.parametrize(
    ("name", "orders", "first_in"),
    [
        ("no order for 60 days", 2, "1997-05-01"),
        ("one-timers who went quiet", 1, "1997-04-27"),
        ("last order 4 to 12 weeks ago", 1, "1997-03-29"),
        ("large order yesterday", 1, "1997-03-02"),
        ("neither new nor regular", 1, "1997-06-02"),
    ],
)
def test_time_alone_brings_customers_in(name: str, orders: int, first_in: str) -> None:
    brute = told(*[(start("1997-03-01") + timedelta(hours=9), "95.00", 1)] * orders)
    entered = start(first_in)
    assert flips(brute, name, [entered - SECOND, entered]) == [False, True]


def test_counts_and_sums_take_only_orders_of_the_window() -> None:
    placed = start("1997-01-10")
    brute = told(
        (placed, "60.00", 1), (placed + timedelta(days=1), "39.99", 1), (placed + timedelta(days=2), "0.01", 1)
    )
    assert {"three orders in 90 days", "100 spent in 6 months"} <= names(brute, placed + timedelta(days=3))
    assert "three orders in 90 days" not in names(brute, start("1997-04-11"))
    assert "100 spent in 6 months" in names(brute, start("1997-07-10"))
    assert "100 spent in 6 months" not in names(brute, start("1997-07-11"))


def test_units_are_added_over_the_window() -> None:
    brute = told((start("1997-01-10"), "10.00", 3), (start("1997-01-20"), "10.00", 2))
    name = "five discs between 1 and 5 months ago"
    instants = [start("1997-02-19"), start("1997-02-20"), start("1997-06-10"), start("1997-06-11")]
    assert flips(brute, name, instants) == [False, True, True, False]


def test_customers_without_orders() -> None:
    brute = BruteForce({"shop": OSLO}, ALL)
    added = start("1997-03-01") + timedelta(hours=5)
    brute.learn([Registration("shop", "c", added)], added)
    assert names(brute, added - SECOND) == set()
    assert names(brute, added) == {"never ordered", "added lately, nothing bought", "neither new nor regular"}
    assert "added lately, nothing bought" in names(brute, start("1997-03-14"))
    assert "added lately, nothing bought" not in names(brute, start("1997-03-15"))


def test_a_zero_value_order_counts_as_an_order() -> None:
    brute = told((start("1997-02-28"), "0.00", 1))
    assert {"recent purchasers", "first bought in February, one free order or two dates"} <= names(
        brute, start("1997-03-01")
    )


def test_february_ends_with_its_last_local_second_and_a_moment_is_local() -> None:
    name = "first bought in February, one free order or two dates"
    moment = datetime(1997, 3, 30, 16, tzinfo=OSLO).astimezone(UTC)
    for first, second, expected in (
        (start("1997-03-01") - SECOND, moment, True),
        (start("1997-03-01"), moment, False),
        (start("1997-02-01") - SECOND, moment, False),
        (start("1997-02-01"), moment - SECOND, False),
    ):
        brute = told((first, "10.00", 1), (second, "10.00", 1))
        assert flips(brute, name, [moment]) == [expected]


def test_what_is_not_known_yet_does_not_count() -> None:
    brute = BruteForce({"shop": OSLO}, ALL)
    placed, known = start("1997-03-01"), start("1997-03-02")
    brute.learn([Order("shop", "c", placed, "1", placed, Decimal(10), 1)], known)
    assert names(brute, known - SECOND) == set()
    assert "recent purchasers" in names(brute, known)
    assert brute.members("shop", known, known=known - SECOND)["recent purchasers"] == set()


def test_telling_twice_changes_nothing() -> None:
    brute = told((start("1997-03-01"), "60.00", 1), (start("1997-03-02"), "60.00", 1))
    at = start("1997-03-05")
    before = brute.members("shop", at)
    again = Order("shop", "c", start("1997-03-01"), "0", start("1997-03-01"), Decimal(60), 1)
    brute.learn([again], at)
    assert brute.members("shop", at) == before


def test_a_segment_and_its_negation_part_the_customers() -> None:
    opposites = tuple(Segment(s.name, s.query, f"NOT COALESCE(({s.having}), 0)") for s in ALL)
    orders = [(start("1997-02-01") + timedelta(days=9 * n), "45.00", n) for n in range(1, 6)]
    at = start("1997-03-20")
    plain, negated = (told(*orders, segments=segments).members("shop", at) for segments in (ALL, opposites))
    assert {name: plain[name] ^ negated[name] for name in plain} == {name: {"c"} for name in plain}


def test_shops_do_not_see_each_other() -> None:
    brute = BruteForce({"shop": OSLO, "other": OSLO}, ALL)
    at = start("1997-03-01")
    brute.learn([Registration("shop", "c", at)], at)
    assert brute.customers("shop", at) == ["c"]
    assert brute.customers("other", at) == []
    assert not any(brute.members("other", at).values())


def test_an_answer_can_be_limited_to_some_customers() -> None:
    brute = BruteForce({"shop": OSLO}, ALL)
    at = start("1997-03-01")
    brute.learn([Registration("shop", customer, at) for customer in ("a", "b")], at)
    assert brute.members("shop", at, only={"b", "z"})["never ordered"] == {"b"}
    assert brute.members("shop", at)["never ordered"] == {"a", "b"}
