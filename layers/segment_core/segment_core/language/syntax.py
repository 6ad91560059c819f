"""What was written, before names and types are known: the parser's result and the checker's input."""

from __future__ import annotations

from typing import Literal

from segment_core.language.ast import Span
from segment_core.language.lexer import Token
from segment_core.record import record


@record
class Operator:
    """An operator in its one spelling (`=`, `NOT CONTAINS`, `:` of the legacy form) and where it stands."""

    name: str
    span: Span


@record
class Argument:
    """`id = 5`, `id: (5, 6)`, or a value alone, which has neither name nor operator."""

    name: Token | None
    operator: Operator | None
    values: tuple[Token, ...]
    listed: bool
    span: Span
    total: Total | None = None


@record
class Total:
    """`1.2 * sum_amount(date > -30d)`, where a value could stand."""

    factor: Token | None
    name: Token
    arguments: tuple[Argument, ...]
    span: Span


@record
class Clause:
    """A leaf. `arguments` stand in parentheses right after the name (None: no parentheses there),
    `parameters` in those after MATCHES.
    """

    name: Token
    arguments: tuple[Argument, ...] | None
    operator: Operator
    values: tuple[Token, ...]
    parameters: tuple[Argument, ...]
    span: Span


@record
class Fragment:
    """A clause that could not be read to its end: only its name is certain."""

    name: Token
    span: Span


@record
class Negation:
    """Prefix NOT."""

    child: Tree
    span: Span


@record
class Group:
    """Two or more children joined by the same word."""

    word: Literal["AND", "OR"]
    children: tuple[Tree, ...]
    span: Span


Leaf = Clause | Fragment
Tree = Leaf | Negation | Group


class Parsed:
    """The whole text. After a problem of form the tree may miss what could not be read; `leaves` holds
    every clause that was recognised, so that their names and values are still checked.
    """

    def __init__(self, tree: Tree | None = None) -> None:
        self.tree = tree
        self.leaves: list[Leaf] = []
