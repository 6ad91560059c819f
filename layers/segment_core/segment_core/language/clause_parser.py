"""Tokens to one clause: its name, operator, values and parameters, as they are written."""

from __future__ import annotations

import re

from segment_core.language.ast import Span
from segment_core.language.cursor import Cursor, Unreadable
from segment_core.language.lexer import Token
from segment_core.language.problems import Report, shown
from segment_core.language.syntax import Argument, Clause, Operator, Total
from segment_core.language.vocabulary import PREDICATES

COMPARISONS = frozenset({"=", "!=", ">", ">=", "<", "<="})
# Operators that NOT can stand before.
_NEGATED = ("CONTAINS", "IN", "MATCHES", "STARTS")
# What takes a list, where the operator takes one value.
_LISTING = {"=": "IN", "!=": "NOT IN", "CONTAINS": "IN", "NOT CONTAINS": "NOT IN"}
_VALUES = frozenset({"string", "literal", "word"})

_ADVICE_IN_LISTS = {
    "AND": "part the conditions of one MATCHES with a comma",
    "OR": "write a clause for each side and join them with OR, or IN (...) for one of several values",
}


class ClauseParser(Cursor):
    """Reads the clause that begins at the cursor. Raises Unreadable where that cannot be."""

    def __init__(self, tokens: list[Token], report: Report) -> None:
        super().__init__(tokens, report)
        self._in_total = False

    def _clause_after(self, name: Token) -> Clause:
        arguments = self._arguments() if self._at("(") else None
        if arguments is not None and name.text in PREDICATES:
            return self._predicate(name, arguments)
        missing = (
            f"write {shown(name.text)} MATCHES (...), or = true after the old form" if arguments is not None else ""
        )
        operator = self._operator(missing)
        values: tuple[Token, ...] = ()
        parameters: tuple[Argument, ...] = ()
        if operator.name in ("MATCHES", "NOT MATCHES"):
            parameters = self._arguments()
        else:
            values = self._operands(operator)
        return Clause(name, arguments, operator, values, parameters, self._span_from(name.start))

    def _predicate(self, name: Token, arguments: tuple[Argument, ...]) -> Clause:
        if not self._at("AND", "OR", ")") and self._here.kind in ("symbol", "keyword"):
            self._unexpected("it has no operator; for the opposite, NOT stands before it")
            raise Unreadable
        end = self._before.end
        return Clause(name, arguments, Operator("", Span(end, end)), (), (), self._span_from(name.start))

    def _operator(self, missing: str = "") -> Operator:
        """The operator that stands here; `missing` is the advice if there is none."""
        start = self._here
        if self._at(*COMPARISONS, "BETWEEN", *_NEGATED):
            name = self._positive_operator()
        elif self._at("NOT_MATCHES"):
            self._advance()
            name = "NOT MATCHES"
        elif self._at("NOT"):
            self._advance()
            if not self._at(*_NEGATED):
                operators = "CONTAINS, IN, MATCHES or STARTS WITH"
                self._unexpected(f"after NOT follows {operators}; otherwise NOT stands before the clause")
                raise Unreadable
            name = "NOT " + self._positive_operator()
        elif self._at("IS"):
            self._advance()
            name = "IS NULL"
            if self._at("NOT"):
                self._advance()
                name = "IS NOT NULL"
            self._expect("NULL", "write IS NULL or IS NOT NULL")
        else:
            self._unexpected("" if self._here.kind in _VALUES else missing)
            raise Unreadable
        return Operator(name, self._span_from(start.start))

    def _positive_operator(self) -> str:
        name = self._advance().value
        if name != "STARTS":
            return name
        self._expect("WITH", "write STARTS WITH")
        return "STARTS WITH"

    def _operands(self, operator: Operator) -> tuple[Token, ...]:
        if operator.name in ("IS NULL", "IS NOT NULL"):
            return ()
        if operator.name in ("IN", "NOT IN"):
            return self._list()
        self._awaits_and = operator.name == "BETWEEN"
        if self._at("(") and operator.name in _LISTING:
            self._unexpected(
                f"{operator.name} takes one value; for one of several write {_LISTING[operator.name]} (...)"
            )
            raise Unreadable
        first = self._value()
        if not self._awaits_and:
            return (first,)
        self._expect("AND", "write BETWEEN low AND high")
        self._awaits_and = False
        return (first, self._value())

    def _value(self) -> Token:
        token = self._here
        if token.kind not in _VALUES:
            self._unexpected(_advice_on_value(token))
            raise Unreadable
        self._advance()
        if self._open_lists == 0:
            self._report_decimal_comma(token)
        return token

    def _list(self) -> tuple[Token, ...]:
        opening = self._open("a list goes here: (1, 2)")
        values = [self._value()]
        while self._at(","):
            self._advance()
            values.append(self._value())
        self._close(opening)
        return tuple(values)

    # Arguments and parameters

    def _arguments(self) -> tuple[Argument, ...]:
        opening = self._open("the parameters go here in parentheses")
        arguments = []
        if not self._at(")"):
            arguments.append(self._argument())
            while self._at(","):
                self._advance()
                arguments.append(self._argument())
        self._close(opening)
        return tuple(arguments)

    def _argument(self) -> Argument:
        name = self._here
        if name.kind in ("string", "literal"):
            self._advance()
            return Argument(None, None, (name,), False, self._span_from(name.start))
        if name.kind != "word" and not self._keyword_is_a_name():
            self._unexpected("a parameter goes here, for example date >= -30d")
            raise Unreadable
        self._advance()
        if self._at(":"):
            colon = self._advance()
            operator = Operator(":", Span(colon.start, colon.end))
            listed = self._at("(")
            values = self._list() if listed else (self._value(),)
        else:
            operator = self._operator()
            if operator.name in COMPARISONS and self._at_total():
                total = self._total()
                return Argument(name, operator, (), False, self._span_from(name.start), total)
            listed = operator.name in ("IN", "NOT IN") or (operator.name in COMPARISONS and self._at("("))
            if operator.name in ("MATCHES", "NOT MATCHES"):
                self._next -= 1
                self._unexpected()
                raise Unreadable
            values = self._list() if listed else self._operands(operator)
        if values and not listed:
            self._report_decimal_comma(values[-1])
        return Argument(name, operator, values, listed, self._span_from(name.start))

    def _at_total(self) -> bool:
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        wanted = {"word": "(", "literal": "*"}.get(self._here.kind)
        return not self._in_total and following.kind == "symbol" and following.value == wanted

    def _total(self) -> Total:
        start, factor = self._here.start, None
        if self._here.kind == "literal":
            factor = self._advance()
            self._advance()
        name = self._here
        if name.kind != "word":
            self._unexpected("a total of another window goes here: 1.2 * sum_amount(date BETWEEN -180d AND -91d)")
            raise Unreadable
        self._advance()
        self._in_total = True  # its own parameters hold no other: texts cannot nest them without end
        try:
            arguments = self._arguments()
        finally:
            self._in_total = False
        return Total(factor, name, arguments, self._span_from(start))

    def _keyword_is_a_name(self) -> bool:
        """Properties of events may have any name, `in` and `starts` among them."""
        following = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        operators = (*COMPARISONS, "BETWEEN", "NOT", *_NEGATED)
        return self._here.kind == "keyword" and following.kind in ("keyword", "symbol") and following.value in operators

    def _open(self, hint: str) -> Token:
        opening = self._expect("(", hint)
        self._open_lists += 1
        return opening

    def _close(self, opening: Token) -> None:
        if self._here.kind == "end":
            self._never_closed(opening)
            raise Unreadable
        self._expect(")", _ADVICE_IN_LISTS.get(self._here.value, "") if self._here.kind == "keyword" else "")
        self._open_lists -= 1

    def _report_decimal_comma(self, number: Token) -> None:
        """`999,99` as one problem over the whole of it; the comma and what follows are passed over."""
        if number.kind != "literal":
            return
        parts = [number]
        while self._at(",") and parts[-1].touches(self._here):
            following = self._tokens[self._next + 1]
            if following.kind != "literal" or not self._here.touches(following):
                break
            parts.append(following)
            self._next += 2
        if len(parts) > 1:
            written = ",".join(part.text for part in parts)
            message, hint = f"'{shown(written)}' is unexpected.", _advice_on_separators(written)
            self._report.form("decimal_comma", number.start, parts[-1].end, message, hint)


_THOUSANDS = r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"
_DECIMAL_COMMA = r"-?[0-9]+,[0-9]+"


def _advice_on_separators(written: str) -> str:
    if re.fullmatch(_THOUSANDS, written):
        return f"thousands have no separator, and decimals a point: write {shown(written.replace(',', ''))}"
    meant = written.replace(",", ".") if re.fullmatch(_DECIMAL_COMMA, written) else "1234.50"
    return f"decimals have a point, and thousands no separator: write {shown(meant)}"


def _advice_on_value(token: Token) -> str:
    if token.value == "NULL":
        return "write IS NULL or IS NOT NULL"
    if token.kind == "junk" and any(character.isdigit() for character in token.text):
        return "write only digits and a decimal point, without a symbol"
    return "one value goes here"
