"""Corners of asking many definitions at once, each against the definitions one by one."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Checkout, Customer, Order
from segment_core.facts.metafields import Metafield
from segment_core.language import ast, parse
from segment_core.rules import Answer, RuleSet, aging, changes, columns, values
from segment_core.rules.program import Program
from segment_core.rules.sources import field, happened, settled, settled_parts
from segment_core.shop import Shop

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def answer(customer: Customer, queries: list[str], zone: str = "UTC", at: datetime = AT) -> Answer:
    """The answer to all of them, which must be that of the single rules."""
    shop = Shop(ZoneInfo(zone), "USD")
    rules = RuleSet({slot: parse(query) for slot, query in enumerate(queries)})
    verdicts = [compile_query(parse(query)).evaluate(customer, shop, at) for query in queries]
    bits = sum(verdict.member << slot for slot, verdict in enumerate(verdicts))
    expected = Answer(bits, min((verdict.until for verdict in verdicts if verdict.until), default=None))
    assert rules.answer(customer, shop, at) == expected
    assert rules.members(customer, shop, at) == bits
    return expected


@pytest.mark.parametrize("more", ["abandoned_checkout_date >= 2026-03-01", "abandoned_checkout_date >= -1m"])
def test_a_date_that_another_follows_is_followed_on_every_scale(more: str) -> None:
    waiting = Customer("1", checkouts=(Checkout("1", AT - timedelta(minutes=30)),))
    assert answer(waiting, ["abandoned_checkout_date < -7d", more]).until == AT + timedelta(minutes=30)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("operator", ["=", "!="])
@pytest.mark.parametrize("value", [Metafield("boolean", True), Metafield("boolean", False),
                                   Metafield("number_integer", 1), Metafield("number_integer", 0)])  # fmt: skip
def test_true_is_not_one(value: Metafield, operator: str, reverse: bool) -> None:
    queries = [f"metafields.a.b {operator} {word}" for word in ("true", "1", "false", "0")]
    answer(Customer("1", metafields={"a.b": value}), queries[::-1] if reverse else queries)


def test_a_date_that_a_zone_skipped_is_no_midnight() -> None:
    customer = Customer("1", metafields={"a.b": Metafield("date", "2011-12-30")})
    at = datetime(2011, 12, 28, 12, tzinfo=UTC)
    assert answer(customer, ["metafields.a.b = today"], "Pacific/Apia", at).until is None
    assert answer(customer, ["metafields.a.b = today", "metafields.a.b < today"], "Pacific/Apia", at).until


NUMBERS = ("0", "0.0004", "0.0005", "0.001", "-0.0005", "-2", "12.34", "12.3400", "12.34005", "9007199254740993")


@pytest.mark.parametrize("type_", ["number_decimal", "number_integer", "single_line_text_field"])
@pytest.mark.parametrize("said", [*NUMBERS, "9" * 40, f"-0.{'0' * 39}1"])
def test_numbers_are_compared_exactly_however_fine_they_are(said: str, type_: str) -> None:
    queries = [f"metafields.a.b {operator} {number}" for number in NUMBERS for operator in ("=", "<", ">=")]
    answer(Customer("1", metafields={"a.b": Metafield(type_, said)}), [*queries, "metafields.a.b = '12.34'"])


@pytest.mark.parametrize("total", ["12.34", "12.3405", "0.0005"])
def test_so_is_money_that_orders_come_to(total: str) -> None:
    queries = [
        f"amount_spent {operator} {number}" for number in NUMBERS if number[0] != "-" for operator in ("<", ">=")
    ]
    answer(Customer("1", orders=(Order("1", AT - timedelta(days=1), total=Decimal(total)),)), queries)


@pytest.mark.parametrize(
    ("type_", "said", "literal"),
    [
        ("single_line_text_field", "x", ast.Text("x")),
        ("number_integer", 5, ast.Number(Decimal(5))),
        ("boolean", True, ast.Truth(True)),
        ("date", "2026-03-01", ast.Day(date(2026, 3, 1))),
    ],
)
def test_names_of_metafields_are_never_code(type_: str, said: object, literal: ast.Value) -> None:
    key = "a.b') or exit('"
    customer = Customer("1", metafields={key: Metafield(type_, said)})
    query = ast.Comparison(f"metafields.{key}", "=", literal)
    assert RuleSet({0: query}).members(customer, Shop(ZoneInfo("UTC"), "USD"), AT) == 1


def test_only_names_of_fields_become_code() -> None:
    program = Program("subject")
    for source in (field("id) or exit("), settled("orders or 1", len), settled_parts("last"), happened("at", len)):
        with pytest.raises(AttributeError):
            source(program)
    program.local("customer", "subject.customer")
    with pytest.raises(ValueError, match="customer is subject"):
        program.local("customer", "subject")


def test_many_customers_of_many_zones_are_asked_about_in_turn() -> None:
    queries = ["metafields.a.b >= -1d", "metafields.a.b = today", "customer_tags CONTAINS 'x'", "rfm_group = 'NEW'"]
    rules = RuleSet({slot: parse(query) for slot, query in enumerate(queries)})
    alone = [compile_query(parse(query)) for query in queries]
    shops = [Shop(ZoneInfo(name), "USD") for name in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")]
    answers = set()
    for number, shop in product(range(6), shops):
        said = Metafield("date", f"2026-03-{8 + number:02d}")
        tags, scores = ("x",) * (number % 2), {"rfm_group": "NEW" if number % 3 else "LOYAL"}
        customer = Customer(str(number), tags=tags, scores=scores, metafields={"a.b": said})
        expected = sum(rule.evaluate(customer, shop, AT).member << slot for slot, rule in enumerate(alone))
        assert rules.members(customer, shop, AT) == rules.answer(customer, shop, AT).bits == expected
        answers.add(expected)
    assert len(answers) > 4


def test_what_a_metafield_says_is_of_its_own_type() -> None:
    told = [
        ("number_integer", 1, Decimal(1)),
        ("boolean", True, True),
        ("number_decimal", 1.0, Decimal("1.0")),
        ("boolean", 1, None),
        ("number_integer", True, None),
        ("date", "2026-03-10", date(2026, 3, 10)),
        ("list.number_integer", [1, True], (Decimal(1),)),
        ("rating", 1, None),
    ]
    metafields = {str(number): Metafield(type_, value) for number, (type_, value, _) in enumerate(told)}
    seen = Customer("1", metafields=metafields).metafield_values
    assert [(seen.get(key), type(seen.get(key))) for key in metafields] == [(said, type(said)) for *_, said in told]


@pytest.mark.parametrize(
    "query",
    [
        "metafields.a.b <= +7m",
        "metafields.a.b <= +30d",
        "customer_added_date = +8y",
    ],
)
def test_the_last_days_there_are_are_looked_at_again_before_they_come(query: str) -> None:
    last = datetime(9999, 12, 31, 13, tzinfo=UTC)
    customer = Customer("1", created_at=last, metafields={"a.b": Metafield("date", "9999-12-31")})
    shop = Shop(ZoneInfo("America/Juneau"), "USD")
    until = RuleSet({0: parse(query)}).answer(customer, shop, AT).until
    alone = compile_query(parse(query)).evaluate(customer, shop, AT).until
    assert until == datetime(9000, 1, 1, tzinfo=UTC)
    assert alone is not None
    assert until <= alone


def test_days_on_which_nothing_changes_that_is_left_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, differs = [], changes.Now.differs
    monkeypatch.setattr(changes.Now, "differs", lambda self, refuted: (looked.append(1), differs(self, refuted))[1])
    customer = Customer("1", metafields={"a.b": Metafield("date", "2026-03-01")})
    queries = [f"customer_tags CONTAINS 'vip' AND metafields.a.b < -{days}d" for days in range(3, 60)]
    assert answer(customer, [*queries, "metafields.a.b < -60m"]).until == datetime(2031, 3, 2, tzinfo=UTC)
    assert len(looked) == 1


def test_a_day_is_asked_about_again_and_again_whoever_has_a_date_on_it() -> None:
    queries = ["metafields.a.b >= -3d", "metafields.a.b < -7d AND metafields.a.c > -1m", "customer_added_date = -3d"]
    rules = RuleSet({slot: parse(query) for slot, query in enumerate(queries)})
    alone = [compile_query(parse(query)) for query in queries]
    said: list[object] = [
        "2026-03-07",
        "2026-03-07T03:00:00Z",
        "2026-03-08T01:00:00Z",
        "2026-03-07T20:00:00Z",
        "2026-03-02",
        5,
        "x",
    ]
    for zone, (one, other), hours in product(
        ("UTC", "America/New_York", "Asia/Tokyo"), product(said, said), (0, 3, 20, 60)
    ):
        types = ["date" if len(str(value)) == 10 else "date_time" if len(str(value)) > 10 else "number_integer"
                 for value in (one, other)]  # fmt: skip
        metafields = {"a.b": Metafield(types[0], one), "a.c": Metafield(types[1], other)}
        customer = Customer("1", created_at=AT - timedelta(hours=hours + 50), metafields=metafields)
        shop, at = Shop(ZoneInfo(zone), "USD"), AT + timedelta(hours=hours)
        verdicts = [rule.evaluate(customer, shop, at) for rule in alone]
        bits = sum(verdict.member << slot for slot, verdict in enumerate(verdicts))
        until = min((verdict.until for verdict in verdicts if verdict.until), default=None)
        assert rules.answer(customer, shop, at) == Answer(bits, until)
        assert rules.members(customer, shop, at) == bits


DEEP = [f"customer_tags CONTAINS 'vip' AND metafields.a.b < -{days}d" for days in range(30, 60, 7)]


def test_only_so_many_days_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aging, "_KEPT", 10)
    rules = RuleSet({slot: parse(query) for slot, query in enumerate((*DEEP, "metafields.a.b < -20m"))})
    shop, most, before = Shop(ZoneInfo("Europe/Berlin"), "USD"), 0, days_alive()
    for tags, day in product((("vip",), ()), range(1, 28)):  # the second time each is followed farther
        customer = Customer("1", tags=tags, metafields={"a.b": Metafield("date", f"2026-02-{day:02d}")})
        alone = [rule.evaluate(customer, shop, AT).until for rule in map(rules.rule, range(len(DEEP) + 1)) if rule]
        assert rules.answer(customer, shop, AT).until == min(until for until in alone if until)
        most = max(most, days_alive() - before)
    assert len(DEEP) < most <= 10 + len(DEEP) + 2


def test_what_is_kept_is_found_again_until_there_is_too_much_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aging, "_KEPT", 100)
    made, make = [], aging.Aging.__init__
    monkeypatch.setattr(aging.Aging, "__init__", lambda *given: (made.append(1), make(*given))[1])
    rules = RuleSet({slot: parse(query) for slot, query in enumerate((*DEEP, "metafields.a.b < -20m"))})
    shop, counts = Shop(ZoneInfo("Europe/Berlin"), "USD"), []
    for day in (1, 1, *range(1, 28), 26, 27, 26):
        rules.answer(Customer("1", metafields={"a.b": Metafield("date", f"2026-02-{day:02d}")}), shop, AT)
        counts.append(len(made))
    assert 0 < counts[0] == counts[1] == counts[2]
    assert 100 < counts[-4] == counts[-1] < 200


def test_only_the_last_dates_are_kept() -> None:
    rules, shop = RuleSet({0: parse("metafields.a.b < -20m")}), Shop(ZoneInfo("UTC"), "USD")
    customer, before = Customer("1", metafields={"a.b": Metafield("date", "2026-02-01")}), days_alive()
    for day in range(20):
        rules.answer(customer, shop, AT + timedelta(days=day))
    assert 0 < days_alive() - before <= 8


def days_alive() -> int:
    gc.collect()
    return sum(isinstance(one, aging.Aging) for one in gc.get_objects())


@pytest.mark.parametrize("year", [1199, 2026, 8801])
def test_an_instant_without_an_offset_is_refused(year: int) -> None:
    rules, shop = RuleSet({0: parse("number_of_orders = 0")}), Shop(ZoneInfo("UTC"), "USD")
    for ask in (rules.members, rules.answer):
        with pytest.raises(ValueError, match="offset"):
            ask(Customer("1"), shop, datetime(year, 3, 10))
        assert ask(Customer("1"), shop, datetime(year, 3, 10, tzinfo=UTC)) in {1, Answer(1, None)}


def test_elements_of_lists_are_kept_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_REMEMBERED", 3)
    made: list[values.Words[object]] = []
    make = values.Words.__init__
    monkeypatch.setattr(values.Words, "__init__", lambda self, *given: (made.append(self), make(self, *given))[1])
    rules = RuleSet({0: parse("customer_tags CONTAINS 'x'")})
    for number in range(20):
        assert rules.members(Customer("1", tags=("x", f"t{number}", "y" * 65)), Shop(ZoneInfo("UTC"), "USD"), AT) == 1
    (words,) = made
    assert 0 < len(words.known) <= 3
    assert "y" * 65 not in words.known
