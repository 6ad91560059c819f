"""The tables of the language agree with each other."""

from __future__ import annotations

import pytest

from segment_core.language import check
from segment_core.language.vocabulary import (
    ATTRIBUTES,
    DEPRECATED_DATES,
    FUNCTIONS,
    METAFIELD_TYPES,
    MODIFIERS,
    PREDICATES,
    Attribute,
    Domain,
    Function,
    Modifier,
    Predicate,
    find,
    names,
)
from segment_core.language.vocabulary.metafields import defined, key_of


def test_no_two_filters_share_a_name() -> None:
    spelled = [spelling for function in FUNCTIONS.values() for spelling in (function.name, *function.spellings)]
    written = [*ATTRIBUTES, *spelled, *MODIFIERS, *PREDICATES]

    assert sorted(written) == sorted(names())


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_a_function(function: Function) -> None:
    parameters = [parameter.name for parameter in function.parameters]

    assert len(parameters) == len(set(parameters))
    for legacy in function.legacy:
        known = function.parameter(legacy.parameter)
        assert known is not None
        assert legacy.operator in known.operators
        assert legacy.name not in parameters
    assert all(find(spelling) is function for spelling in function.spellings)


@pytest.mark.parametrize("attribute", ATTRIBUTES.values(), ids=lambda attribute: attribute.name)
def test_an_attribute(attribute: Attribute) -> None:
    assert attribute.operators
    assert bool(attribute.domain.values) == (attribute.domain.type == "enum")
    assert all(meant in attribute.operators for meant in attribute.spellings.values())
    assert key_of(attribute.name) is None


@pytest.mark.parametrize(
    "entry",
    [*ATTRIBUTES.values(), *FUNCTIONS.values(), *MODIFIERS.values(), *PREDICATES.values()],
    ids=lambda entry: entry.name,
)
def test_the_example_of_a_filter_is_about_it_and_canonical(
    entry: Attribute | Function | Modifier | Predicate,
) -> None:
    checked = check(entry.example)

    assert entry.example.startswith(f"{entry.name}")
    assert checked.canonical == entry.example
    assert checked.warnings == ()


@pytest.mark.parametrize(("name", "type_"), METAFIELD_TYPES.items())
def test_a_type_of_metafield(name: str, type_: tuple[Domain, bool]) -> None:
    domain, many = type_
    attribute = defined("custom.points", name)

    assert {"IS NULL", "IS NOT NULL"} <= {*attribute.operators}
    assert ("CONTAINS" in attribute.operators) == many == name.startswith("list.")
    assert attribute.domain is domain


def test_a_parameter_needs_parameters_that_there_are() -> None:
    for function in FUNCTIONS.values():
        for parameter in function.parameters:
            assert all(function.parameter(name) for name in parameter.needs)


def test_aggregates_come_after_the_parameters_that_choose_rows() -> None:
    for function in FUNCTIONS.values():
        flags = [parameter.aggregate for parameter in function.parameters]
        assert flags == sorted(flags)


def test_every_deprecated_date_has_a_current_form() -> None:
    assert DEPRECATED_DATES == {
        "7_days_ago": "-7d",
        "30_days_ago": "-30d",
        "90_days_ago": "-90d",
        "12_months_ago": "-12m",
    }
