"""Stories of time: a customer, a query, and what it answers at some instants, as JSON in tests/cases/evaluator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import Verdict, compile_query
from segment_core.facts.document import read_customer
from segment_core.instants import parse as instant
from segment_core.language import parse
from segment_core.shop import OrderPolicy, Shop

CASES = Path(__file__).parents[2] / "cases" / "evaluator"
STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['name']}")
    for path in sorted(CASES.glob("*.json"))
    for story in json.loads(path.read_text(encoding="utf-8"))["stories"]
]


@pytest.mark.parametrize("story", STORIES)
def test_story(story: dict[str, Any]) -> None:
    shop = Shop(ZoneInfo(story.get("zone", "UTC")), "USD", OrderPolicy(**story.get("settings", {})))
    customer = read_customer({"id": "1", **story["customer"]})
    rule = compile_query(parse(story["query"]))
    for at, member, until in story["then"]:
        expected = Verdict(member, None if until is None else instant(until))
        assert rule.evaluate(customer, shop, instant(at)) == expected, at
