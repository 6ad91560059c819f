"""docs/language.md: its tables are the vocabulary's, its examples are queries, its codes are all codes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer
from segment_core.language import check
from segment_core.language.problems import Code
from segment_core.language.reference import put_into, tables
from segment_core.language.vocabulary import names
from segment_core.shop import Shop
from segment_core.verdict import Verdict

DOCUMENT = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = [
    line for block in re.findall(r"```segment\n(.*?)```", DOCUMENT, re.DOTALL) for line in block.splitlines() if line
]


def test_the_tables_are_current() -> None:
    assert put_into(DOCUMENT) == DOCUMENT


def test_every_filter_is_in_the_tables() -> None:
    assert [name for name in names() if f"`{name}" not in tables()] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_accepted_and_answered(example: str) -> None:
    rule = compile_query(check(example).query)

    assert rule.evaluate(Customer("1"), Shop(ZoneInfo("UTC"), "USD"), datetime(2026, 3, 1, tzinfo=UTC)) in (
        Verdict(member=True, until=None),
        Verdict(member=False, until=None),
    )


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 70


def test_every_code_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \| ", DOCUMENT.partition("## Problems")[2], re.MULTILINE)

    assert sorted(explained) == sorted(get_args(Code))


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs the marks"):
        put_into("# Nothing generated here\n")
