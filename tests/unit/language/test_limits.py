"""How large a query may be, and that no size or depth brings the language down."""

from __future__ import annotations

import pytest

from segment_core.errors import InvalidQuery
from segment_core.language import Limits, Problem, check, parse
from segment_core.language.problems import shown

CLAUSE = "number_of_orders = 1"


def problems(text: str, limits: Limits | None = None) -> list[Problem]:
    with pytest.raises(InvalidQuery) as refusal:
        check(text, limits or Limits())
    return list(refusal.value.problems)


def codes(text: str, limits: Limits | None = None) -> list[str]:
    return [problem.code for problem in problems(text, limits)]


def clauses(count: int) -> str:
    return " OR ".join([CLAUSE] * count)


def test_more_than_fifty_clauses_are_too_many() -> None:
    assert check(clauses(50)).canonical == clauses(50)

    [problem] = problems(clauses(51))

    assert problem.code == "too_many_clauses"
    assert problem.message == "The query has 51 clauses (maximum is 50)"
    assert problem.column == len(clauses(50) + " OR ")


def test_a_function_is_one_clause_whatever_its_parameters() -> None:
    assert check("orders_placed MATCHES (date > -1d, count > 1)", Limits(clauses=1))


def test_each_window_that_a_total_is_compared_with_counts_as_a_clause() -> None:
    compared = "orders_placed MATCHES (date > -7d, sum_amount > sum_amount(date <= -7d), count > count(date <= -7d))"
    assert check(f"{CLAUSE} OR {compared}", Limits(clauses=4))
    [problem] = problems(f"{CLAUSE} OR {compared}", Limits(clauses=3))
    assert problem.message == ("The query has 4 clauses with the windows that totals are compared with (maximum is 3)")
    assert problem.column == len(f"{CLAUSE} OR ")


def test_more_than_ten_clauses_are_accepted_with_a_warning() -> None:
    assert check(clauses(10)).warnings == ()

    [warning] = check(clauses(11)).warnings

    assert (warning.code, warning.column) == ("too_many_for_store", len(clauses(10) + " OR "))
    assert warning.message == "The query has 11 clauses; the store itself takes 10"


def test_characters_count_before_trimming() -> None:
    longest = CLAUSE + " " * (5000 - len(CLAUSE))

    assert check(longest).canonical == CLAUSE
    [problem] = problems(longest + " ")
    assert problem == Problem(1, 0, 5001, "too_long", "Query is too long (maximum is 5000 characters)")


def test_blank_and_too_long_at_once() -> None:
    assert [problem.message for problem in problems(" " * 5001)] == [
        "Query can't be blank",
        "Query is too long (maximum is 5000 characters)",
    ]


def test_more_than_five_hundred_ids_are_too_many() -> None:
    def query(count: int) -> str:
        return f"products_purchased MATCHES (id IN ({','.join(str(i) for i in range(count))}))"

    assert check(query(500))
    [problem] = problems(query(501))
    assert (problem.code, problem.message) == ("too_many_values", "The list has 501 values (maximum is 500)")
    assert query(501)[problem.column : problem.column + problem.length] == "500"


@pytest.mark.parametrize(("opening", "closing", "deepest"), [("(", ")", 20), ("NOT ", "", 20), ("NOT (", ")", 10)])
def test_parentheses_and_negations_are_nesting(opening: str, closing: str, deepest: int) -> None:
    assert check(opening * deepest + CLAUSE + closing * deepest)
    [problem] = problems(opening * (deepest + 1) + CLAUSE + closing * (deepest + 1))
    assert (problem.code, problem.message) == ("too_deep", "The query is nested too deep (maximum is 20 levels)")


@pytest.mark.parametrize("text", ["(" * 5000, "NOT " * 1250, "NOT(" * 1250, "(" * 2000 + CLAUSE + ")" * 2000])
def test_depth_never_ends_in_a_recursion_error(text: str) -> None:
    assert "too_deep" in codes(text)


def test_a_list_of_values_has_the_limit_of_ids() -> None:
    assert check("number_of_orders IN (1, 2)", Limits(ids=2))
    assert codes("number_of_orders IN (1, 2, 3)", Limits(ids=2)) == ["too_many_values"]
    assert codes("products_purchased MATCHES (id IN (1, 2, 3))", Limits(ids=2)) == ["too_many_values"]


def test_after_what_is_too_deep_the_rest_is_still_checked() -> None:
    assert codes("(" * 30 + CLAUSE + ")" * 30 + " AND foo = 1") == ["too_deep", "unknown_filter"]


def test_nesting_cannot_be_set_beyond_what_the_language_can_take() -> None:
    assert check("(" * 100 + CLAUSE + ")" * 100, Limits(nesting=100)).canonical == CLAUSE
    assert check(CLAUSE, Limits(nesting=0))
    for nesting in (-1, 101):
        with pytest.raises(ValueError, match="between 0 and 100"):
            Limits(nesting=nesting)


@pytest.mark.parametrize(
    "text",
    [
        "number_of_orders = " + "9" * 4900,
        "amount_spent > " + "9" * 4900,
        "amount_spent > 0." + "9" * 4900,
        "created_by_app_id = " + "9" * 4900,
        "last_order_date > -" + "9" * 4900 + "d",
        "last_order_date > " + "9" * 4900 + "-01-01",
        "customer_tags CONTAINS '" + "\\" * 4900,
        "customer_tags CONTAINS '" + "\\'" * 2400,
        "x" * 4996 + " = 1",
        "orders_placed MATCHES (" + "x" * 4900 + " = 1)",
        "rfm_group = '" + "X" * 4900 + "'",
        "customer_cities CONTAINS 'US-" + "A" * 4900 + " '",
        "metafields." + "a" * 4900 + ".b = 1",
        "metafields.a.b = " + "9" * 4900,
        "metafields.a.b = -" + "9" * 4900 + "d",
        "metafields.a.b CONTAINS 0." + "9" * 4900,
        "anniversary('" + "x" * 4900 + "') = today",
        "anniversary('last_order_date') = +" + "9" * 4900 + "y",
        "store_credit_accounts MATCHES (currency = '" + "U" * 4900 + "')",
        "shopify_email.opened MATCHES (activity_id = " + "9" * 4900 + ")",
        "customer_within_distance MATCHES (coordinates = '0," + "9" * 4900 + "', distance_km = 1)",
        "customer_within_distance MATCHES (coordinates = '0,0." + "9" * 4900 + "', distance_km = 1)",
        "customer_within_distance MATCHES (coordinates = '0,0', distance_mi = " + "9" * 4900 + ")",
    ],
)
def test_a_problem_stays_short_however_long_its_cause(text: str) -> None:
    found = problems(text)

    assert len(found) == 1
    assert len(str(found[0])) < 400


def test_what_was_accepted_is_read_again_without_limits_on_size() -> None:
    typed = "OR ".join(["number_of_orders>1 "] * 50)
    spread = Limits(characters=len(typed))

    canonical = check(typed, spread).canonical

    assert len(canonical) > spread.characters
    assert parse(canonical) == check(typed, spread).query


def test_messages_show_nothing_invisible() -> None:
    assert shown("a\u200b\x00\n\ud800é") == "a\\u200b\\u0000\\u000a\\ud800é"


def test_long_texts_are_shown_in_part() -> None:
    assert shown("x" * 40) == "x" * 40
    assert shown("x" * 41) == "x" * 39 + "…"


def test_an_unpaired_surrogate_is_no_character() -> None:
    [problem] = problems("customer_tags CONTAINS '\ud800'")

    assert (problem.code, problem.column, problem.length) == ("invalid_character", 24, 1)
    str(problem).encode("utf-8")
