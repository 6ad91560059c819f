"""One module for each engine, with `build(rules)`, which makes of them whatever the engine needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from ..customers import Values


class Engine(NamedTuple):
    """Rules, ready to be asked.

    `given` makes of customers what the engine is given, which is not measured; `ask` is; `bits` makes the bits of the
    rules that hold of what it returns.
    """

    given: Callable[[list[Values]], Iterable[Any]]
    ask: Callable[[Any], Any]
    bits: Callable[[Any], int]


def bits(answers: Sequence[Any]) -> int:
    """Yes and no for each rule, as bits."""
    return sum(1 << number for number, answer in enumerate(answers) if answer)
