"""DynamoDB's expressions, as far as the store uses them; one that is not known here is an error.

An expression is compiled once to a function of (item, names, values). Attributes are top-level ones, in DynamoDB's own
notation (`{"S": "text"}`), and compare within their type only.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Item = Mapping[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Any]
Condition = Callable[[Item, Names, Values], bool]
Operand = Callable[[Item, Names, Values], Any]
Update = Callable[[Item, Names, Values], dict[str, Any]]

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<>|<=|>=|[=<>(),+-])")
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CLAUSES = ("SET", "REMOVE", "ADD")


class UnknownExpression(AssertionError):
    """The simulated store does not know such an expression: teach it, or write another one."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression, and the placeholders that it uses."""

    run: Callable[[Item, Names, Values], Any]
    uses: frozenset[str]


@cache
def condition(text: str) -> Compiled:
    """A condition, a filter or a key condition."""
    return _Reading(text).whole(_Reading.either)


@cache
def update(text: str) -> Compiled:
    """An update: gives the new item for the old one."""
    return _Reading(text).whole(_Reading.update)


def projection(text: str, names: Names) -> list[str]:
    """The attributes that a projection keeps."""
    return [names.get(part.strip(), part.strip()) for part in text.split(",")]


def scalar(value: Any) -> Any:
    """What an attribute's value is compared by, its type first; None stays None."""
    if value is None:
        return None
    ((kind, content),) = value.items()
    return (kind, int(content) if kind == "N" else content)


def _compare(sign: str, left: Any, right: Any) -> bool:
    a, b = scalar(left), scalar(right)
    if a is None or b is None:
        return False
    if a[0] != b[0]:
        return sign == "<>"
    return _ORDER[sign](a[1], b[1])


class _Reading:
    """Reads one expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise UnknownExpression(f"cannot read '{text[place:]}' of '{text}'")
            self._tokens.append(match[1])
            place = match.end()
        self._place = 0

    def whole(self, read: Callable[[_Reading], Any]) -> Compiled:
        run = read(self)
        if self._place != len(self._tokens):
            raise UnknownExpression(f"'{self._peek()}' was not expected in '{self._text}'")
        return Compiled(run, frozenset(token for token in self._tokens if token[0] in "#:"))

    def _peek(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._place += 1
        return token

    def _take(self, word: str) -> bool:
        if self._peek().upper() != word:
            return False
        self._place += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise UnknownExpression(f"'{word}' was expected instead of '{self._peek()}' in '{self._text}'")

    # Conditions -------------------------------------------------------------------------------

    def either(self) -> Condition:
        parts = [self._both()]
        while self._take("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda i, n, v: any(part(i, n, v) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda i, n, v: all(part(i, n, v) for part in parts)

    def _one(self) -> Condition:
        if self._take("NOT"):
            negated = self._one()
            return lambda i, n, v: not negated(i, n, v)
        if self._take("("):
            inner = self.either()
            self._expect(")")
            return inner
        if self._tokens[self._place + 1 : self._place + 2] == ["("]:
            return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        name = self._next()
        self._expect("(")
        path = self._operand()
        if name in ("attribute_exists", "attribute_not_exists"):
            self._expect(")")
            wanted = name == "attribute_exists"
            return lambda i, n, v: (path(i, n, v) is not None) == wanted
        if name != "begins_with":
            raise UnknownExpression(f"the function '{name}' of '{self._text}' is not known")
        self._expect(",")
        prefix = self._operand()
        self._expect(")")

        def begins(i: Item, n: Names, v: Values) -> bool:
            text = path(i, n, v)
            return text is not None and str(text.get("S", "")).startswith(prefix(i, n, v)["S"])

        return begins

    def _comparison(self) -> Condition:
        left = self._operand()
        if self._take("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            high = self._operand()
            return lambda i, n, v: (
                _compare(">=", left(i, n, v), low(i, n, v)) and _compare("<=", left(i, n, v), high(i, n, v))
            )
        sign = self._next()
        if sign not in _ORDER:
            raise UnknownExpression(f"'{sign}' was not expected in '{self._text}'")
        right = self._operand()
        return lambda i, n, v: _compare(sign, left(i, n, v), right(i, n, v))

    def _operand(self) -> Operand:
        token = self._next()
        if not re.match(r"[#:]?[A-Za-z_]", token):
            raise UnknownExpression(f"'{token}' is no attribute and no value in '{self._text}'")
        if token.startswith(":"):
            return lambda i, n, v: v[token]
        return lambda i, n, v: i.get(n[token] if token.startswith("#") else token)

    # Updates ----------------------------------------------------------------------------------

    def update(self) -> Update:
        changes: list[Callable[[dict[str, Any], Item, Names, Values], None]] = []
        clause = ""
        while self._peek():
            if self._peek().upper() in _CLAUSES:
                clause = self._next().upper()
            elif not self._take(","):
                raise UnknownExpression(f"'{self._peek()}' was not expected in '{self._text}'")
            changes.append({"SET": self._set, "ADD": self._add, "REMOVE": self._remove}[clause]())

        def run(i: Item, n: Names, v: Values) -> dict[str, Any]:
            new = dict(i)
            for change in changes:
                change(new, i, n, v)
            return new

        return run

    def _set(self) -> Callable[[dict[str, Any], Item, Names, Values], None]:
        path = self._next()
        self._expect("=")
        first = self._value()
        sign = self._next() if self._peek() in ("+", "-") else ""
        second = self._value() if sign else None

        def change(new: dict[str, Any], i: Item, n: Names, v: Values) -> None:
            value = first(i, n, v)
            if second is not None:
                added = int(second(i, n, v)["N"])
                value = {"N": str(int(value["N"]) + (added if sign == "+" else -added))}
            new[n.get(path, path)] = value

        return change

    def _value(self) -> Operand:
        if not self._take("IF_NOT_EXISTS"):
            return self._operand()
        self._expect("(")
        path = self._operand()
        self._expect(",")
        otherwise = self._operand()
        self._expect(")")

        def value(i: Item, n: Names, v: Values) -> Any:
            there = path(i, n, v)
            return otherwise(i, n, v) if there is None else there

        return value

    def _add(self) -> Callable[[dict[str, Any], Item, Names, Values], None]:
        path, delta = self._next(), self._operand()

        def change(new: dict[str, Any], i: Item, n: Names, v: Values) -> None:
            name = n.get(path, path)
            new[name] = {"N": str(int(i.get(name, {"N": "0"})["N"]) + int(delta(i, n, v)["N"]))}

        return change

    def _remove(self) -> Callable[[dict[str, Any], Item, Names, Values], None]:
        path = self._next()

        def change(new: dict[str, Any], i: Item, n: Names, v: Values) -> None:
            new.pop(n.get(path, path), None)

        return change
