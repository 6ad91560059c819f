"""Bodies about checkouts: whose they are, when they were last changed, and what ends them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from segment_core.facts.customer import Checkout
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import ProfileFact, to_customer

from .bodies import order, sample, understood

CHANGED = datetime(2026, 2, 10, 19, 3, 41, tzinfo=UTC)


def told(**changes: Any) -> ProfileState:
    (fact,) = understood("checkouts/update", sample("checkouts/update") | changes)
    assert isinstance(fact, ProfileFact)
    assert fact.customer_id == "8401"
    return fact.told


def test_it_is_known_by_its_token_and_dated_by_its_last_change() -> None:
    assert to_customer("8401", told(id=981820079255243500), []).checkouts == (Checkout("c0ffee", CHANGED),)


def test_nothing_else_is_taken_from_its_snapshot_of_the_customer() -> None:
    assert (told().fields, told().tags.floor) == ({}, "")


@pytest.mark.parametrize("changes", [{"customer": None}, {"customer": {}}, {"customer": {"first_name": "A"}}])
def test_that_of_nobody_says_nothing(changes: dict[str, Any]) -> None:
    assert understood("checkouts/update", sample("checkouts/update") | changes) == ()
    without = sample("checkouts/update")
    del without["customer"]
    assert understood("checkouts/create", without) == ()


def test_the_later_change_holds_in_any_order() -> None:
    early, late = told(), told(updated_at="2026-02-10T20:10:00+01:00", completed_at="2026-02-10T20:10:00+01:00")

    (checkout,) = to_customer("8401", late.join(early), []).checkouts

    assert checkout.updated_at == checkout.completed_at == datetime(2026, 2, 10, 19, 10, tzinfo=UTC)
    assert late.join(early) == early.join(late)


def test_an_order_names_the_checkout_that_it_completes() -> None:
    assert order(*understood("orders/create", sample("orders/create"))).checkout_id == "c0ffee"
    assert order(*understood("orders/create", sample("orders/create") | {"checkout_token": None})).checkout_id is None
