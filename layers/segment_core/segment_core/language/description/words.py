"""What a table of words holds. In every template `{}` stands for the value, as the language says it.

Templates are verb phrases that follow "customers who". Operators are those of the segment language; `!=` has no words
of its own: it is what `fails` says of `=`, since it is the exact complement.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from segment_core.record import field, record

Operators = Mapping[str, str]


@record
class Noun:
    """What is counted, for one and for any other number."""

    one: str
    many: str


@record
class Measure(Noun):
    """What is measured: there can be fractions of it, and less than none."""


Unit = Noun | Literal["money", "radius"] | None
"""What a number is of: things that are counted, the shop's money, how far from a point, or a mere number."""


@record
class AttributeWords:
    """How a filter on the customer is said.

    `known` is IS NOT NULL, `unknown` IS NULL; empty where they cannot be asked. `values` are the words for values of
    a fixed list. Of metafields and anniversaries `{name}` is the name of what is compared.
    """

    holds: str
    fails: str
    known: str = ""
    unknown: str = ""
    unit: Unit = None
    values: Mapping[str, str] = field(default_factory=dict)


@record
class ParameterWords:
    """How a condition in MATCHES is said, after what it is about; with a comma in front if it needs one.

    `fails` is for `!=`, NOT IN and the like of dates, texts and ids; numbers have words for `!=`.
    """

    holds: str
    fails: str = ""
    unit: Unit = None


@record
class FunctionWords:
    """How a filter on things that happened is said: `have bought {}` with `a product` or `products`.

    In `one`, `many` and `counted` of named events `{name}` is the name. `many` is said when totals are asked for,
    unless `counted` is the noun that `count` counts and stands in its place.
    Conditions are said in the order of `parameters`.
    """

    holds: str
    fails: str
    one: str
    many: str
    parameters: Mapping[str, ParameterWords]
    counted: Noun | None = None


@record
class Period:
    """A unit of time; `last` and `next` are periods of one that end or begin today, `lasts` and `nexts` of several."""

    one: str
    many: str
    last: str
    lasts: str
    next: str
    nexts: str


@record
class DateWords:
    """How dates are said.

    By operator: `past` and `future` of a distance like "30 days", `fixed` of a date that is named; `past` lacks `>=`,
    for which a period has `lasts`. The `_noun`s name a date within a longer phrase. A template for a `day` has the
    names `day`, `month` and `year`, one for a `moment` `date` and `time`.
    """

    months: tuple[str, ...]
    day: str
    moment: str
    clock: str
    clock_with_seconds: str
    on: str
    today: str
    yesterday: str
    tomorrow: str
    periods: Mapping[str, Period]
    past: Operators
    past_noun: str
    past_between: str
    future: Operators
    future_noun: str
    fixed: Operators
    between: str
    in_any_year: Operators


@record
class Words:
    """All words of one language.

    `any_` goes with a noun after a negation, `prefix` says that a text is only the beginning. `counts` and `amounts`
    say numbers of things and other numbers by operator; `group` and `point` part digits. `metafields` are by the kind
    of value that is compared, `event_property` has the place `{name}` too; `other_window` stands for the same total at
    another time, `times` for a multiple of it and `in_number` for how many there are compared with that. `names` name
    dates of which there are anniversaries.
    """

    sentence: str
    and_who: str
    or_who: str
    both: str
    and_: str
    either: str
    or_: str
    not_among: str
    fallback: str
    quotes: tuple[str, str]
    truth: tuple[str, str]
    any_: str
    prefix: str
    none_at_all: str
    counts: Operators
    amounts: Operators
    group: str
    point: str
    dates: DateWords
    attributes: Mapping[str, AttributeWords]
    functions: Mapping[str, FunctionWords]
    event_property: ParameterWords
    other_window: str
    any_time_but: str
    times: str
    in_number: str
    metafields: Mapping[str, AttributeWords]
    anniversary: AttributeWords
    segment: AttributeWords
    names: Mapping[str, str]
