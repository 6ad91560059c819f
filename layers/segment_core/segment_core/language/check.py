"""The way of a text through lexer, parser, checker and printer."""

from __future__ import annotations

from functools import lru_cache

from segment_core.errors import InvalidQuery
from segment_core.language import ast
from segment_core.language.checker import check_tree
from segment_core.language.lexer import tokens
from segment_core.language.limits import ACCEPTED_BEFORE, Limits
from segment_core.language.normal import normal
from segment_core.language.parser import Parser
from segment_core.language.printer import canonical
from segment_core.language.problems import Problem, Report
from segment_core.record import record

_DEFAULT = Limits()


@record
class Checked:
    """A query that was accepted: the one tree and text of what it means. Warnings are for its author."""

    query: ast.Query
    canonical: str
    warnings: tuple[Problem, ...]


def check(text: str, limits: Limits = _DEFAULT) -> Checked:
    """Read what somebody wrote. Raises InvalidQuery with every problem that was found."""
    _check_size(text, limits)
    tree, warnings = _read(text, limits)
    query = normal(tree)
    return Checked(query, canonical(query), warnings)


# Trees are immutable, so one may be shared by all who ask for the same text.
@lru_cache(maxsize=1024)
def parse(text: str) -> ast.Query:
    """The tree of a text that `check` accepted before, as it is written; of a canonical text, the one that `check`
    made.

    Limits on size are not applied again: a canonical text may be longer than what was typed, and a
    limit that was lowered later must not break what is stored. Raises InvalidQuery as `check` does.
    """
    return _read(text, ACCEPTED_BEFORE)[0]


def _check_size(text: str, limits: Limits) -> None:
    problems = []
    if not text.strip():
        problems.append(Problem(1, 0, len(text), "blank", "Query can't be blank", "write at least one clause"))
    if len(text) > limits.characters:
        message = f"Query is too long (maximum is {limits.characters} characters)"
        problems.append(Problem(1, 0, len(text), "too_long", message))
    if problems:
        raise InvalidQuery(tuple(problems))


def _read(text: str, limits: Limits) -> tuple[ast.Query, tuple[Problem, ...]]:
    report = Report(text)
    parsed = Parser(tokens(text, report), report, limits.nesting).parse()
    query = check_tree(parsed, limits, report)
    if query is None:
        raise InvalidQuery(report.problems)
    return query, report.warnings
