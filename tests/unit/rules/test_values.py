"""A value refutes the rows of the conditions that it does not meet, whether all tables are kept or only some."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from segment_core.facts.parts import in_parts
from segment_core.rules import values, variables
from segment_core.rules.values import MISSING, Condition, Value

TEXTS = ("a", "b", "caf\u00e9", "A", "")
NUMBERS = tuple(Decimal(text) for text in ("-2.5", "-1", "0", "0.0", "0.1", "1", "1.00", "3", "1E+2", "250.75"))
SEEN: tuple[Any, ...] = (
    None,
    True,
    False,
    (),
    ("a",),
    *TEXTS,
    "cafe\u0301",
    "other",
    *NUMBERS,
    Decimal("0.05"),
    0,
    1,
    7,
)
ORDER = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def drawn(random: Random) -> Condition:
    kind = random.choice(("text", "number", "truth", "order", "between", "missing", "list"))
    low, high = sorted(random.sample(NUMBERS, 2))
    match kind:
        case "text":
            return Condition("IN", tuple(random.sample(TEXTS[:3], random.randint(1, 2))))
        case "number":
            return Condition("IN", tuple(random.sample(NUMBERS, random.randint(1, 2))))
        case "truth":
            return Condition("IN", (random.choice((True, False)),), truth=True)
        case "order":
            return Condition(random.choice(list(ORDER)), (low,))
        case "between":
            return Condition("BETWEEN", (low, high))
        case "list":
            return Condition("IN", ("a",), or_list=True)
    return MISSING


def meets(seen: Any, condition: Condition) -> bool:
    if condition == MISSING:
        return seen is None
    if isinstance(seen, tuple):
        return condition.or_list
    if condition.operator == "IN":
        # The same characters are the same text, however they are composed.
        wanted = "caf\u00e9" if seen == "cafe\u0301" else seen
        return any(type(value) is kind_of(wanted) and value == wanted for value in condition.values)
    if kind_of(seen) is not Decimal:
        return False
    if condition.operator == "BETWEEN":
        return condition.values[0] <= seen <= condition.values[1]
    return ORDER[condition.operator](seen, condition.values[0])


def kind_of(value: Any) -> type:
    return Decimal if type(value) is int else type(value)


@pytest.mark.parametrize("largest", [1, 40, variables.LARGEST_TABLE])
@pytest.mark.parametrize("seed", range(40))
def test_rows_are_refuted_by_what_does_not_meet_their_condition(
    monkeypatch: pytest.MonkeyPatch, seed: int, largest: int
) -> None:
    monkeypatch.setattr(variables, "LARGEST_TABLE", largest)
    random = Random(seed)
    demands = [(drawn(random), random.random() < 0.7) for _ in range(random.randint(1, 12))]
    value = Value()
    for condition, _ in demands:
        value.note(condition)
    for row, (condition, wanted) in enumerate(demands):
        value.demand(value.refuting(condition, wanted), row)
    lookup = value.lookup()
    words = lookup.words()

    for seen in (*SEEN, *SEEN):  # what was met before, too
        expected = sum(1 << row for row, (condition, wanted) in enumerate(demands) if meets(seen, condition) != wanted)
        assert lookup.refuted(seen) == expected, seen
        assert looked_up(words, seen) == expected, seen
        parts = in_parts(seen) if isinstance(seen, Decimal) else None
        assert parts is None or lookup.tables[bisect_right(lookup.starts, parts)] == expected, seen


@pytest.mark.parametrize(("largest", "kept"), [(variables.LARGEST_TABLE, 2), (1, 0)])
def test_few_texts_that_nobody_asks_for_are_kept(monkeypatch: pytest.MonkeyPatch, largest: int, kept: int) -> None:
    monkeypatch.setattr(variables, "LARGEST_TABLE", largest)
    monkeypatch.setattr(values, "_KEPT", 2)
    value, condition = Value(), Condition("IN", ("a",))
    value.note(condition)
    value.demand(value.refuting(condition, True), 0)
    words = value.lookup().words()

    before = len(words.known)
    assert [looked_up(words, seen) for seen in ("b", "a", "x" * 65, Decimal(1), True, "c", "d", None)] == [
        1,
        0,
        1,
        1,
        1,
        1,
        1,
        1,
    ]
    assert 0 <= len(words.known) - before <= kept
    assert "x" * 65 not in words.known


def test_a_text_that_comes_back_is_kept_again_whatever_was_met_before() -> None:
    asked: list[str] = []
    words = values.Words({None: 0}, lambda text: asked.append(text) or len(text), kept=3)
    for text in ("a", "bb", "ccc", "dddd", "gmail", "gmail", "gmail", None):
        assert looked_up(words, text) == len(text or "")
    assert asked.count("gmail") == 1
    assert len(words.known) <= 4


def looked_up(words: values.Words[int], value: object) -> int:
    """As the compiled code does."""
    try:
        return words.known[value]
    except KeyError:
        return words.new(value)
