"""A place among the tokens: what stands there, going on, and saying what is wrong there."""

from __future__ import annotations

from segment_core.language.ast import Span
from segment_core.language.lexer import Token
from segment_core.language.problems import Report, shown
from segment_core.language.suggestions import advice_on_word


class Unreadable(Exception):
    """The clause at hand cannot be read on; its problem is reported already."""


class Cursor:
    """Goes over the tokens of one text. The last token is the end, which is never passed."""

    def __init__(self, tokens: list[Token], report: Report) -> None:
        self._tokens = tokens
        self._next = 0
        self._report = report
        self._open_lists = 0
        self._awaits_and = False  # of BETWEEN

    # Tokens

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    @property
    def _before(self) -> Token:
        return self._tokens[self._next - 1]

    def _at(self, *values: str) -> bool:
        return self._here.kind in ("keyword", "symbol") and self._here.value in values

    def _advance(self) -> Token:
        token = self._here
        if token.kind != "end":
            self._next += 1
        return token

    def _expect(self, value: str, hint: str = "") -> Token:
        if not self._at(value):
            self._unexpected(hint)
            raise Unreadable
        return self._advance()

    def _span_from(self, start: int) -> Span:
        return Span(start, self._before.end)

    # Problems

    def _unexpected(self, hint: str = "") -> None:
        token = self._here
        if token.kind != "end":
            hint = hint or advice_on_word(token.text)
            self._report.form("unexpected", token.start, token.end, f"'{shown(token.text)}' is unexpected.", hint)
        elif not self._report.malformed:  # else the text may only seem to end early
            self._report.form("unexpected_end", token.start, token.end, "The query ends too early.", hint)

    def _never_closed(self, opening: Token) -> None:
        if not self._report.malformed:  # else its end may only have been passed over
            message = "The parenthesis that opens here is never closed."
            self._report.form("unclosed_parenthesis", opening.start, opening.end, message, "write ) where it ends")

    def _skip(self) -> None:
        """Go to the AND, OR or `)` that ends the clause at hand, or to the end."""
        while self._here.kind != "end":
            if self._at("BETWEEN"):
                self._awaits_and = True
            elif self._at("AND") and self._awaits_and:
                self._awaits_and = False
            elif self._open_lists == 0 and self._at("AND", "OR", ")"):
                break
            self._open_lists += self._at("(") - self._at(")")
            self._advance()
        self._open_lists = 0
        self._awaits_and = False
