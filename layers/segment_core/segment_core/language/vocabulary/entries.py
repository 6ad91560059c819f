"""What a table of the vocabulary holds: the shapes of filters, functions, parameters and of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from segment_core.record import record

ValueType = Literal[
    "date", "day", "integer", "number", "distance", "id", "enum", "text", "truth", "coordinates", "opaque"
]
"""`day` is a date without a time of day; `opaque` is known to be there or not, and nothing more."""

_EQUALITY = ("=", "!=")
_ORDER = (*_EQUALITY, ">", ">=", "<", "<=", "BETWEEN")
_NULL = ("IS NULL", "IS NOT NULL")
LIST_OPERATORS = ("CONTAINS", "NOT CONTAINS", *_NULL)

# Which operators an attribute of a type has; a list has `LIST_OPERATORS`, whatever its elements are.
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

_ONE_OF = ("IN", "NOT IN")
_PREFIX = ("STARTS WITH", "NOT STARTS WITH")

# Operators that the store's language does not have: for attributes and elements of lists, and for parameters.
ATTRIBUTE_EXTENSIONS: Mapping[ValueType, tuple[str, ...]] = {
    "date": _ONE_OF,
    "integer": _ONE_OF,
    "number": _ONE_OF,
    "id": _ONE_OF,
    "enum": _ONE_OF,
    "text": (*_ONE_OF, *_PREFIX),
}
PARAMETER_EXTENSIONS: Mapping[ValueType, tuple[str, ...]] = {"text": (*_ONE_OF, *_PREFIX)}

# What the store's language offers in their place.
INSTEAD_OF_OPERATORS: Mapping[str, str] = {
    "IN": "write one clause for each value, joined with OR",
    "NOT IN": "write one clause for each value, joined with AND",
    "STARTS WITH": "write one clause for each whole text, joined with OR",
    "NOT STARTS WITH": "write one clause for each whole text, joined with AND",
}


def _extensions(domain: Domain, table: Mapping[ValueType, tuple[str, ...]]) -> tuple[str, ...]:
    """The extensions in the table that make sense for the domain: a part of a formed text has not its form."""
    known = table.get(domain.type, ())
    return tuple(operator for operator in known if domain.form is None or operator not in _PREFIX)


@record
class Form:
    """The shape that a text must have, as a regular expression, and how to say so."""

    pattern: str
    advice: str

    def fits(self, text: str) -> bool:
        """Whether a text has the shape; one with characters that nobody sees has none."""
        return text.isprintable() and re.fullmatch(self.pattern, text) is not None


@record
class Domain:
    """What a value may be: its type, for an enum its values, for some texts their form.

    `loose` is a form that is taken too, with a warning. `lower_case`: the fact is kept in lower case, so that the
    value is put into it too. `shops` says how the shop decides: `money` is in its currency, a `currency` is its own
    where none was told. `ahead`: of dates, whether they may lie ahead. `unlike` is a shape that no fact has, not even
    the beginning of one.
    """

    type: ValueType
    values: tuple[str, ...] = ()
    form: Form | None = None
    loose: Form | None = None
    lower_case: bool = False
    shops: Literal["money", "currency"] | None = None
    ahead: bool = False
    unlike: Form | None = None


FactKind = Literal["segment", "field", "score", "metafield", "orders", "lines", "checkouts", "event"]


@record
class Fact:
    """A kind of facts. `name` is the key in the customer document, of a metafield or score, or the type of event."""

    kind: FactKind
    name: str = ""


@record
class Attribute:
    """A filter on the customer itself. `many`: it holds a list of values of the domain.

    It is answered from what it `reads`: a field or score as it stands there, unless the evaluator has a way of its own.
    """

    name: str
    domain: Domain
    meaning: str
    example: str
    reads: tuple[Fact, ...]
    many: bool = False
    # Whether IS NULL can be asked although its type does not have it.
    optional: bool = False
    # Operators that are accepted and mean another one.
    spellings: Mapping[str, str] = MappingProxyType({})
    # Not empty for an extension: what the store's own language offers in its place.
    instead: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        operators = LIST_OPERATORS if self.many else ATTRIBUTE_OPERATORS[self.domain.type]
        if self.optional and "IS NULL" not in operators:
            operators = (*operators, *_NULL)
        return (*operators, *self.extensions)

    @property
    def extensions(self) -> tuple[str, ...]:
        """Those of its operators that the store's language does not have."""
        return _extensions(self.domain, ATTRIBUTE_EXTENSIONS)


@record
class Parameter:
    """A condition inside MATCHES. `aggregate`: it is compared over the rows that the others chose.

    `needs`: it means nothing without one of these other parameters. `instead`: as of an attribute.
    """

    name: str
    domain: Domain
    meaning: str
    aggregate: bool = False
    needs: tuple[str, ...] = ()
    instead: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        return (*PARAMETER_OPERATORS[self.domain.type], *self.extensions)

    @property
    def extensions(self) -> tuple[str, ...]:
        """Those of its operators that the store's language does not have."""
        return _extensions(self.domain, PARAMETER_EXTENSIONS)


_OF_PROPERTIES: Mapping[ValueType, tuple[str, ...]] = {
    "date": _ORDER,
    "integer": (*_ORDER, *_ONE_OF),
    "number": (*_ORDER, *_ONE_OF),
    "text": (*_EQUALITY, *_ONE_OF, *_PREFIX),
    "truth": _EQUALITY,
    # Nothing stands there to be compared with.
    "opaque": _ORDER,
}


@record
class Property(Parameter):
    """A parameter whose name and type are the query's own."""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators it has, in the order in which they are listed to people."""
        return _OF_PROPERTIES[self.domain.type]

    @property
    def extensions(self) -> tuple[str, ...]:
        """None beside the function itself, which is one."""
        return ()


@record
class LegacyParameter:
    """A parameter of the `fn(name: value)` form that is now another one with an operator."""

    name: str
    parameter: str
    operator: Literal["=", ">=", "<="]


@record
class Function:
    """A filter on things that happened. Parameters stand in their canonical order. `instead`: as of an attribute.

    `reads` is what its rows are made of; of named events, the name is the query's.
    """

    name: str
    parameters: tuple[Parameter, ...]
    meaning: str
    example: str
    reads: tuple[Fact, ...]
    legacy: tuple[LegacyParameter, ...] = ()
    # Names that are accepted and mean this function.
    spellings: tuple[str, ...] = ()
    instead: str = ""
    # What stands in quotes after the name: such a function has any properties as parameters too.
    argument: str = ""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@record
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


@record
class Predicate:
    """Holds or does not, without an operator: `in_segment('vip')`. `argument` is what stands in the parentheses."""

    name: str
    argument: str
    meaning: str
    example: str
    instead: str


Entry = Attribute | Function | Modifier | Predicate
