"""Straight-line code: what is done for every customer, written once for a set of definitions and compiled.

A loop over columns takes longer to go round than to look a value up. Only what is written in this package becomes code,
and names of fields that records have; whatever merchants and stores choose (values, names of metafields) is a constant
that the code refers to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Program:
    """The lines of a function of `arguments`."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._known: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._lines: list[str] = []
        self._found: dict[str, str] = {}

    def constant(self, value: object) -> str:
        """The name by which lines know the value; the same one for one and the same value."""
        name = self._names.setdefault(id(value), f"c{len(self._known)}")
        self._known[name] = value
        return name

    def local(self, name: str, expression: str) -> str:
        """The name of what the expression comes to, which is found once. Raises ValueError for another expression."""
        if name not in self._found:
            self._found[name] = expression
            self.add(f"{name} = {expression}")
        if self._found[name] != expression:
            raise ValueError(f"{name} is {self._found[name]}, not {expression}")
        return name

    def add(self, line: str) -> None:
        """Go on with this statement."""
        self._lines.append(line)

    def compiled(self) -> Callable[..., Any]:
        """The function."""
        head = f"def program({', '.join(self._arguments)}):"
        exec("\n    ".join((head, *self._lines)), self._known)  # noqa: S102 - of our own lines, see above
        made: Callable[..., Any] = self._known["program"]
        return made
