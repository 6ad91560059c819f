"""Estimates are exact where all were looked at, and else lie within their bounds about 19 times in 20."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from segment_core.segments.estimates import Count, Scope, average


def test_who_was_looked_at_whole_is_counted() -> None:
    scope = Scope(200, 200)
    assert scope.count(7) == Count(7, 7, 7)
    total = scope.total([Decimal("10.10"), Decimal("0.90")])
    assert (total.value, total.low, total.high) == (Decimal("11.00"),) * 3


def test_nobody_is_nobody() -> None:
    assert Scope(0, 0).count(0) == Count(0, 0, 0)
    assert average([], Scope(0, 0)) is None


def test_finding_nobody_in_a_sample_does_not_mean_that_there_is_nobody() -> None:
    count = Scope(100_000, 1_000).count(0)
    assert (count.value, count.low) == (0, 0)
    # The rule of three: less than three in a thousand, 19 times in 20; Wilson's bound is a little wider.
    assert 300 <= count.high <= 400


@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 0.97])
def test_bounds_hold_about_as_often_as_they_say(share: float) -> None:
    draw = random.Random(f"estimates {share}")
    customers, looked_at, trials = 6_000, 600, 150
    population = [Decimal(draw.randrange(1, 20_000)) / 100 if draw.random() < share else None for _ in range(customers)]
    members = [amount for amount in population if amount is not None]
    truths = (len(members), sum(members, Decimal(0)), sum(members, Decimal(0)) / len(members))
    held = [0, 0, 0]
    for _ in range(trials):
        scope = Scope(customers, looked_at)
        found = [amount for amount in draw.sample(population, looked_at) if amount is not None]
        told = (scope.count(len(found)), scope.total(found), average(found, scope))
        for index, (one, truth) in enumerate(zip(told, truths, strict=True)):
            # Of too few it says nothing, and then nothing wrong.
            unsaid = one is None or one.low is None or one.high is None
            held[index] += unsaid or one.low <= truth <= one.high
    assert all(number / trials >= 0.9 for number in held), held


def test_too_few_are_told_without_bounds() -> None:
    scope = Scope(1000, 100)
    few, enough = [Decimal(10)] * 29, [Decimal(10)] * 30
    assert scope.total(few).low is None
    assert scope.total(enough).low is not None
    assert average(few, scope) != average(enough, scope)
