"""Queries as sentences: golden ones in tests/cases/description, and every filter in every operator and language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from segment_core.errors import InvalidRequest
from segment_core.language import ast, canonical, describe, parse
from segment_core.language.description import LOCALES
from segment_core.language.description.clauses import phrase
from segment_core.language.description.sentence import sentence, words_of
from segment_core.language.vocabulary import ATTRIBUTES, FUNCTIONS, METAFIELD_TYPES, MODIFIERS, Domain, Parameter
from segment_core.language.vocabulary.metafields import defined
from segment_core.record import replace

CASES = Path(__file__).parents[2] / "cases" / "description"
SENTENCES = [
    pytest.param(case, locale, id=f"{locale}: {case['query']}")
    for path in sorted(CASES.glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))["sentences"]
    for locale in LOCALES
]

# Dates of every kind, and a value of every other type.
DATES: tuple[ast.DateExpression, ...] = (
    ast.Day(date(2026, 3, 1)), ast.Moment(datetime(2026, 3, 1, 16, 30)), ast.Named("today"), ast.Named("yesterday"),
    *(ast.Offset(count, unit) for unit in get_args(ast.OffsetUnit) for count in (-30, -1, 0, 1, 30)),
)  # fmt: skip
NUMBERS = (ast.Number(Decimal(0)), ast.Number(Decimal(1)), ast.Number(Decimal("1234.5")))
TEXTS = (ast.Text("12"),)
VALUES: dict[str, tuple[ast.Value, ...]] = {
    "date": DATES,
    "day": tuple(value for value in DATES if not isinstance(value, ast.Moment)),
    "integer": NUMBERS,
    "number": NUMBERS,
    "distance": NUMBERS,
    "id": TEXTS,
    "text": TEXTS,
    "coordinates": (ast.Text("40.7,-74"),),
    "truth": (ast.Truth(False), ast.Truth(True)),
}


def values(domain: Domain) -> tuple[ast.Value, ...]:
    return tuple(map(ast.Text, domain.values)) if domain.type == "enum" else VALUES[domain.type]


def attribute_clauses(name: str, operators: tuple[str, ...], domain: Domain) -> Iterator[ast.Clause]:
    """A clause for every operator, and for every kind of value."""
    for operator in operators:
        if operator in ("IS NULL", "IS NOT NULL"):
            yield ast.IsNull(name, operator == "IS NOT NULL")
            continue
        for value in values(domain):
            if operator in ("CONTAINS", "NOT CONTAINS"):
                yield ast.Contains(name, value, operator == "NOT CONTAINS")
            elif operator in ("IN", "NOT IN"):
                yield ast.In(name, (value, values(domain)[-1]), operator == "NOT IN")
            elif operator in ("STARTS WITH", "NOT STARTS WITH"):
                yield ast.StartsWith(name, value, operator == "NOT STARTS WITH")
            elif operator == "BETWEEN":
                yield ast.Between(name, value, values(domain)[-1])
            else:
                assert operator in ("=", "!=", ">", ">=", "<", "<="), f"a clause with {operator} is not tested here"
                yield ast.Comparison(name, cast(ast.ComparisonOperator, operator), value)


def parameters(parameter: Parameter) -> Iterator[ast.Parameter]:
    """The parameter with every operator, and every kind of value."""
    for operator in parameter.operators:
        for value in values(parameter.domain):
            several = operator in ("BETWEEN", "IN", "NOT IN")
            given = (value, values(parameter.domain)[-1]) if several else (value,)
            yield ast.Parameter(parameter.name, cast(ast.ParameterOperator, operator), given)


def every_clause() -> Iterator[ast.Clause]:
    for attribute in ATTRIBUTES.values():
        yield from attribute_clauses(attribute.name, attribute.operators, attribute.domain)
    for store_type in (*METAFIELD_TYPES, "json"):
        metafield = defined("custom.key", store_type)
        yield from attribute_clauses(metafield.name, metafield.operators, metafield.domain)
    for modifier in MODIFIERS.values():
        for dated in ("metafields.facts.birth_date", *(a.name for a in ATTRIBUTES.values() if a.domain.type == "date")):
            for operator in modifier.operators:
                for value in values(modifier.domain):
                    given: Any = (value, ast.Offset(30, "d")) if operator == "BETWEEN" else (value,)
                    yield ast.Anniversary(dated, cast(ast.AnniversaryOperator, operator), given)
    yield ast.InSegment("vip")
    for function in FUNCTIONS.values():
        given = [alternative for parameter in function.parameters for alternative in parameters(parameter)]
        for negated in (False, True):
            yield ast.Matches(function.name, (), negated)
            yield from (ast.Matches(function.name, (one,), negated) for one in given)


@pytest.mark.parametrize(("case", "locale"), SENTENCES)
def test_sentence(case: dict[str, str], locale: str) -> None:
    assert (
        describe(parse(case["query"]), locale, case.get("currency")).replace("\N{NO-BREAK SPACE}", " ") == case[locale]
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_filter_is_described_in_every_operator(locale: str) -> None:
    words = words_of(locale)
    said: dict[str, ast.Clause] = {}
    for clause in every_clause():
        try:
            text = phrase(clause, words, "USD")
        except KeyError as missing:
            pytest.fail(f"the table '{locale}' has no words for {canonical(clause)}: {missing}")
        assert text == text.strip()
        assert "{" not in text
        assert "  " not in text
        said[text] = clause
    assert len(said) > 500


@pytest.mark.parametrize("locale", LOCALES)
def test_a_negated_clause_is_said_otherwise(locale: str) -> None:
    for clause in every_clause():
        assert describe(ast.Not(clause), locale) != describe(clause, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_table_has_no_words_for_what_is_not_in_the_language(locale: str) -> None:
    words = words_of(locale)
    assert set(words.attributes) == set(ATTRIBUTES)
    assert {name: set(entry.parameters) | ({"count"} if entry.counted else set())
            for name, entry in words.functions.items()} == {
        function.name: {parameter.name for parameter in function.parameters} for function in FUNCTIONS.values()
    }  # fmt: skip
    for attribute in ATTRIBUTES.values():
        assert set(words.attributes[attribute.name].values) >= set(attribute.domain.values)


def test_what_has_no_words_is_quoted() -> None:
    words = replace(words_of("en"), attributes={})
    query = parse("customer_tags CONTAINS 'vip'")
    assert sentence(query, words, None) == "Customers who match “customer_tags CONTAINS 'vip'”."


def test_a_language_without_a_table_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no descriptions in 'de'; ask for en or nb"):
        describe(parse("number_of_orders = 0"), "de")


def test_what_cannot_be_seen_in_a_text_is_spelled_out() -> None:
    query = ast.Contains("customer_tags", ast.Text("a\N{RIGHT-TO-LEFT OVERRIDE}b"))
    assert describe(query, "en") == "Customers who have the tag “a\\u202eb”."
