"""Rows of definitions are folded into the bits of those that have one among them, wherever the rows stand."""

from __future__ import annotations

from random import Random

import pytest

from segment_core.rules.layout import Layout


@pytest.mark.parametrize("slots", [1, 2, 7, 60, 500, 4_097, 9_000])
@pytest.mark.parametrize("most", [1, 2, 9, 40])
def test_a_slot_is_found_if_one_of_its_rows_is(slots: int, most: int) -> None:
    random = Random(slots * 100 + most)
    taken = [slot for slot in range(slots) if slots < 3 or random.random() < 0.8]
    layout = Layout({slot: random.choice((1, 1, 1, random.randint(1, most))) for slot in taken})
    places = [place for slot in taken for place in layout.places(slot)]

    assert len(set(places)) == len(places)
    assert layout.every == sum(1 << place for place in places)
    assert layout.alone == sum(1 << slot for slot in taken if len(layout.places(slot)) == 1)
    for share in (0.0, 0.02, 0.3, 1.0):
        left = {place for place in places if random.random() < share}
        expected = sum(1 << slot for slot in taken if left.intersection(layout.places(slot)))
        assert layout.fold(sum(1 << place for place in left)) == expected


def test_nothing_has_no_rows() -> None:
    assert Layout({}).every == 0
    assert Layout({}).fold(0) == 0
