"""What a ledger says of settled orders is what following every one of them through time comes to."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from segment_core.evaluator.attributes import ATTRIBUTES
from segment_core.evaluator.subject import Subject
from segment_core.record import replace
from segment_core.shop import OrderPolicy

from .generate import Scene, scenes


@pytest.mark.parametrize("name", ["number_of_orders", "amount_spent", "first_order_date", "last_order_date"])
@given(scene=scenes(), later=st.integers(0, 3_000), counted=st.tuples(st.booleans(), st.booleans()))
def test_a_ledger_agrees_with_every_order(name: str, scene: Scene, later: int, counted: tuple[bool, bool]) -> None:
    shop = replace(scene.shop, orders=OrderPolicy(*counted))
    at = scene.at + timedelta(days=later)
    quick, slow = Subject(scene.customer, shop, at), Subject(scene.customer, shop, at)
    assume(quick.settled is not None)
    read = ATTRIBUTES[name].read
    with patch.object(slow, "settled", None, create=True):
        followed = read(slow)
    found = read(quick)
    assert found.now == followed.now
    assert not list(found.later)
    assert all(value == followed.now for _, value in followed.later)
    assert getattr(quick.settled, ATTRIBUTES[name].settled) == found.now  # type: ignore[arg-type,union-attr]
