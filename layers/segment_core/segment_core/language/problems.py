"""Problems of a query, as the person who wrote it sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
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

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.line}:{self.column} {self.code} {self.message}{hint}"
