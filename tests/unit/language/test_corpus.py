"""Queries that people really wrote: the good ones are understood, the bad ones refused where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from segment_core.errors import InvalidQuery
from segment_core.evaluator import compile_query
from segment_core.language import check, parse

# Column of the offending word of each bad query, in the file's order.
OFFENDING = [12, 0, 24, 18, 18, 18, 18, 19, 15, 26, 26, 42, 0, 23, 14, 27, 30, 25, 0, 0, 0, 0, 0, 12, 26]


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[str, bool]]:
    header, *lines = (shared / "cases" / "queries.tsv").read_text(encoding="utf-8").splitlines()
    assert header == "query\tmeaning"
    rows = [line.split("\t") for line in lines if line]
    return [(query, not meaning.startswith("INVALID")) for query, meaning in rows]


def refusal_codes(query: str) -> set[str]:
    try:
        checked = check(query)
    except InvalidQuery as refusal:
        return {problem.code for problem in refusal.problems}
    assert parse(checked.canonical) == checked.query, query
    assert compile_query(checked.query)
    return set()


def test_every_good_query_is_understood_and_can_be_answered(corpus: list[tuple[str, bool]]) -> None:
    assert {query: codes for query, good in corpus if good and (codes := refusal_codes(query))} == {}
    assert sum(good for _, good in corpus) >= 140


def test_every_bad_query_is_refused_at_the_offending_word(corpus: list[tuple[str, bool]]) -> None:
    bad = [query for query, good in corpus if not good]
    assert len(bad) == len(OFFENDING)
    for query, column in zip(bad, OFFENDING, strict=True):
        with pytest.raises(InvalidQuery) as refusal:
            check(query)
        first = refusal.value.problems[0]
        assert (first.line, first.column) == (1, column), query
        assert first.length > 0
