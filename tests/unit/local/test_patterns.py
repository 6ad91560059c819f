"""EventBridge patterns: what matches, and what is refused rather than ignored."""

from __future__ import annotations

from typing import Any

import pytest

from tidemark.stack import TemplateError
from tidemark.stack.patterns import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "event", "matches"),
    [
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"]}, {"a": "z"}, False),
        ({"a": ["x"]}, {}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [True]}, {"a": True}, True),
        ({"a": [None]}, {"a": None}, True),
        ({"a": [None]}, {}, False),
        ({"a": ["x"], "b": ["y"]}, {"a": "x", "b": "z"}, False),
        ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": {"b": ["x"]}}, {"a": [{"b": "w"}, {"b": "x"}]}, True),
        ({"a": [{"prefix": "ORDER#"}]}, {"a": "ORDER#1"}, True),
        ({"a": [{"prefix": "ORDER#"}]}, {"a": 1}, False),
        ({"a": [{"suffix": ".csv"}]}, {"a": "x.csv"}, True),
        ({"a": [{"equals-ignore-case": "Ab"}]}, {"a": "aB"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "z"}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": "x"}, False),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
        ({"a": [{"exists": True}]}, {"a": None}, True),
        ({"a": [{"exists": False}]}, {}, True),
        ({"a": [{"exists": False}]}, {"a": 1}, False),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 5}, True),
        ({"a": [{"numeric": [">", 1, "<=", 5]}]}, {"a": 1}, False),
        ({"a": [{"numeric": ["=", 1]}]}, {"a": "1"}, False),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": "y"}, True),
        ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"a": "y"}, False),
    ],
)
def test_a_pattern(pattern: dict[str, Any], event: dict[str, Any], matches: bool) -> None:
    assert compile_pattern(pattern, "Filter")(event) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"a": "x"},
        {"a": []},
        {"a": [{"cidr": "10.0.0.0/8"}]},
        {"a": [{"prefix": 1}]},
        {"a": [{"numeric": ["~", 1]}]},
    ],
    ids=["empty", "no list", "empty list", "unknown operator", "prefix of a number", "unknown comparison"],
)
def test_what_is_not_known_is_refused(pattern: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match=r"^Filter"):
        compile_pattern(pattern, "Filter")
