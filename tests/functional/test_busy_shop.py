"""Builds under live traffic: no reader sees a mixture, and in the end everything is as brute force says."""

from __future__ import annotations

import pytest

from segment_core.store import keys
from tests.functional.busy_shop import CUSTOMERS, opened
from tests.functional.conftest import Stack

STEPS = 35


@pytest.fixture(autouse=True)
def few_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slices of the roster, so that each has several pages."""
    monkeypatch.setattr(keys, "ROSTER_SLICES", 2)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 12))])
def test_readers_see_one_definition_whatever_happens(shop: Stack, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    busy = opened(shop, monkeypatch, seed)
    for _ in CUSTOMERS:
        busy.fact()
    for _ in range(3):
        busy.create()
    for _ in range(STEPS):
        busy.step()
    busy.settle()
    busy.check_readers(len(CUSTOMERS))
    busy.check_nothing_is_left()
    busy.check_what_was_told()
