"""The syntax tree of a query: what the parser builds, the printer prints and the evaluator answers.

Names in the tree are canonical: one spelling per filter, function and parameter, whatever was typed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from segment_core.record import field, record

ComparisonOperator = Literal["=", "!=", ">", ">=", "<", "<="]
AnniversaryOperator = Literal["=", "!=", ">", ">=", "<", "<=", "BETWEEN"]
ParameterOperator = Literal[
    "=", "!=", ">", ">=", "<", "<=", "IN", "NOT IN", "BETWEEN", "STARTS WITH", "NOT STARTS WITH"
]  # fmt: skip
OffsetUnit = Literal["d", "w", "m", "y"]


@record
class Span:
    """Where a node stands in the text: `[start, end)`, counted in characters from 0."""

    start: int
    end: int

    @property
    def place(self) -> tuple[int, int]:
        """Start and end."""
        return self.start, self.end


NOWHERE = Span(0, 0)


@record
class Text:
    """A string literal, unquoted and unescaped. Enum values and ids of other systems are texts too."""

    value: str


@record
class Number:
    """A number literal."""

    value: Decimal


@record
class Truth:
    """`true` or `false`."""

    value: bool


@record
class Day:
    """`2026-03-01`: that whole day in the shop's zone."""

    date: date


@record
class Moment:
    """`2026-03-01T16:00:00`: that second in the shop's zone. The datetime is naive."""

    local: datetime


@record
class Offset:
    """`-7d`, `+3m`: a whole day counted from the local today. `today` is `Offset(0, "d")` by name."""

    count: int
    unit: OffsetUnit


@record
class Named:
    """`today` or `yesterday`, kept by name so that they print as they were written."""

    name: Literal["today", "yesterday"]


DayExpression = Day | Offset | Named
DateExpression = DayExpression | Moment


@record
class Total:
    """`factor * name(window)`: the same total of the same rows, but for their date, which is in the window."""

    name: str
    window: Parameter
    factor: Number | None = None


Value = Text | Number | Truth | Day | Moment | Offset | Named | Total


@record
class Comparison:
    """`attribute op value`."""

    attribute: str
    operator: ComparisonOperator
    value: Value
    span: Span = field(default=NOWHERE, compare=False)


@record
class Between:
    """`attribute BETWEEN low AND high`, both ends included."""

    attribute: str
    low: Value
    high: Value
    span: Span = field(default=NOWHERE, compare=False)


@record
class Contains:
    """`attribute [NOT] CONTAINS value`: whole-element membership in a list."""

    attribute: str
    value: Value
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@record
class In:
    """`attribute [NOT] IN (values)`: one of them; of a list, one of its elements is one of them."""

    attribute: str
    values: tuple[Value, ...]
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@record
class StartsWith:
    """`attribute [NOT] STARTS WITH value`; of a list, one of its elements does."""

    attribute: str
    value: Value
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@record
class IsNull:
    """`attribute IS [NOT] NULL`."""

    attribute: str
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)


@record
class Anniversary:
    """`anniversary('attribute') op value`: a date compared without its year. One value, two for BETWEEN.

    The attribute is a date or a metafield.
    """

    attribute: str
    operator: AnniversaryOperator
    values: tuple[DayExpression, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Parameter:
    """One condition inside `MATCHES (...)`. One value, two for BETWEEN, any number for IN."""

    name: str
    operator: ParameterOperator
    values: tuple[Value, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Matches:
    """`function [NOT] MATCHES (parameters)`. Parameters are in the function's canonical order.

    `event` is the name in `event('name')`, whose parameters can be any properties.
    """

    function: str
    parameters: tuple[Parameter, ...]
    negated: bool = False
    span: Span = field(default=NOWHERE, compare=False)
    event: str = ""


@record
class InSegment:
    """`in_segment('name')`."""

    segment: str
    span: Span = field(default=NOWHERE, compare=False)


@record
class Not:
    """Prefix `NOT`."""

    child: Query
    span: Span = field(default=NOWHERE, compare=False)


@record
class And:
    """All of two or more children; never directly inside another And."""

    children: tuple[Query, ...]
    span: Span = field(default=NOWHERE, compare=False)


@record
class Or:
    """At least one of two or more children; never directly inside another Or."""

    children: tuple[Query, ...]
    span: Span = field(default=NOWHERE, compare=False)


Clause = Comparison | Between | Contains | In | StartsWith | IsNull | Anniversary | Matches | InSegment
Query = Clause | Not | And | Or
