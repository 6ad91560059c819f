"""Tokens to a syntax tree, by recursive descent with a counted depth.

The grammar stands in docs/language.md. A problem does not end the parse: the rest of its clause is
skipped up to the next AND, OR or closing parenthesis, so that all problems of a text are found at once.
"""

from __future__ import annotations

from segment_core.language.clause_parser import COMPARISONS, ClauseParser
from segment_core.language.cursor import Unreadable
from segment_core.language.lexer import Token
from segment_core.language.problems import Report
from segment_core.language.suggestions import advice_on_span, advice_on_word
from segment_core.language.syntax import Fragment, Group, Leaf, Negation, Parsed, Tree

# The words around a condition in reports and in SQL. Only the condition is the query.
_FRAME = frozenset({"SELECT", "FROM", "SHOW", "WHERE"})


class Parser(ClauseParser):
    """One parse of one text."""

    def __init__(self, tokens: list[Token], report: Report, nesting: int) -> None:
        super().__init__(tokens, report)
        self._nesting = nesting
        self._parsed = Parsed()

    def parse(self) -> Parsed:
        """The tree and all clauses; problems of form are in the report."""
        self._skip_frame()
        self._parsed.tree = self._either(0)
        return self._parsed

    def _skip_frame(self) -> None:
        if self._here.kind != "word" or self._here.text.upper() not in _FRAME:
            return
        if self._tokens[self._next + 1].value in COMPARISONS:
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
        except Unreadable:
            leaf = Fragment(name, self._span_from(name.start))
            self._skip()
        self._parsed.leaves.append(leaf)
        return leaf

    def _advice_after_clause(self) -> str:
        before, token = self._before, self._here
        if before.kind == token.kind == "string" and before.touches(token):
            return "write a quote inside a text as \\'"
        if token.kind == "literal" and ":" in token.text:
            return "join date and time with T: 2026-03-01T16:00:00"
        if before.kind == "literal" and token.kind == "word" and (span := advice_on_span(before.text, token.text)):
            return span
        return advice_on_word(token.text) or "join clauses with AND or OR"
