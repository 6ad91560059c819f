"""The behaviour of the language as data: tests/cases/language/*.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segment_core.errors import InvalidQuery
from segment_core.language import Problem, check, parse

CASES = Path(__file__).parents[2] / "cases" / "language"


def cases(file: str) -> list[object]:
    content = json.loads((CASES / file).read_text(encoding="utf-8"))
    assert content.pop("version") == 1
    content.pop("about")
    return [pytest.param(*case, id=f"{group}-{i}") for group, rows in content.items() for i, case in enumerate(rows)]


def place(problem: Problem) -> str:
    return f"{problem.line}:{problem.column}+{problem.length} {problem.code}"


@pytest.mark.parametrize(("query", "canonical", "warnings"), cases("accepted.json"))
def test_accepted(query: str, canonical: str, warnings: list[str]) -> None:
    checked = check(query)

    assert checked.canonical == canonical
    assert [warning.code for warning in checked.warnings] == warnings
    assert parse(canonical) == checked.query
    assert check(canonical).canonical == canonical


@pytest.mark.parametrize(("query", "problems", "hint"), cases("refused.json"))
def test_refused(query: str, problems: list[str], hint: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        check(query)

    assert [place(problem) for problem in refusal.value.problems] == problems
    assert hint in refusal.value.problems[0].hint


@pytest.mark.parametrize(("query", "message", "hint"), cases("wording.json"))
def test_what_people_are_told(query: str, message: str, hint: str) -> None:
    try:
        problems = check(query).warnings
    except InvalidQuery as refusal:
        problems = refusal.problems

    assert (problems[0].message, problems[0].hint) == (message, hint)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("orders_placed(since: -7d, until: -30d) = true", "empty_range", "since: -7d, until: -30d"),
        ("number_of_orders = 1 OR amount_spent BETWEEN 5 AND 4", "empty_range", "amount_spent BETWEEN 5 AND 4"),
        ("last_order_date > 30_days_ago", "deprecated_date", "30_days_ago"),
        ("orders_placed() = true OR number_of_orders = 1", "deprecated_form", "orders_placed() = true"),
        ("customer_regions CONTAINS 'NY'", "ambiguous_value", "'NY'"),
    ],
)
def test_a_warning_points_at_what_it_is_about(query: str, code: str, words: str) -> None:
    [warning] = [warning for warning in check(query).warnings if warning.code == code]

    assert query[warning.column : warning.column + warning.length] == words


def test_a_problem_as_one_line_of_text() -> None:
    assert str(Problem(2, 7, 5, "unknown_filter", "what is wrong", "what to do")) == (
        "2:7 unknown_filter what is wrong (what to do)"
    )
    assert str(Problem(1, 0, 5, "unknown_filter", "what is wrong")) == "1:0 unknown_filter what is wrong"
