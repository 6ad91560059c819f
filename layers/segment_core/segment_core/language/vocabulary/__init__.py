"""The words of the language: filters, functions, their types and values. One table each.

Adding a filter means adding one entry to `attributes` or `functions`; the checker, the printer, the suggestions and
the reference in docs/language.md read these tables. Sources are the platform's own reference and help pages.
"""

from __future__ import annotations

from collections.abc import Mapping

from segment_core.language.vocabulary.attributes import ATTRIBUTES
from segment_core.language.vocabulary.domains import DAY, TEXT
from segment_core.language.vocabulary.entries import (
    ATTRIBUTE_EXTENSIONS,
    ATTRIBUTE_OPERATORS,
    FUNCTION_OPERATORS,
    INSTEAD_OF_OPERATORS,
    LIST_OPERATORS,
    PARAMETER_EXTENSIONS,
    PARAMETER_OPERATORS,
    Attribute,
    Domain,
    Entry,
    Fact,
    Form,
    Function,
    LegacyParameter,
    Modifier,
    Parameter,
    Predicate,
    Property,
    ValueType,
)
from segment_core.language.vocabulary.functions import FUNCTIONS
from segment_core.language.vocabulary.metafields import METAFIELD_TYPES, Definitions, key_of

__all__ = [
    "ATTRIBUTES",
    "ATTRIBUTE_EXTENSIONS",
    "ATTRIBUTE_OPERATORS",
    "DEPRECATED_DATES",
    "FUNCTIONS",
    "FUNCTION_OPERATORS",
    "INSTEAD_OF_OPERATORS",
    "LIST_OPERATORS",
    "METAFIELD_TYPES",
    "MODIFIERS",
    "PARAMETER_EXTENSIONS",
    "PARAMETER_OPERATORS",
    "PREDICATES",
    "Attribute",
    "Definitions",
    "Domain",
    "Entry",
    "Fact",
    "Form",
    "Function",
    "LegacyParameter",
    "Modifier",
    "Parameter",
    "Predicate",
    "Property",
    "ValueType",
    "domain_of",
    "find",
    "names",
]

_MODIFIERS = (
    Modifier(
        "anniversary",
        "date",
        DAY,
        "The day on which a date comes round, in the year of the day it is compared with; BETWEEN takes any year.",
        "anniversary('metafields.facts.birth_date') BETWEEN today AND +30d",
    ),
)
MODIFIERS: Mapping[str, Modifier] = {modifier.name: modifier for modifier in _MODIFIERS}

_PREDICATES = (
    Predicate(
        "in_segment",
        "name",
        "Whether the customer is in another segment.",
        "in_segment('vip') AND NOT in_segment('staff')",
        "the store's segments cannot ask each other: repeat the clauses of that segment",
    ),
)
PREDICATES: Mapping[str, Predicate] = {predicate.name: predicate for predicate in _PREDICATES}

# Named dates of the legacy dialect, and what the store says they became.
DEPRECATED_DATES: Mapping[str, str] = {
    "7_days_ago": "-7d",
    "30_days_ago": "-30d",
    "90_days_ago": "-90d",
    "12_months_ago": "-12m",
}

_BY_SPELLING: Mapping[str, Entry] = {
    **ATTRIBUTES,
    **FUNCTIONS,
    **MODIFIERS,
    **PREDICATES,
    **{spelling: function for function in FUNCTIONS.values() for spelling in function.spellings},
}


def find(name: str) -> Entry | None:
    """The filter that is written `name`. Names are exact: lower case, no spaces. Metafields are not listed."""
    return _BY_SPELLING.get(name)


def names() -> tuple[str, ...]:
    """Every spelling of every filter, in order."""
    return tuple(sorted(_BY_SPELLING))


def domain_of(attribute: str) -> Domain:
    """What the values of an attribute in a tree are; texts of metafields are plain texts."""
    return TEXT if key_of(attribute) else ATTRIBUTES[attribute].domain
