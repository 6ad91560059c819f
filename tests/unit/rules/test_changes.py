"""Whether other definitions hold is known of their rows: without folding them where a definition has only one."""

from __future__ import annotations

from itertools import product

from segment_core.rules.changes import Now
from segment_core.rules.layout import Layout


def test_it_differs_if_the_bits_do() -> None:
    layout = Layout({0: 1, 1: 2, 2: 1, 3: 3})
    places = [place for slot in range(4) for place in layout.places(slot)]
    sets = [sum(1 << place for place, chosen in zip(places, some, strict=True) if chosen)
            for some in product((False, True), repeat=len(places))]  # fmt: skip
    differing = set()
    for live in (layout.every, layout.every & ~(1 << places[1])):
        now = Now(layout, live, 0b1, layout.fold(live & ~0b1), (), (), ())
        for refuted in sets:
            differs = layout.fold(live & ~refuted) != now.bits
            assert now.differs(refuted) is differs
            differing.add(differs)
    assert differing == {True, False}
