"""The filters of the language as data, so that an editor can be built from them: types, operators, parameters, values.

All of it comes from the vocabulary's tables; metafields have no names of their own there and are told by their types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from segment_core.language.vocabulary import (
    ATTRIBUTES,
    FUNCTION_OPERATORS,
    FUNCTIONS,
    METAFIELD_TYPES,
    MODIFIERS,
    PREDICATES,
    Attribute,
    Domain,
    Parameter,
)
from segment_core.language.vocabulary.metafields import defined
from segment_core.record import record

FilterKind = Literal["attribute", "function", "modifier", "predicate", "metafield"]


@record
class Values:
    """What can stand behind an operator. `values` are all that are allowed; empty where any of the type is."""

    type: str
    values: tuple[str, ...]
    form: str


@record
class ParameterInfo:
    """A condition inside MATCHES. `aggregate`: over the rows that the others chose; `needs`: one of these beside it."""

    name: str
    meaning: str
    allowed: Values
    operators: tuple[str, ...]
    extensions: tuple[str, ...]
    aggregate: bool
    needs: tuple[str, ...]


@record
class FilterInfo:
    """A filter. `many`: it holds a list; `argument`: what stands in quotes in its parentheses; `spellings`: names that

    mean it too. `extensions` are the operators that the store's own language does not have, `extension` says that the
    whole filter is one.
    """

    name: str
    kind: FilterKind
    meaning: str
    example: str
    allowed: Values | None
    operators: tuple[str, ...]
    extensions: tuple[str, ...]
    extension: bool
    many: bool
    argument: str
    spellings: tuple[str, ...]
    parameters: tuple[ParameterInfo, ...]


def filters(search: str = "") -> list[FilterInfo]:
    """All filters in the order of the reference, or those with all of the words in their name or meaning."""
    words = search.casefold().split()
    return [one for one in _all() if all(word in f"{one.name} {one.meaning}".casefold() for word in words)]


def _all() -> Iterator[FilterInfo]:
    for attribute in ATTRIBUTES.values():
        yield _attribute(attribute, "attribute")
    for function in FUNCTIONS.values():
        parameters = tuple(map(_parameter, function.parameters))
        yield _filter(
            function.name, "function", function.meaning, function.example, operators=FUNCTION_OPERATORS,
            extension=bool(function.instead), argument=function.argument, spellings=function.spellings,
            parameters=parameters,
        )  # fmt: skip
    for modifier in MODIFIERS.values():
        yield _filter(
            modifier.name, "modifier", modifier.meaning, modifier.example, allowed=_values(modifier.domain),
            operators=modifier.operators, argument=modifier.argument,
        )  # fmt: skip
    for predicate in PREDICATES.values():
        yield _filter(
            predicate.name, "predicate", predicate.meaning, predicate.example, extension=True,
            argument=predicate.argument,
        )  # fmt: skip
    for store_type in METAFIELD_TYPES:
        yield _attribute(defined(f"<namespace>.<key of type {store_type}>", store_type), "metafield")


def _attribute(attribute: Attribute, kind: FilterKind) -> FilterInfo:
    return _filter(
        attribute.name, kind, attribute.meaning, attribute.example, allowed=_values(attribute.domain),
        operators=attribute.operators, extensions=attribute.extensions, extension=bool(attribute.instead),
        many=attribute.many,
    )  # fmt: skip


def _parameter(parameter: Parameter) -> ParameterInfo:
    return ParameterInfo(
        name=parameter.name,
        meaning=parameter.meaning,
        allowed=_values(parameter.domain),
        operators=parameter.operators,
        extensions=parameter.extensions,
        aggregate=parameter.aggregate,
        needs=parameter.needs,
    )


def _values(domain: Domain) -> Values:
    return Values(domain.type, domain.values, domain.form.advice if domain.form else "")


def _filter(
    name: str,
    kind: FilterKind,
    meaning: str,
    example: str,
    *,
    allowed: Values | None = None,
    operators: Sequence[str] = (),
    extensions: Sequence[str] = (),
    extension: bool = False,
    many: bool = False,
    argument: str = "",
    spellings: Sequence[str] = (),
    parameters: tuple[ParameterInfo, ...] = (),
) -> FilterInfo:
    return FilterInfo(
        name, kind, meaning, example, allowed, tuple(operators), tuple(extensions), extension, many, argument,
        tuple(spellings), parameters,
    )  # fmt: skip
