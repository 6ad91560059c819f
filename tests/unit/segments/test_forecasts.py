"""A forecast is what a clock that is moved brings. What all functions make of it is compared in `tests/simulation`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from segment_core.calendar import day_start, local_date
from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.segments import forecasts
from segment_core.segments.asking import Question
from segment_core.segments.estimates import Scope
from segment_core.shop import Shop
from tidemark.demo import shop as demo
from tidemark.demo.segments import SEGMENTS

DAYS = 90


def moved(question: Question, customers: Iterable[Customer], at: datetime) -> dict[date, tuple[int, int, int]]:
    """By date who enters, who leaves and how many are in, seen by asking everybody again at each midnight of the shop.

    Between two midnights nobody who is asked about dates moves, so asking more often would tell no more.
    """
    tz, until = question.shop.zone, at + timedelta(days=DAYS)
    first = local_date(at, tz)
    inside = {one.id for one in customers if question.rule.evaluate(one, question.shop, at).member}
    seen = {first: (0, 0, len(inside))}
    for number in range(1, DAYS + 1):
        midnight = day_start(first + timedelta(days=number), tz)
        if midnight >= until:
            break
        now = {one.id for one in customers if question.rule.evaluate(one, question.shop, midnight).member}
        seen[first + timedelta(days=number)] = (len(now - inside), len(inside - now), len(now))
        inside = now
    return seen


def forecast(question: Question, customers: list[Customer], at: datetime) -> dict[date, tuple[int, int, int]]:
    until = at + timedelta(days=DAYS)
    size, moves = forecasts.run(question, customers, at, until)
    days = forecasts.by_day(question.shop.zone, moves, size, at, until, Scope(len(customers), len(customers)))
    return {day.date: (day.entered.value, day.left.value, day.size.value) for day in days}


@pytest.mark.parametrize("segment", SEGMENTS, ids=lambda segment: segment.name)
def test_the_demo_shop_moves_as_forecast(segment: object) -> None:
    # Over the day on which New York moves its clocks.
    query = segment.query  # type: ignore[attr-defined]
    question = Question(compile_query(parse(query)), Shop(demo.ZONE, demo.CURRENCY))
    customers = [read_customer(document) for document in demo.customers(120)]
    found = forecast(question, customers, demo.OPENING)
    assert found == moved(question, customers, demo.OPENING)
    assert len(found) == DAYS + 1
