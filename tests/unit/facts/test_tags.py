"""Stories of tags: what comes late, what comes twice, and what a full list says without saying it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from segment_core.facts.registers import stamp
from segment_core.facts.tags import Tags, added, listed, removed

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def at(minute: int, content: str = "") -> str:
    return stamp(NOON + timedelta(minutes=minute), None, content)


STORIES: dict[str, tuple[list[Tags], list[str]]] = {
    "tags come": ([added(at(1), ["a"]), added(at(2), ["b"])], ["a", "b"]),
    "a tag goes": ([added(at(1), ["a", "b"]), removed(at(2), ["a"])], ["b"]),
    "a tag comes back": ([added(at(1), ["a"]), removed(at(2), ["a"]), added(at(3), ["a"])], ["a"]),
    "a removal is later than the list that still has it": ([listed(at(1), ["a", "b"]), removed(at(2), ["a"])], ["b"]),
    "a list says that others are gone": ([added(at(1), ["a"]), listed(at(2), ["b"])], ["b"]),
    "a list says nothing of what comes after it": ([listed(at(1), ["a"]), added(at(2), ["b"])], ["a", "b"]),
    "an empty list": ([added(at(1), ["a"]), listed(at(2), [])], []),
    "an older list changes nothing": ([listed(at(2), ["a"]), listed(at(1), ["a", "b"])], ["a"]),
    "an older list does not bring back what was removed": ([listed(at(1), ["a"]), removed(at(2), ["a"])], []),
    "case is not told apart, the latest spelling shows": ([added(at(1), ["vip"]), added(at(2), ["VIP"])], ["VIP"]),
    "a tag is removed in another case": ([added(at(1), ["VIP"]), removed(at(2), ["vip"])], []),
    "a removal of what never came": ([removed(at(1), ["a"])], []),
}


@pytest.mark.parametrize("story", STORIES)
def test_stories_end_alike_in_every_order_of_arrival(story: str) -> None:
    told, expected = STORIES[story]
    for order in permutations(told):
        state = Tags()
        for saying in (*order, *order[:1]):
            state = state.join(saying)
        assert state.present() == expected


def test_what_a_list_has_settled_is_forgotten() -> None:
    state = added(at(1), ["a", "b"]).join(removed(at(2), ["c"])).join(listed(at(3), ["b"]))

    assert set(state.each) == {"b"}


def test_a_removal_is_remembered_until_a_list_settles_it() -> None:
    late_addition = added(at(1), ["a"])

    assert removed(at(2), ["a"]).join(late_addition).present() == []


def test_two_sayings_of_one_instant_end_alike() -> None:
    came, went = added(at(1, "came"), ["a"]), removed(at(1, "went"), ["a"])

    assert came.join(went) == went.join(came)
