"""Generated rules, in a form that no engine has: trees of comparisons, of ages where dates are compared.

Dates are compared with days, weeks, months and calendar dates; `age` is what that comes to in days on `TODAY`, which
other engines are given, and which is found here without our own calendar.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Literal, NamedTuple

from .attributes import ATTRIBUTES, Attribute

TODAY = date(2026, 3, 2)

Operator = Literal["=", "!=", ">", ">=", "<", "<=", "BETWEEN", "IN", "CONTAINS"]


class Clause(NamedTuple):
    """`values` are constants; `written` are they as a query has them, where these are dates."""

    attribute: str
    operator: Operator
    values: tuple[int | str, ...]
    written: tuple[str, ...] = ()


class Node(NamedTuple):
    """AND, OR, or NOT of one part."""

    operator: Literal["and", "or", "not"]
    parts: tuple[Rule, ...]


Rule = Clause | Node

_CLAUSES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
_SHARES = (36, 22, 16, 10, 6, 4, 2, 2, 1, 1)
_ROUND_DAYS = (1, 3, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
_WEIGHTS = [1 / (rank + 1) ** 0.9 for rank in range(len(ATTRIBUTES))]
_SHUFFLED = Random(40).sample(ATTRIBUTES, len(ATTRIBUTES))


def dense(count: int, seed: int = 1) -> list[Rule]:
    """Rules of one to ten clauses; a customer is in about one of six. Fewer are the beginning of more."""
    random = Random(seed)
    return [_rule(random) for _ in range(count)]


def selective(count: int, seed: int = 2) -> list[Rule]:
    """Rules that ask for four things at least."""
    random = Random(seed)
    return [Node("and", tuple(_clause(random) for _ in range(random.choice((4, 4, 5, 6))))) for _ in range(count)]


def _rule(random: Random) -> Rule:
    [size] = random.choices(_CLAUSES, _SHARES)
    clauses: list[Rule] = [_clause(random) for _ in range(size)]
    if size == 1:
        return clauses[0] if random.random() < 0.9 else Node("not", (clauses[0],))
    shape = random.random()
    if shape < 0.7:
        return Node("and", tuple(clauses))
    if size == 2 or shape < 0.78:
        return Node("or", tuple(clauses))
    cut = random.randrange(1, size)
    group: Rule = Node("or", tuple(clauses[cut:])) if size - cut > 1 else clauses[cut]
    if shape < 0.88:
        group = Node("not", (group,))
    return Node("and", (*clauses[:cut], group))


def _clause(random: Random) -> Clause:
    [attribute] = random.choices(_SHUFFLED, _WEIGHTS)
    return _OF_KIND[attribute.kind](random, attribute)


def _number(random: Random, attribute: Attribute) -> Clause:
    operator = random.choice((">=", ">=", ">", "<", "<=", "BETWEEN", "=", "!="))
    step = max(1, attribute.high // random.choice((10, 20, 50)))
    low, high = sorted(
        round(attribute.high * random.random() ** 2 / step) * step if random.random() < 0.85
        else int(attribute.high * random.random() ** 2)
        for _ in range(2)
    )  # fmt: skip
    return Clause(attribute.name, operator, (low, high) if operator == "BETWEEN" else (low,))  # type: ignore[arg-type]


def _date(random: Random, attribute: Attribute) -> Clause:
    operator = random.choice((">=", ">=", ">", "<", "<=", "BETWEEN"))
    ages = sorted((_age(random, attribute) for _ in range(2)), reverse=True)
    chosen = ages if operator == "BETWEEN" else ages[:1]
    return Clause(attribute.name, operator, tuple(age for age, _ in chosen), tuple(text for _, text in chosen))  # type: ignore[arg-type]


def _age(random: Random, attribute: Attribute) -> tuple[int, str]:
    """An age in days, and how a query writes the day."""
    kind = random.random()
    if kind < 0.15:
        months = random.choice((1, 2, 3, 6, 12, 18, 24))
        years, month = divmod(TODAY.year * 12 + TODAY.month - 1 - months, 12)
        day = date(years, month + 1, min(TODAY.day, monthrange(years, month + 1)[1]))
        return (TODAY - day).days, f"-{months}m" if months % 12 else f"-{months // 12}y"
    spread = int(attribute.low + (attribute.high - attribute.low) * random.random() ** 1.5)
    if kind < 0.25:
        day = TODAY - timedelta(days=spread)
        day = day.replace(day=1) if random.random() < 0.85 else day
        return (TODAY - day).days, day.isoformat()
    if kind < 0.35:
        weeks = random.choice((1, 2, 3, 4, 6, 8, 12, 26))
        return 7 * weeks, f"-{weeks}w"
    days = random.choice(_ROUND_DAYS) if random.random() < 0.85 else spread
    if attribute.low < 0 and random.random() < 0.6:
        days = -days
    return days, f"{-days:+d}d"


def _word(random: Random, attribute: Attribute) -> Clause:
    chosen = [attribute.values[int(len(attribute.values) * random.random() ** 2)] for _ in range(3)]
    operator = random.choice(("=", "=", "=", "!=", "IN"))
    return Clause(attribute.name, operator, tuple(dict.fromkeys(chosen)) if operator == "IN" else (chosen[0],))  # type: ignore[arg-type]


def _truth(random: Random, attribute: Attribute) -> Clause:
    return Clause(attribute.name, "=", (random.choice((0, 1)),))


def _set(random: Random, attribute: Attribute) -> Clause:
    return Clause(attribute.name, "CONTAINS", (attribute.values[int(len(attribute.values) * random.random() ** 2)],))


_OF_KIND = {"number": _number, "date": _date, "word": _word, "truth": _truth, "set": _set}


def clauses(rule: Rule) -> Sequence[Clause]:
    """All clauses of a rule."""
    return [rule] if isinstance(rule, Clause) else [clause for part in rule.parts for clause in clauses(part)]
