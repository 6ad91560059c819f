"""What a table of the vocabulary holds: the shapes of filters, functions, parameters and of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ValueType = Literal[
    "date", "day", "integer", "number", "distance", "id", "enum", "text", "truth", "coordinates", "opaque"
]
"""`day` is a date without a time of day; `opaque` is known to be there or not, and nothing more."""

_EQUALITY = ("=", "!=")
_ORDER = (*_EQUALITY, ">", ">=", "<", "<=", "BETWEEN")
_NULL = ("IS NULL", "IS NOT NULL")
_LIST = ("CONTAINS", "NOT CONTAINS", *_NULL)

# Which operators an attribute of a type has; a list has `_LIST`, whatever its elements are.
ATTRIBUTE_OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    "date": (*_ORDER, *_NULL),
    "integer": _ORDER,
    "number": _ORDER,
    "id": _EQUALITY,
    "enum": (*_EQUALITY, *_NULL),
    "text": (*_EQUALITY, *_NULL),
    "truth": _EQUALITY,
    "opaque": (),
}

# Which operators a parameter of a type has. A clause has no use for NULL inside MATCHES.
PARAMETER_OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    "date": _ORDER,
    "day": _ORDER,
    "integer": _ORDER,
    "number": _ORDER,
    "distance": ("=",),
    "id": (*_EQUALITY, "IN", "NOT IN"),
    "enum": _EQUALITY,
    "text": _EQUALITY,
    "coordinates": ("=",),
}

FUNCTION_OPERATORS = ("MATCHES", "NOT MATCHES")


@dataclass(frozen=True, slots=True)
class Form:
    """The shape that a text must have, and how to say so."""

    pattern: re.Pattern[str]
    advice: str


@dataclass(frozen=True, slots=True)
class Domain:
    """What a value may be: its type, for an enum its values, for some texts their form.

    `loose` is a form that is taken too, with a warning. `lower_case`: the fact is kept in lower case, so that the
    value is put into it too.
    """

    type: ValueType
    values: tuple[str, ...] = ()
    form: Form | None = None
    loose: Form | None = None
    lower_case: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """A filter on the customer itself. `many`: it holds a list of values of the domain."""

    name: str
    domain: Domain
    meaning: str
    example: str
    many: bool = False
    # Whether IS NULL can be asked although its type does not have it.
    optional: bool = False
    # Operators that are accepted and mean another one.
    spellings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        if self.many:
            return _LIST
        operators = ATTRIBUTE_OPERATORS[self.domain.type]
        return (*operators, *_NULL) if self.optional and "IS NULL" not in operators else operators


@dataclass(frozen=True, slots=True)
class Parameter:
    """A condition inside MATCHES. `aggregate`: it is compared over the rows that the others chose.

    `needs`: it means nothing without one of these other parameters.
    """

    name: str
    domain: Domain
    meaning: str
    aggregate: bool = False
    needs: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        return PARAMETER_OPERATORS[self.domain.type]


@dataclass(frozen=True, slots=True)
class LegacyParameter:
    """A parameter of the `fn(name: value)` form that is now another one with an operator."""

    name: str
    parameter: str
    operator: Literal["=", ">=", "<="]


@dataclass(frozen=True, slots=True)
class Function:
    """A filter on things that happened. Parameters stand in their canonical order."""

    name: str
    parameters: tuple[Parameter, ...]
    meaning: str
    example: str
    legacy: tuple[LegacyParameter, ...] = ()
    # Names that are accepted and mean this function.
    spellings: tuple[str, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@dataclass(frozen=True, slots=True)
class Modifier:
    """Turns a named date into another that is compared: `anniversary('metafields.facts.birth_date') = today`."""

    name: str
    argument: str
    domain: Domain
    meaning: str
    example: str

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has: those of its domain."""
        return PARAMETER_OPERATORS[self.domain.type]


Entry = Attribute | Function | Modifier
