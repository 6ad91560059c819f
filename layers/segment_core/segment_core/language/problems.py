"""Problems of a query, as the person who wrote it sees them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from segment_core.record import record, values

Code = Literal[
    "blank",
    "too_long",
    "invalid_character",
    "wrong_quotes",
    "unclosed_text",
    "unclosed_parenthesis",
    "unexpected",
    "unexpected_end",
    "decimal_comma",
    "too_deep",
    "too_many_clauses",
    "too_many_values",
    "unknown_filter",
    "unknown_parameter",
    "unknown_segment",
    "segment_cycle",
    "segments_too_deep",
    "missing_parameter",
    "duplicate_parameter",
    "unsupported_operator",
    "extension_not_allowed",
    "wrong_type",
    "unknown_value",
    "invalid_date",
    "offset_too_large",
    "number_out_of_range",
    "deprecated_date",
    "deprecated_form",
    "empty_range",
    "ambiguous_value",
    "too_many_for_store",
]

_LONGEST_SHOWN = 40


@record
class Problem:
    """One problem: `line` counts from 1, `column` from 0, `length` in characters.

    `code` is stable; `message` says what is wrong, in the store's own wording where that is known;
    `hint` says what to write instead, or is empty.
    """

    line: int
    column: int
    length: int
    code: str
    message: str
    hint: str = ""

    def __lt__(self, other: Problem) -> bool:
        """By place, then by what is said: an order for lists."""
        return values(self) < values(other)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.line}:{self.column} {self.code} {self.message}{hint}"


def shown(text: str) -> str:
    """`text` as it may stand in a message: bounded, on one line, nothing invisible."""
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)


def alternatives(words: Sequence[str]) -> str:
    """`=, != or BETWEEN`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class Report:
    """Collects what is wrong with one text and turns offsets into lines and columns.

    Problems of form are listed before problems of meaning, as the store does. A second problem of
    form at the same place is dropped: it only repeats the first.
    """

    def __init__(self, text: str) -> None:
        self._line_starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]
        self._form: dict[int, Problem] = {}
        self._meaning: list[Problem] = []
        self._warnings: list[Problem] = []

    def form(self, code: Code, start: int, end: int, message: str, hint: str = "") -> None:
        """The text is not a query: `message` says what stands where it must not."""
        self._form.setdefault(start, self._problem(code, start, end, message, hint))

    def meaning(self, code: Code, start: int, end: int, message: str, hint: str = "") -> None:
        """The text is a query, but what it says cannot be answered."""
        self._meaning.append(self._problem(code, start, end, message, hint))

    def warn(self, code: Code, start: int, end: int, message: str, hint: str = "") -> None:
        """The query is accepted, but its author should know."""
        self._warnings.append(self._problem(code, start, end, message, hint))

    @property
    def malformed(self) -> bool:
        """Whether a problem of form was found so far."""
        return bool(self._form)

    @property
    def mark(self) -> int:
        """Grows with every problem: compare two marks to learn whether something was found between."""
        return len(self._form) + len(self._meaning)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems: of form first, then of meaning, each by place."""
        return (*sorted(self._form.values()), *sorted(self._meaning))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All warnings, by place."""
        return tuple(sorted(self._warnings))

    def _problem(self, code: Code, start: int, end: int, message: str, hint: str) -> Problem:
        line = bisect_right(self._line_starts, start)
        return Problem(line, start - self._line_starts[line - 1], end - start, code, message, hint)
