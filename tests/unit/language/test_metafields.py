"""Metafields whose definitions are known are checked when a query is written."""

from __future__ import annotations

import pytest

from segment_core.errors import InvalidQuery
from segment_core.language import Limits, Problem, ast, check

DEFINED = Limits(
    metafields={
        "facts.birth_date": "date",
        "custom.renewal": "date_time",
        "custom.points": "number_integer",
        "custom.weight": "number_decimal",
        "custom.size": "single_line_text_field",
        "custom.vip": "boolean",
        "custom.sizes": "list.single_line_text_field",
        "custom.numbers": "list.number_integer",
        "custom.notes": "json",
    }
)


def first_problem(query: str) -> Problem:
    with pytest.raises(InvalidQuery) as refusal:
        check(query, DEFINED)
    return refusal.value.problems[0]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("metafields.facts.birth_date = '1990-05-01'", "metafields.facts.birth_date = 1990-05-01"),
        ("customer.metafields.custom.renewal >= -30d", "metafields.custom.renewal >= -30d"),
        ("metafields.custom.points BETWEEN 5 AND 10", "metafields.custom.points BETWEEN 5 AND 10"),
        ("metafields.custom.weight < 1.5", "metafields.custom.weight < 1.5"),
        ("metafields.custom.size = '5'", "metafields.custom.size = '5'"),
        ("metafields.custom.vip != true", "metafields.custom.vip != true"),
        ("metafields.custom.sizes NOT CONTAINS 'XL'", "metafields.custom.sizes NOT CONTAINS 'XL'"),
        ("metafields.custom.numbers CONTAINS 5", "metafields.custom.numbers CONTAINS 5"),
        ("metafields.custom.notes IS NULL", "metafields.custom.notes IS NULL"),
        ("anniversary('metafields.facts.birth_date') = today", "anniversary('metafields.facts.birth_date') = today"),
    ],
)
def test_what_fits_the_definition(query: str, canonical: str) -> None:
    assert check(query, DEFINED).canonical == canonical


@pytest.mark.parametrize(
    ("query", "code", "column", "hint"),
    [
        ("metafields.facts.birthdate = today", "unknown_filter", 0, "did you mean metafields.facts.birth_date"),
        ("metafields.other.thing IS NULL", "unknown_filter", 0, "define the metafield"),
        ("metafields.facts.birth_date = 5", "wrong_type", 30, "write -5d"),
        ("metafields.custom.points = 5.5", "wrong_type", 27, "whole number"),
        ("metafields.custom.points = '5'", "wrong_type", 27, "write 5 without quotes"),
        ("metafields.custom.size = 5", "wrong_type", 25, "write '5'"),
        ("metafields.custom.size > 'L'", "unsupported_operator", 23, "="),
        ("metafields.custom.vip = 'true'", "wrong_type", 24, "without quotes"),
        ("metafields.custom.sizes = 'XL'", "unsupported_operator", 24, "CONTAINS"),
        ("metafields.custom.size CONTAINS 'XL'", "unsupported_operator", 23, "="),
        ("metafields.custom.numbers CONTAINS '5'", "wrong_type", 35, "write 5 without quotes"),
        ("metafields.custom.notes = 'x'", "unsupported_operator", 24, "IS NULL"),
        ("anniversary('metafields.custom.size') = today", "wrong_type", 0, "birth_date"),
        ("anniversary('metafields.facts.birth_day') = today", "unknown_filter", 12, "metafields.facts.birth_date"),
    ],
)
def test_what_does_not(query: str, code: str, column: int, hint: str) -> None:
    problem = first_problem(query)

    assert (problem.code, problem.column) == (code, column)
    assert hint in problem.hint


def test_what_is_wrong_is_said_with_what_to_do() -> None:
    found = [first_problem("metafields.custom.vip = 'true'"), first_problem("metafields.other.thing = 5")]
    assert [(problem.message, problem.hint) for problem in found] == [
        ("metafields.custom.vip needs true or false, not 'true'", "write true or false, without quotes"),
        ("'metafields.other.thing' filter cannot be found.", "define the metafield in the store first"),
    ]


def test_without_definitions_a_clause_means_the_same() -> None:
    query = "metafields.custom.points >= 5 AND metafields.custom.renewal < today"

    assert check(query).query == check(query, DEFINED).query
    assert check("metafields.custom.vip IS NULL").query == ast.IsNull("metafields.custom.vip")
