"""Tokens to a syntax tree, by recursive descent with a counted depth.

The grammar stands in docs/language.md. A problem does not end the parse: the rest of its clause is
skipped up to the next AND, OR or closing parenthesis, so that all problems of a text are found at once.
"""

from __future__ import annotations

import re

from segment_core.language.ast import Span
from segment_core.language.lexer import Token
from segment_core.language.problems import Report, shown
from segment_core.language.suggestions import advice_on_span, advice_on_word
from segment_core.language.syntax import (
    Argument,
    Clause,
    Fragment,
    Group,
    Leaf,
    Negation,
    Operator,
    Parsed,
    Total,
    Tree,
)
from segment_core.language.vocabulary import PREDICATES

_COMPARISONS = frozenset({"=", "!=", ">", ">=", "<", "<="})
# Operators that NOT can stand before.
_NEGATED = ("CONTAINS", "IN", "MATCHES", "STARTS")
# What takes a list, where the operator takes one value.
_LISTING = {"=": "IN", "!=": "NOT IN", "CONTAINS": "IN", "NOT CONTAINS": "NOT IN"}
_VALUES = frozenset({"string", "literal", "word"})

_ADVICE_IN_LISTS = {
    "AND": "part the conditions of one MATCHES with a comma",
    "OR": "write a clause for each side and join them with OR, or IN (...) for one of several values",
}

# The words around a condition in reports and in SQL. Only the condition is the query.
_FRAME = frozenset({"SELECT", "FROM", "SHOW", "WHERE"})


class _Unreadable(Exception):
    """The clause at hand cannot be read on; its problem is reported already."""


class Parser:
    """One parse of one text."""

    def __init__(self, tokens: list[Token], report: Report, nesting: int) -> None:
        self._tokens = tokens
        self._next = 0
        self._report = report
        self._nesting = nesting
        self._open_lists = 0
        self._awaits_and = False  # of BETWEEN
        self._in_total = False
        self._parsed = Parsed()

    def parse(self) -> Parsed:
        """The tree and all clauses; problems of form are in the report."""
        self._skip_frame()
        self._parsed.tree = self._either(0)
        return self._parsed

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
            raise _Unreadable
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

    def _skip_frame(self) -> None:
        if self._here.kind != "word" or self._here.text.upper() not in _FRAME:
            return
        if self._tokens[self._next + 1].value in _COMPARISONS:
            return
        self._unexpected("write only the condition, without SHOW, FROM, WHERE or ORDER BY")
        where = (i for i, token in enumerate(self._tokens) if token.kind == "word" and token.text.upper() == "WHERE")
        self._next = next(where, len(self._tokens) - 2) + 1

    # AND, OR, NOT, parentheses

    def _either(self, depth: int) -> Tree | None:
        start, children = self._here.start, [self._every(depth)]
        while self._at("OR"):
            self._advance()
            children.append(self._every(depth))
        return self._group("OR", children, start)

    def _every(self, depth: int) -> Tree | None:
        start, children = self._here.start, [self._single(depth)]
        while not self._ends_conjunction(depth):
            self._advance()
            children.append(self._single(depth))
        return self._group("AND", children, start)

    def _ends_conjunction(self, depth: int) -> bool:
        """False when another child follows; reports and passes over what cannot stand after a child."""
        while not self._at("AND", "OR") and self._here.kind != "end":
            if self._at(")"):
                if depth > 0:
                    return True
                self._unexpected("it closes nothing")
                self._advance()
            else:
                self._unexpected(self._advice_after_clause())
                self._skip()
        return not self._at("AND")

    def _group(self, word: str, children: list[Tree | None], start: int) -> Tree | None:
        present = tuple(child for child in children if child is not None)
        if len(present) < 2:
            return present[0] if present else None
        return Group("AND" if word == "AND" else "OR", present, self._span_from(start))

    def _single(self, depth: int) -> Tree | None:
        negations = []
        while self._at("NOT"):
            negations.append(self._advance())
        depth += len(negations) + self._at("(")
        if depth > self._nesting:
            token = self._here
            message = f"The query is nested too deep (maximum is {self._nesting} levels)"
            self._report.form("too_deep", token.start, token.end, message)
            self._skip()
            return None
        tree = self._parenthesised(depth) if self._at("(") else self._clause()
        if tree is None:
            return None
        for negation in reversed(negations):
            tree = Negation(tree, self._span_from(negation.start))
        return tree

    def _parenthesised(self, depth: int) -> Tree | None:
        opening = self._advance()
        tree = self._either(depth)
        if self._at(")"):
            self._advance()
        else:
            self._never_closed(opening)
        return tree

    def _advice_after_clause(self) -> str:
        before, token = self._before, self._here
        if before.kind == token.kind == "string" and before.touches(token):
            return "write a quote inside a text as \\'"
        if token.kind == "literal" and ":" in token.text:
            return "join date and time with T: 2026-03-01T16:00:00"
        if before.kind == "literal" and token.kind == "word" and (span := advice_on_span(before.text, token.text)):
            return span
        return advice_on_word(token.text) or "join clauses with AND or OR"

    # Clauses

    def _clause(self) -> Leaf | None:
        name = self._here
        if name.kind != "word":
            self._unexpected("a clause begins with the name of a filter")
            # AND and OR stay for the caller: they still join what is left.
            self._skip()
            return None
        self._advance()
        leaf: Leaf
        try:
            leaf = self._clause_after(name)
        except _Unreadable:
            leaf = Fragment(name, self._span_from(name.start))
            self._skip()
        self._parsed.leaves.append(leaf)
        return leaf

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
            raise _Unreadable
        end = self._before.end
        return Clause(name, arguments, Operator("", Span(end, end)), (), (), self._span_from(name.start))

    def _operator(self, missing: str = "") -> Operator:
        """The operator that stands here; `missing` is the advice if there is none."""
        start = self._here
        if self._at(*_COMPARISONS, "BETWEEN", *_NEGATED):
            name = self._positive_operator()
        elif self._at("NOT_MATCHES"):
            self._advance()
            name = "NOT MATCHES"
        elif self._at("NOT"):
            self._advance()
            if not self._at(*_NEGATED):
                operators = "CONTAINS, IN, MATCHES or STARTS WITH"
                self._unexpected(f"after NOT follows {operators}; otherwise NOT stands before the clause")
                raise _Unreadable
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
            raise _Unreadable
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
            raise _Unreadable
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
            raise _Unreadable
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
            raise _Unreadable
        self._advance()
        if self._at(":"):
            colon = self._advance()
            operator = Operator(":", Span(colon.start, colon.end))
            listed = self._at("(")
            values = self._list() if listed else (self._value(),)
        else:
            operator = self._operator()
            if operator.name in _COMPARISONS and self._at_total():
                total = self._total()
                return Argument(name, operator, (), False, self._span_from(name.start), total)
            listed = operator.name in ("IN", "NOT IN") or (operator.name in _COMPARISONS and self._at("("))
            if operator.name in ("MATCHES", "NOT MATCHES"):
                self._next -= 1
                self._unexpected()
                raise _Unreadable
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
            raise _Unreadable
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
        operators = (*_COMPARISONS, "BETWEEN", "NOT", *_NEGATED)
        return self._here.kind == "keyword" and following.kind in ("keyword", "symbol") and following.value in operators

    def _open(self, hint: str) -> Token:
        opening = self._expect("(", hint)
        self._open_lists += 1
        return opening

    def _close(self, opening: Token) -> None:
        if self._here.kind == "end":
            self._never_closed(opening)
            raise _Unreadable
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


_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")


def _advice_on_separators(written: str) -> str:
    if _THOUSANDS.fullmatch(written):
        return f"thousands have no separator, and decimals a point: write {shown(written.replace(',', ''))}"
    meant = written.replace(",", ".") if _DECIMAL_COMMA.fullmatch(written) else "1234.50"
    return f"decimals have a point, and thousands no separator: write {shown(meant)}"


def _advice_on_value(token: Token) -> str:
    if token.value == "NULL":
        return "write IS NULL or IS NOT NULL"
    if token.kind == "junk" and any(character.isdigit() for character in token.text):
        return "write only digits and a decimal point, without a symbol"
    return "one value goes here"
