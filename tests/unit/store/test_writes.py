"""Planned writes of one transaction: one operation for each item, and none that is lost."""

from __future__ import annotations

import pytest

from segment_core.store.states import Key
from segment_core.store.writes import Step, alive, delete, put, together

PROFILE, ORDER = Key("shop#1", "PROFILE"), Key("shop#1", "ORDER#1")


def item(key: Key) -> dict[str, object]:
    return {**key._asdict(), "version": 1}


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        pytest.param([[put(item(PROFILE), None)], [alive(PROFILE)]], ["Put"], id="what is put needs no check"),
        pytest.param([[alive(PROFILE)], [put(item(PROFILE), None)]], ["Put"], id="in whichever order"),
        pytest.param([[alive(PROFILE)], [delete(item(PROFILE))]], ["Delete"], id="nor what is deleted"),
        pytest.param([[alive(PROFILE)], [alive(PROFILE)]], ["ConditionCheck"], id="one check is enough"),
        pytest.param(
            [[alive(PROFILE), put(item(ORDER), None)]], ["ConditionCheck", "Put"], id="other items are not touched"
        ),
    ],
)
def test_steps_are_joined_to_one_operation_for_each_item(steps: list[Step], kinds: list[str]) -> None:
    (joined,) = together(steps)

    assert [write.kind for write in joined] == kinds
