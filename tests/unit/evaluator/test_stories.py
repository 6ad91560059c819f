"""Stories of time, as JSON in tests/cases/evaluator: a customer, a query, and what it answers at some instants, or
what happens `from` one instant `to` another.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from segment_core.evaluator import Flip, Verdict, compile_query
from segment_core.facts.document import read_customer
from segment_core.instants import parse as instant
from segment_core.language import parse
from segment_core.shop import OrderPolicy, Shop

CASES = Path(__file__).parents[2] / "cases" / "evaluator"
TOLD: list[tuple[str, dict[str, Any]]] = [
    (f"{path.stem}: {story['name']}", story)
    for path in sorted(CASES.glob("*.json"))
    for story in json.loads(path.read_text(encoding="utf-8"))["stories"]
]


# What a calendar can do that is easily got wrong, each by a zone that does it.
HARD_ZONES = {
    "Africa/Cairo", "America/Santiago", "Asia/Beirut", "America/Havana", "America/Sao_Paulo",  # no midnight on a day
    "America/St_Johns",  # clocks that go back over a midnight
    "Pacific/Apia",  # a day that never was
    "Australia/Lord_Howe",  # half an hour of summer time
}  # fmt: skip


@pytest.mark.parametrize("story", [pytest.param(story, id=name) for name, story in TOLD])
def test_story(story: dict[str, Any]) -> None:
    shop = Shop(ZoneInfo(story.get("zone", "UTC")), "USD", OrderPolicy(**story.get("settings", {})))
    customer = read_customer({"id": "1", **story["customer"]})
    rule = compile_query(parse(story["query"]))
    for at, member, until in story.get("then", ()):
        expected = Verdict(member, None if until is None else instant(until))
        assert rule.evaluate(customer, shop, instant(at)) == expected, at
    if "flips" in story:
        flips = rule.timeline(customer, shop, instant(story["from"]), instant(story["to"]))
        assert [*flips] == [Flip(instant(at), member) for at, member in story["flips"]]
    assert {"then", "flips"} & set(story), "a story that says nothing"


def test_the_hardest_calendars_have_stories() -> None:
    zones = {story.get("zone", "UTC") for _, story in TOLD}
    assert zones >= HARD_ZONES
    assert len(zones) >= 20
