"""What the API gives of why and when: explanations, forecasts, timelines, history and filters, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from segment_core.api.models import Answer, Instant
from segment_core.api.query_models import Count, Date, Scope
from segment_core.instants import iso
from segment_core.model.membership import Cause

Change = Literal["enter", "leave"]


def _as_text(seen: Any) -> Any:
    return iso(seen) if isinstance(seen, datetime) else seen


Seen = Annotated[
    str | None,
    BeforeValidator(_as_text),
    Field(
        description="An instant in UTC with a Z, a date, a number or words; null: nothing is on file, and for groups"
    ),
]


class Explanation(Answer):
    """One part of a query: the value seen, the verdict and when it flips by time alone (null: never).

    `missing` says how far totals fall short, `ahead` what time brings next, `obstacle` why a segment cannot be asked;
    all can be empty. The query of a segment that is asked stands in its `children`.
    """

    kind: Literal["clause", "segment", "and", "or", "not"]
    text: str
    member: bool
    until: Instant | None
    seen: Seen
    missing: str
    ahead: str
    obstacle: str
    children: list[Explanation]


class Why(Answer):
    """Why a customer is in a segment or not: the verdict of its query on their facts, clause by clause.

    `since` is that of the member list, null for who is not in it.
    """

    segment_id: str
    definition_id: str
    customer_id: str
    as_of: Instant
    member: bool
    since: Instant | None
    until: Instant | None
    explanation: Explanation


class ForecastDay(Answer):
    """A date: who enters and leaves by time alone on it, and how many are in when it ends."""

    date: Date
    entered: Count
    left: Count
    size: Count


class Forecast(Answer):
    """What time alone does to a segment if nothing else happens; the first and the last day may be parts of one."""

    segment_id: str
    definition_id: str
    as_of: Instant
    until: Instant
    scope: Scope
    size: Count
    days: list[ForecastDay]


class PastMove(Answer):
    """An enter or a leave that was told; the name is null of a segment that is gone."""

    segment_id: str
    name: str | None
    change: Change
    cause: Cause
    at: Instant


class Move(Answer):
    """An enter or a leave that time alone will bring."""

    segment_id: str
    name: str
    change: Change
    at: Instant


class CustomerTimeline(Answer):
    """What has moved a customer, and what time alone will if nothing else happens."""

    customer_id: str
    as_of: Instant
    past: list[PastMove]
    ahead: list[Move]


class HistoryDay(Answer):
    """A date: who entered and left, by cause, and how many were in when it ended (null: before it was made)."""

    date: Date
    size: int | None
    entered: dict[Cause, int]
    left: dict[Cause, int]


class SegmentHistory(Answer):
    """The dates asked for, in order. The last one may not be over."""

    segment_id: str
    as_of: Instant
    days: list[HistoryDay]


class AllowedValues(Answer):
    """What can stand behind an operator: a type, all values if they are few, and a form in words if there is one."""

    type: str
    values: list[str]
    form: str


class FilterParameter(Answer):
    """A condition inside MATCHES. `aggregate`: over the rows that the others chose; `needs`: one of these beside it."""

    name: str
    meaning: str
    allowed: AllowedValues
    operators: list[str]
    extensions: list[str]
    aggregate: bool
    needs: list[str]
    suggestions: bool


class Filter(Answer):
    """A filter of the language; `extensions` and `extension` say what the store's own language does not have.

    `argument` is what stands in quotes in its parentheses, `spellings` are other names for it, `suggestions` says
    whether the shop's own values can be asked for.
    """

    name: str
    kind: Literal["attribute", "function", "modifier", "predicate", "metafield"]
    meaning: str
    example: str
    allowed: AllowedValues | None
    operators: list[str]
    extensions: list[str]
    extension: bool
    many: bool
    argument: str
    spellings: list[str]
    parameters: list[FilterParameter]
    suggestions: bool


class Filters(Answer):
    """Filters in the order of the reference."""

    filters: list[Filter]


class Suggestion(Answer):
    """A value, and how many of the customers looked at have it; null of one that the language lists and nobody has."""

    value: str
    customers: int | None


class Suggestions(Answer):
    """Values of a filter, or of one of its parameters, the most frequent first."""

    filter: str
    parameter: str | None
    as_of: Instant
    customers: int
    looked_at: int
    values: list[Suggestion]
