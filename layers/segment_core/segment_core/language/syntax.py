"""What was written, before names and types are known: the parser's result and the checker's input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from segment_core.language.ast import Span
from segment_core.language.lexer import Token


class Operator(NamedTuple):
    """An operator in its one spelling (`=`, `NOT CONTAINS`, `:` of the legacy form) and where it stands."""

    name: str
    span: Span


class Argument(NamedTuple):
    """`id = 5`, `id: (5, 6)`, or a value alone, which has neither name nor operator."""

    name: Token | None
    operator: Operator | None
    values: tuple[Token, ...]
    listed: bool
    span: Span
    total: Total | None = None


class Total(NamedTuple):
    """`1.2 * sum_amount(date > -30d)`, where a value could stand."""

    factor: Token | None
    name: Token
    arguments: tuple[Argument, ...]
    span: Span


class Clause(NamedTuple):
    """A leaf. `arguments` stand in parentheses right after the name (None: no parentheses there),
    `parameters` in those after MATCHES.
    """

    name: Token
    arguments: tuple[Argument, ...] | None
    operator: Operator
    values: tuple[Token, ...]
    parameters: tuple[Argument, ...]
    span: Span


class Fragment(NamedTuple):
    """A clause that could not be read to its end: only its name is certain."""

    name: Token
    span: Span


class Negation(NamedTuple):
    """Prefix NOT."""

    child: Tree
    span: Span


class Group(NamedTuple):
    """Two or more children joined by the same word."""

    word: Literal["AND", "OR"]
    children: tuple[Tree, ...]
    span: Span


Leaf = Clause | Fragment
Tree = Leaf | Negation | Group


@dataclass(slots=True)
class Parsed:
    """The whole text. After a problem of form the tree may miss what could not be read; `leaves` holds
    every clause that was recognised, so that their names and values are still checked.
    """

    tree: Tree | None = None
    leaves: list[Leaf] = field(default_factory=list)
