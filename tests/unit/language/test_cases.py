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
